"""The newest check against the person's own others: pure, and no norm of other people enters.

Each figure of the study's units has a usual range: the median of the other checks, three spreads to
either side. The spread is 1.4826 times the median absolute deviation, which for a normal
distribution is its standard deviation (Rousseeuw and Croux, J Am Stat Assoc 1993;88:1273-1283). Both
stay where they are when one recording of theirs was an odd one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean, median

from kizashi_models.figures import STUDY_FIGURES, Figure, Statistic

from kizashi_agent.history.entry import HistoryEntry

ENOUGH = 5
"""Checks of one extractor and mode before anything is said. A judgement: below it a median of the
others is one recording more or less."""

SPREADS = 3.0
"""To either side of the median. A judgement: where nothing changes and figures are normal, the
newest of 5 checks lies outside by chance 1 time in 6, of 10 checks 1 in 15, of 20 checks 1 in 43
(200,000 draws); at 2 spreads it would be 1 in 3 of 5."""

_TO_SPREAD = 1.4826
_LEAST_SPREAD = {Statistic.MEAN: 0.1, Statistic.PRESENCE_RATE: 0.02}
"""Judgements: a movement that hardly varies would make anything unusual. 0.1 of an intensity of 0
to 5; 0.02 of a presence is six frames of ten seconds."""
_LEAST_SPREAD_TOGETHER = 0.2
"""In spreads of single figures, whose mean over six varies by 0.4 where they are independent."""


class Place(StrEnum):
    """Where the newest check lies against the person's own usual range."""

    LESS = "less"
    USUAL = "usual"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Course:
    """A figure over a person's checks, the oldest first.

    Attributes:
        values: one a check; intensities 0 to 5, presences 0 to 1, or together in spreads.
        median: of all but the newest.
        low: lower end of the usual range.
        high: upper end of the usual range.
    """

    values: tuple[float, ...] = field(repr=False)
    median: float = field(repr=False)
    low: float = field(repr=False)
    high: float = field(repr=False)

    @property
    def place(self) -> Place:
        """Where the newest value lies; on the edge is usual."""
        newest = self.values[-1]
        if self.low <= newest <= self.high:
            return Place.USUAL
        return Place.LESS if newest < self.low else Place.MORE


@dataclass(frozen=True, slots=True)
class OwnTrend:
    """The newest check against the others of the same extractor and mode.

    Attributes:
        extractor_id: whose figures these are.
        mode: how its intensities relate to the person.
        times: of the checks, in seconds since the epoch, the oldest first.
        figures: of each of the study's units.
        together: the mean of their distances from their medians, in spreads.
        left_out: checks of other extractors or modes, which cannot be compared.
    """

    extractor_id: str
    mode: str
    times: tuple[int, ...]
    figures: tuple[tuple[Figure, Course], ...]
    together: Course
    left_out: int


@dataclass(frozen=True, slots=True)
class TooFew:
    """There are not enough checks to say anything.

    Attributes:
        needed: how many more, of the extractor and mode of the newest.
        left_out: as in `OwnTrend`.
    """

    needed: int
    left_out: int


def own_trend(entries: Sequence[HistoryEntry]) -> OwnTrend | TooFew:
    """What the newest check is against the person's own.

    Args:
        entries: in any order.
    """
    ordered = sorted(entries, key=lambda entry: entry.time)
    if not ordered:
        return TooFew(ENOUGH, 0)
    extractor_id, mode = _measured_by(ordered[-1])
    same = [each for each in ordered if _measured_by(each) == (extractor_id, mode)]
    left_out = len(ordered) - len(same)
    if len(same) < ENOUGH:
        return TooFew(ENOUGH - len(same), left_out)
    figures = tuple((figure, _course_of(figure, same)) for figure in STUDY_FIGURES)
    return OwnTrend(
        extractor_id,
        mode,
        tuple(each.time for each in same),
        figures,
        _together([course for _, course in figures]),
        left_out,
    )


def course(values: Sequence[float], least_spread: float) -> Course:
    """A figure's course with its usual range.

    Args:
        values: two or more, the newest last.
        least_spread: what the spread is at least.
    """
    others = values[:-1]
    middle = median(others)
    spread = max(_TO_SPREAD * median(abs(each - middle) for each in others), least_spread)
    return Course(tuple(values), middle, middle - SPREADS * spread, middle + SPREADS * spread)


def _course_of(figure: Figure, entries: Sequence[HistoryEntry]) -> Course:
    values = [figure.of(each.summary) for each in entries]
    return course(values, _LEAST_SPREAD[figure.statistic])


def _together(courses: Sequence[Course]) -> Course:
    # Every movement counts the same, whatever its own spread; a scorer's weights are for norms.
    distances = zip(*map(_distances, courses), strict=True)
    return course([fmean(each) for each in distances], _LEAST_SPREAD_TOGETHER)


def _distances(figure: Course) -> list[float]:
    spread = (figure.high - figure.median) / SPREADS
    return [(value - figure.median) / spread for value in figure.values]


def _measured_by(entry: HistoryEntry) -> tuple[str, str]:
    return entry.summary.extractor_id, entry.summary.mode
