"""What a site measured of a scorer on its own people, and what of it may be told to people.

A report is told only where it carries that: see `Validation.carries`, `Validation.carries_shares`
and, for which of several reports decides, `validation_reports.report_told`. Everywhere else the
words stay "not established".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kizashi_models.labelled_recordings import Instrument
from kizashi_models.wilson import wilson_interval

LARGEST_HALF_WIDTH = 0.05
"""Of the 95 % intervals of sensitivity and specificity. Judgement: what is told as a count of
people should be right to five in a hundred; for a sensitivity it takes about 323 cases."""

LARGEST_CALIBRATION_HALF_WIDTH = 0.5
"""Of the 95 % intervals of the calibration's slope and intercept. Judgement: an interval that holds
1 and .3 besides speaks for no calibration. A slope of .5 is of probabilities twice too extreme, and
an intercept of .5 takes 20 in a hundred for 29."""

LEAST_SHARE_PEOPLE = 50
"""People behind a share that is told. Judgement: with fewer its interval says nearly nothing."""

LEAST_OF_EITHER = 20
"""Cases, and others. Judgement: with fewer, one person more or less moves a share by five points,
and no interval that rests on a normal approximation is to be believed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; low <= value <= high."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval's width."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the people whose probability came out in a range were cases.

    Attributes:
        low: of the scorer's probability, included; 0 to 1.
        high: excluded.
        people: of the validation, in that range.
        cases: of them.
        expected: the mean of their probabilities, from low to high.
    """

    low: float
    high: float
    people: int
    cases: int
    expected: float


@dataclass(frozen=True, slots=True)
class Validation:
    """What was measured of one scorer.

    Attributes:
        scorer_id: such as "research-prior/1".
        scorer_digest: as `validation_reports.scorer_digest` makes it: what was measured of another graph, or against
            other norms, says nothing of it.
        day: when the report was made.
        instrument: whose total said who is a case.
        case_from: the total from which on.
        people: with a band and a total.
        cases: of them.
        auc: of the composite.
        sensitivity: of the band "more".
        specificity: of the band "more".
        slope: of the calibration of the scorer's probability, 1 where it is right; None where the
            scorer gives none.
        intercept: likewise, 0 where it is right.
        shares: what became of the scorer's probabilities, in ranges from low to high; empty where
            the scorer gives none.
        stated_prevalence: of cases among those the scorer is for, where its people are no sample
            of them; None where they are.
        simulated: whether its people, or some of them, are nobody; its figures are then never told.
    """

    scorer_id: str
    scorer_digest: str
    day: date
    instrument: Instrument
    case_from: int
    people: int
    cases: int
    auc: Estimate
    sensitivity: Estimate
    specificity: Estimate
    slope: Estimate | None = None
    intercept: Estimate | None = None
    shares: tuple[Share, ...] = field(default=())
    stated_prevalence: float | None = None
    simulated: bool = False

    @property
    def prevalence(self) -> float:
        """Share of cases among those the scorer is for, 0 to 1."""
        stated = self.stated_prevalence
        return self.cases / self.people if stated is None else stated

    @property
    def carries(self) -> bool:
        """Whether its figures may be told: of people, better than chance, known closely enough.

        A probability that does not surely grow where cases do speaks against the composite too.
        """
        return (
            not self.simulated
            and self.auc.low > 0.5
            and max(self.sensitivity.half_width, self.specificity.half_width) <= LARGEST_HALF_WIDTH
            and (self.slope is None or self.slope.low > 0)
        )

    @property
    def carries_shares(self) -> bool:
        """Whether shares of cases may be told too.

        The slope and intercept of the probabilities' calibration agree with 1 and 0 and are known
        closely enough, and no range of them misses what was observed in it.
        """
        agree = all(
            each is not None
            and each.low <= right <= each.high
            and each.half_width <= LARGEST_CALIBRATION_HALF_WIDTH
            for each, right in ((self.slope, 1), (self.intercept, 0))
        )
        return self.carries and agree and not self.shares_that_miss

    @property
    def shares_that_miss(self) -> tuple[Share, ...]:
        """Those whose mean probability lies outside the interval of what was observed.

        The intervals hold together in 95 of 100 (Bonferroni): one of many would miss by chance.
        """
        counted = [each for each in self.shares if each.people]
        confidence = 1 - 0.05 / max(1, len(counted))
        return tuple(each for each in counted if not _holds(each, confidence))

    def agrees_with(self, other: Validation) -> bool:
        """Whether both can be true: the intervals of AUC, sensitivity and specificity overlap."""
        pairs = (
            (self.auc, other.auc),
            (self.sensitivity, other.sensitivity),
            (self.specificity, other.specificity),
        )
        return all(ours.low <= theirs.high and theirs.low <= ours.high for ours, theirs in pairs)

    def share_of(self, probability: float) -> Share | None:
        """What became of those with about that probability; None where it may not be told."""
        if not self.carries_shares:
            return None
        for each in self.shares:
            if each.low <= probability < each.high:
                return each if each.people >= LEAST_SHARE_PEOPLE else None
        return None


def _holds(share: Share, confidence: float) -> bool:
    low, high = wilson_interval(share.cases / share.people, share.people, confidence)
    return low <= share.expected <= high
