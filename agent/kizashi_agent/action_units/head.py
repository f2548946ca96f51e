"""The fitted head: features in, OpenFace's action units out."""

import numpy as np
import numpy.typing as npt
from kizashi_models.card import Card, Kind, Tensor
from kizashi_models.errors import UnusableModel
from kizashi_models.network import Network
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from kizashi_agent.action_units.features import FEATURE_COUNT, features
from kizashi_agent.landmarks.observations import FloatArray
from kizashi_agent.measurement import ActionUnits

INTENSITY_LABELS = tuple(f"AU{unit:02d}" for unit in INTENSITY_UNITS)
PRESENCE_LABELS = tuple(f"AU{unit:02d}" for unit in PRESENCE_UNITS)


class ActionUnitHead:
    """Runs a head on faces in frames.

    Attributes:
        extractor_id: the head's id and major version, as in "kizashi-gradient-head/1". A head
            whose figures differ gets another major version, for norms belong to one.

    Raises:
        UnusableModel: the network is no head for these features and units.
    """

    def __init__(self, network: Network) -> None:
        _require_head(network.card)
        self.extractor_id = extractor_id(network.card)
        self._network = network

    def measure(self, image: npt.NDArray[np.uint8], points: FloatArray) -> ActionUnits:
        """The action units of one face.

        Args:
            image: (height, width, 3) uint8, BGR: the frame.
            points: (468, 3), as in `Landmarks`.
        """
        row = features(image, points)[np.newaxis]
        intensities, presences, uncut = self._network.run({"features": row})
        return ActionUnits(intensities[0], presences[0], uncut[0])


def extractor_id(card: Card) -> str:
    """The extractor that a head makes."""
    return f"kizashi-{card.id.replace('_', '-')}/{card.version.split('.')[0]}"


def _require_head(card: Card) -> None:
    if card.kind is not Kind.ACTION_UNIT_HEAD:
        raise UnusableModel(card.id, f"it is a {card.kind}, not an action-unit head")
    expected = (
        ("features", (-1, FEATURE_COUNT), "float32", ()),
        ("intensities", (-1, len(INTENSITY_LABELS)), "float32", INTENSITY_LABELS),
        ("presences", (-1, len(PRESENCE_LABELS)), "bool", PRESENCE_LABELS),
        ("uncut", (-1, len(INTENSITY_LABELS)), "float32", INTENSITY_LABELS),
    )
    found = tuple(_form(tensor) for tensor in (*card.inputs, *card.outputs))
    if found != expected:
        raise UnusableModel(card.id, f"its inputs and outputs are {found}, not {expected}")


def _form(tensor: Tensor) -> tuple[str, tuple[int, ...], str, tuple[str, ...]]:
    return tensor.name, tensor.shape, tensor.dtype, tensor.labels
