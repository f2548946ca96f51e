"""Code, unit and group of each figure of a summary; see `v1/summary.proto` for what each means.

Units are of UCUM. What has no unit there stands in braces, as UCUM writes an annotation: a point of
the intensity's scale of 0 to 5, a pixel, a step of brightness.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FigureCode:
    """How a figure is written.

    Attributes:
        field: its name in the summary.
        unit: in words.
        ucum: in UCUM.
    """

    field: str
    unit: str
    ucum: str

    @property
    def code(self) -> str:
        """In the code system of our own."""
        return self.field.replace("_", "-")


def _points(field: str) -> FigureCode:
    return FigureCode(field, "points, 0 to 5", "{point}")


def _share(field: str) -> FigureCode:
    return FigureCode(field, "share, 0 to 1", "1")


def _degrees(field: str) -> FigureCode:
    return FigureCode(field, "degrees", "deg")


def _seconds(field: str) -> FigureCode:
    return FigureCode(field, "seconds", "s")


INTENSITY = tuple(
    map(
        _points,
        (
            "mean",
            "standard_deviation",
            "percentile_10",
            "percentile_50",
            "percentile_90",
            "first_half_mean",
            "second_half_mean",
            "baseline_subtracted_mean",
        ),
    )
)
"""Figures of a unit's intensity; a unit without one has none of them."""

PRESENCE = (
    _share("presence_rate"),
    _share("first_half_presence_rate"),
    _share("second_half_presence_rate"),
    FigureCode("onset_rate", "times per minute", "/min"),
)
"""Figures of a unit's presence; every unit has them."""

EYES_AND_MOUTH = (
    FigureCode("blink_rate", "blinks per minute", "/min"),
    _share("mouth_open_fraction"),
    _share("speaking_fraction"),
)

HEAD_MOTION = (
    _degrees("yaw_standard_deviation"),
    _degrees("pitch_standard_deviation"),
    _degrees("roll_standard_deviation"),
    FigureCode("mean_speed", "degrees per second", "deg/s"),
)

RECORDING_QUALITY = (
    _seconds("duration"),
    FigureCode("frame_rate", "frames per second", "/s"),
    _share("valid_fraction"),
    _seconds("longest_gap"),
    FigureCode("face_width", "pixels", "{pixel}"),
    _degrees("absolute_yaw"),
    _degrees("absolute_pitch"),
    FigureCode("face_luma", "steps, 0 to 255", "{step}"),
    _seconds("neutral_duration"),
)

EVERY_FIGURE = (*INTENSITY, *PRESENCE, *EYES_AND_MOUTH, *HEAD_MOTION, *RECORDING_QUALITY)
