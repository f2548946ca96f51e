"""What can be run: the port through which pure modules are handed a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from kizashi_models.card import Card


class Network(Protocol):
    """A model that takes arrays by name and gives arrays in its card's order of outputs."""

    @property
    def card(self) -> Card:
        """What the model is."""
        ...

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs for these inputs."""
        ...
