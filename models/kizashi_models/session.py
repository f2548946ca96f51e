"""Opens models in onnxruntime: the only module of this package that imports it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The version in pyproject.toml has no uploader; should somebody force a later one, this keeps it
# from reporting usage to its maker. Read when onnxruntime is first imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from numpy.typing import NDArray

from kizashi_models.card import Card
from kizashi_models.errors import UnusableModel
from kizashi_models.external_data import has_external_data
from kizashi_models.network import Network
from kizashi_models.registry import Model, read_model

# Windows wheels of every version have events of their own, on unless this is called.
onnxruntime.disable_telemetry_events()

__all__ = ["Network", "OnnxNetwork", "open_model", "open_network"]


class OnnxNetwork:
    """A `Network` that runs in onnxruntime.

    Attributes:
        card: the model's card.
        metadata: what the file itself says of the model, by key.
    """

    def __init__(self, card: Card, session: Any) -> None:
        self.card = card
        self.metadata: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
        self._session = session
        self._outputs = [tensor.name for tensor in card.outputs]

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs in the card's order, for inputs by name."""
        outputs: list[NDArray[Any]] = self._session.run(self._outputs, dict(inputs))
        return outputs


def open_model(model: Model, threads: int = 1) -> OnnxNetwork:
    """A runnable network from verified bytes.

    One thread by default, and no spinning while waiting: a second thread gains nothing for
    networks this small, and a self-check shares the laptop with the video call it follows.

    Raises:
        UnusableModel: onnxruntime refuses it, its inputs or outputs are not the card's, or values
            of it lie in another file, which may be changed without the card's digest knowing.
    """
    _refuse_external_data(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # Its other format is not what was walked for tensors elsewhere.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        session = onnxruntime.InferenceSession(
            model.data, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise UnusableModel(model.card.id, str(error)) from error
    found = ([i.name for i in session.get_inputs()], [o.name for o in session.get_outputs()])
    card = model.card
    expected = ([t.name for t in card.inputs], [t.name for t in card.outputs])
    if found != expected:
        raise UnusableModel(card.id, f"its inputs and outputs are {found}, not {expected}")
    return OnnxNetwork(card, session)


def _refuse_external_data(model: Model) -> None:
    try:
        elsewhere = has_external_data(model.data)
    except ValueError as error:
        raise UnusableModel(model.card.id, str(error)) from None
    if elsewhere:
        raise UnusableModel(
            model.card.id, "values of it lie in another file, which its card says nothing of"
        )


def open_network(model_id: str, directory: Path | None = None, threads: int = 1) -> Network:
    """Find, verify and open a model: packaged, or from a directory of the caller's.

    Raises:
        MissingModel, BadCard, WrongDigest: see `registry.read_model`.
        UnusableModel: see `open_model`.
    """
    return open_model(read_model(model_id, directory), threads)
