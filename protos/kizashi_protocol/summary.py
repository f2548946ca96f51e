"""The summary of one recording, as a value that cannot be wrong.

`Summary.parse` is the only way from bytes to a `Summary`; whoever holds one need not check it.
The meaning, unit and range of each field stand in `v1/summary.proto`, and the limits here are
those ranges. Figures are rounded to float32 on construction, so that a summary and its bytes say
the same.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from google.protobuf.message import DecodeError

from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.v1 import summary_pb2

SCHEMA_VERSION = 1
MODE_STATIC = "static"

INTENSITY_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
"""OpenFace's units with an intensity, in its order."""

PRESENCE_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45)
"""OpenFace's units with a presence, in ascending order; 28 has no intensity."""

_INTENSITY_FIGURES = (
    "mean",
    "standard_deviation",
    "percentile_10",
    "percentile_50",
    "percentile_90",
    "first_half_mean",
    "second_half_mean",
)

_LONGEST_IDENTIFIER = 64


def ranged(low: float, high: float) -> float:
    """A required figure with its range, low and high included."""
    return field(repr=False, metadata={"low": low, "high": high})  # type: ignore[no-any-return]


class _Ranged:
    """Checks and rounds every field that `ranged` declares."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):  # type: ignore[arg-type]
            if "low" not in each.metadata:
                continue
            value = getattr(self, each.name)
            if value is None and each.default is None:
                continue
            low, high = each.metadata["low"], each.metadata["high"]
            # What is no number, or larger than any float, lies in no range either.
            if value is None or not low <= value <= high:
                raise MalformedMessage(f"{each.name} lies outside {low} to {high}")
            object.__setattr__(self, each.name, float(np.float32(value)))


@dataclass(frozen=True, slots=True)
class ActionUnitFigures(_Ranged):
    """Figures of one action unit; see `ActionUnitFigures` in summary.proto for each meaning."""

    action_unit: int
    mean: float = ranged(0, 5)
    standard_deviation: float = ranged(0, 2.5)
    percentile_10: float = ranged(0, 5)
    percentile_50: float = ranged(0, 5)
    percentile_90: float = ranged(0, 5)
    first_half_mean: float = ranged(0, 5)
    second_half_mean: float = ranged(0, 5)
    presence_rate: float = ranged(0, 1)
    first_half_presence_rate: float = ranged(0, 1)
    second_half_presence_rate: float = ranged(0, 1)
    onset_rate: float = ranged(0, 600)
    baseline_subtracted_mean: float | None = field(
        default=None, repr=False, metadata={"low": -5, "high": 5}
    )


@dataclass(frozen=True, slots=True)
class HeadMotion(_Ranged):
    """How the head moved, in degrees and degrees per second."""

    yaw_standard_deviation: float = ranged(0, 90)
    pitch_standard_deviation: float = ranged(0, 90)
    roll_standard_deviation: float = ranged(0, 90)
    mean_speed: float = ranged(0, 1000)


@dataclass(frozen=True, slots=True)
class RecordingQuality(_Ranged):
    """What the recording was like; see `RecordingQuality` in summary.proto for each unit."""

    duration: float = ranged(0, 120)
    frame_rate: float = ranged(0, 1000)
    valid_fraction: float = ranged(0, 1)
    longest_gap: float = ranged(0, 120)
    face_width: float = ranged(0, 10_000)
    absolute_yaw: float = ranged(0, 90)
    absolute_pitch: float = ranged(0, 90)
    face_luma: float = ranged(0, 255)
    neutral_duration: float = ranged(0, 60)


@dataclass(frozen=True, slots=True)
class Summary(_Ranged):
    """What is measured of one recording.

    Attributes:
        extractor_id: identifier and version of the extractor, 1 to 64 printable ASCII characters.
        mode: how intensities relate to the person; "static" means absolute, which a neutral part
            does not change: what is relative to it has names of its own.
        action_units: one entry for each of `PRESENCE_UNITS`, in that order; those with an
            intensity have a baseline-subtracted mean exactly when `quality` has a neutral part,
            and the one without has 0 for each figure of an intensity.
        blink_rate: blinks per minute.
        mouth_open_fraction: share of valid frames with the lips parted.
        speaking_fraction: share of valid frames within speech-like mouth movement.

    Raises:
        MalformedMessage: a figure is missing, not finite or out of its range, or is there though
            it cannot be.
    """

    extractor_id: str
    mode: str
    action_units: tuple[ActionUnitFigures, ...] = field(repr=False)
    blink_rate: float = ranged(0, 120)
    mouth_open_fraction: float = ranged(0, 1)
    speaking_fraction: float = ranged(0, 1)
    head_motion: HeadMotion = field(repr=False, kw_only=True)
    quality: RecordingQuality = field(repr=False, kw_only=True)

    def __post_init__(self) -> None:
        # Not super(): a slotted dataclass is a second class, and the zero-argument form names
        # the first.
        _Ranged.__post_init__(self)
        if tuple(each.action_unit for each in self.action_units) != PRESENCE_UNITS:
            raise MalformedMessage("the action units are not the eighteen expected, in order")
        identifier = self.extractor_id
        if not (0 < len(identifier) <= _LONGEST_IDENTIFIER and identifier.isascii()):
            raise MalformedMessage("the extractor id is not 1 to 64 ASCII characters")
        if not identifier.isprintable():
            raise MalformedMessage("the extractor id has unprintable characters")
        if self.mode != MODE_STATIC:
            raise MalformedMessage("the mode is not known")
        neutral = self.quality.neutral_duration > 0
        for each in self.action_units:
            has_baseline = each.baseline_subtracted_mean is not None
            if has_baseline != (neutral and each.action_unit in INTENSITY_UNITS):
                raise MalformedMessage("baseline-subtracted figures do not go with the neutral")
            if each.action_unit not in INTENSITY_UNITS and any(
                getattr(each, name) for name in _INTENSITY_FIGURES
            ):
                raise MalformedMessage("a unit without an intensity has figures of one")

    def of(self, action_unit: int) -> ActionUnitFigures:
        """The figures of one of `PRESENCE_UNITS`."""
        return self.action_units[PRESENCE_UNITS.index(action_unit)]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Reads a serialised `v1.Summary`.

        Raises:
            MalformedMessage: the bytes are not one, or break what this class promises.
        """
        try:
            message = summary_pb2.Summary.FromString(data)
        except DecodeError:
            raise MalformedMessage("the summary does not parse") from None
        return cls.from_message(message)

    @classmethod
    def from_message(cls, message: summary_pb2.Summary) -> Self:
        """As `parse`, from a message that is part of another one."""
        if message.schema_version != SCHEMA_VERSION:
            raise MalformedMessage(f"summary schema {message.schema_version} is not known")
        if not (message.HasField("head_motion") and message.HasField("quality")):
            raise MalformedMessage("the summary lacks a part")
        return cls(
            extractor_id=message.extractor_id,
            mode=MODE_STATIC if message.mode == summary_pb2.MODE_STATIC else "",
            action_units=tuple(_figures(each) for each in message.action_units),
            blink_rate=message.blink_rate,
            mouth_open_fraction=message.mouth_open_fraction,
            speaking_fraction=message.speaking_fraction,
            head_motion=HeadMotion(**_fields(HeadMotion, message.head_motion)),
            quality=RecordingQuality(**_fields(RecordingQuality, message.quality)),
        )

    def to_message(self) -> summary_pb2.Summary:
        """The summary as a protobuf message; `from_message` gives back an equal one."""
        return summary_pb2.Summary(
            schema_version=SCHEMA_VERSION,
            extractor_id=self.extractor_id,
            mode=summary_pb2.MODE_STATIC,
            action_units=[
                summary_pb2.ActionUnitFigures(**dataclasses.asdict(each))
                for each in self.action_units
            ],
            blink_rate=self.blink_rate,
            mouth_open_fraction=self.mouth_open_fraction,
            speaking_fraction=self.speaking_fraction,
            head_motion=summary_pb2.HeadMotion(**dataclasses.asdict(self.head_motion)),
            quality=summary_pb2.RecordingQuality(**dataclasses.asdict(self.quality)),
        )

    def serialise(self) -> bytes:
        """The summary as bytes that `parse` reads."""
        return self.to_message().SerializeToString(deterministic=True)


def _figures(message: summary_pb2.ActionUnitFigures) -> ActionUnitFigures:
    values = _fields(ActionUnitFigures, message)
    if not message.HasField("baseline_subtracted_mean"):
        values["baseline_subtracted_mean"] = None
    return ActionUnitFigures(**values)


def _fields(kind: Callable[..., object], message: object) -> dict[str, Any]:
    return {each.name: getattr(message, each.name) for each in dataclasses.fields(kind)}  # type: ignore[arg-type]
