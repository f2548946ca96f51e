"""The person's own profile: the course of each action unit over the self-introduction.

Figures alone: what a picture can be drawn of, and no picture. Means and rates are those of the
summary, so that what is shown is what would be sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kizashi_models.feedback.texts import texts_of
from kizashi_models.figures import STUDY_FIGURES
from kizashi_protocol import Locale, Summary
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.resample import RATE, Track, resample

STUDY_UNITS = frozenset(figure.action_unit for figure in STUDY_FIGURES)
"""Those that the study found higher, which the feedback rests on."""


@dataclass(frozen=True, slots=True)
class UnitCourse:
    """One action unit over the self-introduction; one value a sample of `Course.seconds`.

    Attributes:
        unit: its number in FACS.
        intensity: 0-5, None where no face was measured; None altogether for a unit without one.
        present: whether it was there; None likewise.
        mean: of the intensity, as in the summary.
        presence_rate: 0-1, as in the summary.
    """

    unit: int
    intensity: tuple[float | None, ...] | None = field(repr=False)
    present: tuple[bool | None, ...] = field(repr=False)
    mean: float | None = field(repr=False)
    presence_rate: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class Course:
    """All units of one self-introduction.

    Attributes:
        seconds: since its first frame, `RATE` samples a second.
        units: one for each of `PRESENCE_UNITS`, in that order.
    """

    seconds: tuple[float, ...] = field(repr=False)
    units: tuple[UnitCourse, ...]


def course_of(introduction: Sequence[FrameMeasurement], summary: Summary) -> Course:
    """The courses of a self-introduction that passed the gate, and its summary's figures."""
    track = resample(introduction)
    return Course(
        seconds=tuple(sample / RATE for sample in range(len(track.valid))),
        units=tuple(_unit_course(unit, track, summary) for unit in PRESENCE_UNITS),
    )


def course_json(course: Course, locale: Locale) -> dict[str, Any]:
    """The courses as the page's script draws them, units by their plain names."""
    names = texts_of(locale).units
    return {
        "seconds": [round(each, 3) for each in course.seconds],
        "units": [
            {
                "unit": each.unit,
                "name": names[each.unit],
                "study": each.unit in STUDY_UNITS,
                "intensity": None
                if each.intensity is None
                else [None if value is None else round(value, 3) for value in each.intensity],
                "present": list(each.present),
                "mean": each.mean,
                "presence_rate": each.presence_rate,
            }
            for each in course.units
        ],
    }


def _unit_course(unit: int, track: Track, summary: Summary) -> UnitCourse:
    valid = track.valid.tolist()
    present = track.presences[:, PRESENCE_UNITS.index(unit)].tolist()
    figures = summary.of(unit)
    intensity: tuple[float | None, ...] | None = None
    if unit in INTENSITY_UNITS:
        values = track.intensities[:, INTENSITY_UNITS.index(unit)].tolist()
        intensity = tuple(
            value if seen else None for value, seen in zip(values, valid, strict=True)
        )
    return UnitCourse(
        unit=unit,
        intensity=intensity,
        present=tuple(value if seen else None for value, seen in zip(present, valid, strict=True)),
        mean=None if intensity is None else figures.mean,
        presence_rate=figures.presence_rate,
    )
