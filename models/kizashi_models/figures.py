"""The figures of a summary that a scorer may read, by name: "AU01.mean", "AU28.presence_rate"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS, Summary


class Part(StrEnum):
    """Which part of a recording a figure is taken over."""

    WHOLE = "whole"
    FIRST_HALF = "first_half"
    SECOND_HALF = "second_half"


class Statistic(StrEnum):
    """What is told of an action unit: those two that a summary also holds for each half."""

    MEAN = "mean"
    PRESENCE_RATE = "presence_rate"


_NAME = re.compile(r"AU(\d\d)\.(mean|presence_rate)")
_FIELDS = {
    (Statistic.MEAN, Part.WHOLE): "mean",
    (Statistic.MEAN, Part.FIRST_HALF): "first_half_mean",
    (Statistic.MEAN, Part.SECOND_HALF): "second_half_mean",
    (Statistic.PRESENCE_RATE, Part.WHOLE): "presence_rate",
    (Statistic.PRESENCE_RATE, Part.FIRST_HALF): "first_half_presence_rate",
    (Statistic.PRESENCE_RATE, Part.SECOND_HALF): "second_half_presence_rate",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a summary.

    Attributes:
        action_unit: number in the Facial Action Coding System.
        statistic: mean intensity (0 to 5) or presence rate (0 to 1).
    """

    action_unit: int
    statistic: Statistic

    def __post_init__(self) -> None:
        units = INTENSITY_UNITS if self.statistic is Statistic.MEAN else PRESENCE_UNITS
        if self.action_unit not in units:
            raise ValueError(f"no summary has a figure {self.name}")

    @classmethod
    def parse(cls, name: str) -> Figure:
        """The figure of that name.

        Raises:
            ValueError: no summary has such a figure; unit 28 has no intensity.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"no summary has a figure {name}")
        return cls(int(match[1]), Statistic(match[2]))

    @property
    def name(self) -> str:
        """As in cards and norms, such as "AU01.mean"."""
        return f"AU{self.action_unit:02d}.{self.statistic}"

    def of(self, summary: Summary, part: Part = Part.WHOLE) -> float:
        """The figure's value in a summary, over the whole recording or one half."""
        figures = summary.of(self.action_unit)
        value: float = getattr(figures, _FIELDS[self.statistic, part])
        return value


ALL_FIGURES = (
    *(Figure(unit, Statistic.MEAN) for unit in INTENSITY_UNITS),
    *(Figure(unit, Statistic.PRESENCE_RATE) for unit in PRESENCE_UNITS),
)

# The units that Sugimori and Yamaguchi (Sci Rep 2025;15:30761) found higher. Intensities where
# there is one, because presence on ten seconds depends on the segment it is computed over.
STUDY_FIGURES = (
    *(Figure(unit, Statistic.MEAN) for unit in (1, 5, 20, 25, 26)),
    Figure(28, Statistic.PRESENCE_RATE),
)

# What a speaking mouth does: these are compared given the share of the recording with speech.
SPEECH_FIGURES = (Figure(25, Statistic.MEAN), Figure(26, Statistic.MEAN))
