"""A model's card: what its file is, what goes in and comes out, where it is from, how good it is.

`parse_card` is the only way from JSON to a `Card`. It is strict: an unknown key is an error, since
a misspelt key would otherwise be a fact silently lost.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from kizashi_models.errors import BadCard
from kizashi_models.strict_json import Reader

CARD_VERSION = 1

SIMULATED_METADATA = "kizashi.simulated"
"""Key of a model file's own metadata, where it was made of simulated people: the card's digest of the
file holds it there, whatever becomes of the card's other words."""

# An id is also a file's stem, so it must not be able to name another folder.
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FILE = re.compile(r"[a-z][a-z0-9_.-]{0,79}\.onnx")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = sys.float_info.max  # JSON's whole numbers know no end
_DTYPES = frozenset({"float32", "float64", "int64", "int32", "uint8", "bool"})


class Kind(StrEnum):
    """What a model does."""

    NETWORK = "network"
    ACTION_UNIT_HEAD = "action_unit_head"
    SCORER = "scorer"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output of a model.

    Attributes:
        name: as in the ONNX graph.
        shape: sizes; -1 where any size is accepted.
        dtype: numpy's name of the element type.
        unit: of each element.
        range: smallest and largest value, or None where there is no bound.
        meaning: in words.
        labels: names along the last axis; empty where the axis has none.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    unit: str
    range: tuple[float, float] | None
    meaning: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A model's description. `provenance` and `metrics` are free in form, and read-only.

    Attributes:
        id: stable name, and the stem of the card's file name.
        version: major.minor.patch.
        kind: what the model does.
        summary: one sentence.
        file: name of the ONNX file beside the card.
        sha256: of that file, in lower-case hexadecimal.
        licence: SPDX expression, or the name of a licence file beside it.
        source: whose model it is, and where from.
        inputs: in the graph's order.
        outputs: in the graph's order.
        provenance: data, steps and tools that made the file.
        metrics: what was measured, on what.
    """

    id: str
    version: str
    kind: Kind
    summary: str
    file: str
    sha256: str
    licence: str
    source: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    provenance: Mapping[str, Any]
    metrics: Mapping[str, Any]

    def output(self, name: str) -> Tensor:
        """The output of that name.

        Raises:
            BadCard: there is none.
        """
        for tensor in self.outputs:
            if tensor.name == name:
                return tensor
        raise BadCard(self.id, f"no output is named {name!r}")


def parse_card(text: str | bytes, where: str) -> Card:
    """A card from JSON text; `where` names it in errors.

    Raises:
        BadCard: not JSON, or a key is missing, unknown, or has a value that is not allowed.
    """
    fields = _Fields(where, Reader(where, BadCard).document(text), "card")
    version = fields.take("card", int)
    if version != CARD_VERSION:
        raise BadCard(where, f"card format {version} is not {CARD_VERSION}")
    card = Card(
        id=fields.matching("id", _ID),
        version=fields.matching("version", _VERSION),
        kind=_kind(fields.take("kind", str), where),
        summary=fields.words("summary"),
        file=fields.matching("file", _FILE),
        sha256=fields.matching("sha256", _SHA256),
        licence=fields.words("licence"),
        source=fields.words("source"),
        inputs=_tensors(fields.take("inputs", list), where, "inputs"),
        outputs=_tensors(fields.take("outputs", list), where, "outputs"),
        provenance=MappingProxyType(fields.take("provenance", dict)),
        metrics=MappingProxyType(fields.take("metrics", dict)),
    )
    fields.nothing_left()
    return card


class _Fields:
    """Takes the keys of one JSON object, each once, and complains of what is left."""

    def __init__(self, where: str, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise BadCard(where, f"{name} is not an object")
        self._where, self._name, self._left = where, name, dict(value)

    def take(self, key: str, kind: type) -> Any:
        if key not in self._left:
            raise BadCard(self._where, f"{self._name} has no {key!r}")
        value = self._left.pop(key)
        # bool is a subclass of int, and no integer in a card is a truth value.
        if not isinstance(value, kind) or isinstance(value, bool):
            raise BadCard(self._where, f"{self._name}: {key!r} is not a {kind.__name__}")
        return value

    def has(self, key: str) -> bool:
        return key in self._left

    def words(self, key: str) -> str:
        value: str = self.take(key, str)
        if not value.strip():
            raise BadCard(self._where, f"{self._name}: {key!r} is empty")
        return value

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        value: str = self.take(key, str)
        if not pattern.fullmatch(value):
            raise BadCard(
                self._where, f"{self._name}: {key!r} is not of the form {pattern.pattern}"
            )
        return value

    def nothing_left(self) -> None:
        if self._left:
            raise BadCard(self._where, f"{self._name} has unknown keys {sorted(self._left)}")


def _kind(name: str, where: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise BadCard(where, f"kind {name!r} is not one of {[str(k) for k in Kind]}") from error


def _tensors(values: list[object], where: str, key: str) -> tuple[Tensor, ...]:
    if not values:
        raise BadCard(where, f"{key} is empty")
    return tuple(_tensor(value, where, f"{key}[{i}]") for i, value in enumerate(values))


def _tensor(value: object, where: str, name: str) -> Tensor:
    fields = _Fields(where, value, name)
    shape = fields.take("shape", list)
    if not all(type(size) is int and (size > 0 or size == -1) for size in shape):
        raise BadCard(where, f"{name}: a size is not a positive integer or -1")
    dtype = fields.take("dtype", str)
    if dtype not in _DTYPES:
        raise BadCard(where, f"{name}: dtype {dtype!r} is not one of {sorted(_DTYPES)}")
    bounds = _range(fields.take("range", object), where, name)
    labels = fields.take("labels", list) if fields.has("labels") else []
    if not all(isinstance(label, str) for label in labels):
        raise BadCard(where, f"{name}: a label is not a string")
    if labels and (not shape or len(labels) != shape[-1]):
        raise BadCard(where, f"{name}: {len(labels)} labels do not fit shape {shape}")
    tensor = Tensor(
        name=fields.words("name"),
        shape=tuple(shape),
        dtype=dtype,
        unit=fields.words("unit"),
        range=bounds,
        meaning=fields.words("meaning"),
        labels=tuple(labels),
    )
    fields.nothing_left()
    return tensor


def _range(value: object, where: str, name: str) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and all(type(v) in (int, float) for v in value):
        low, high = value
        if -_LARGEST <= low < high <= _LARGEST:
            return float(low), float(high)
    raise BadCard(where, f"{name}: range is neither null nor [low, high]")
