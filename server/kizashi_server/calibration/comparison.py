"""What out-of-fold predictions say: is a scorer better than the old one, and how far is it right?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import statsmodels.api as sm
from kizashi_models.scorer_writing import Curve
from kizashi_models.validation import LEAST_SHARE_PEOPLE, Estimate
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import bootstrap

from kizashi_server.calibration.nested_folds import OutOfFold

RESAMPLES = 2_000
_BATCH = 100
_LEAST_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """Areas under the ROC curve, each with its 95 % interval over persons.

    Attributes:
        old: of the scorer that a site has.
        own: of the one fitted to its people, out of fold, as the mean over repeats.
        difference: own less old, of the same people.
    """

    old: Estimate
    own: Estimate
    difference: Estimate

    @property
    def is_better(self) -> bool:
        """Whether the whole interval of the difference lies above 0."""
        return self.difference.low > 0


@dataclass(frozen=True, slots=True)
class Recalibration:
    """The logistic line from out-of-fold log odds to what people turned out to be.

    Attributes:
        intercept: 0 where the log odds are right on average.
        slope: 1 where they are neither too bold nor too timid.
        lowest: the share of cases among those with the lowest predictions; see `carried`.
        highest: among those with the highest.
    """

    intercept: Estimate
    slope: Estimate
    lowest: float = field(repr=False)
    highest: float = field(repr=False)

    def curve_of(self, intercept: float, scale: float) -> Curve:
        """The probability of a scorer.

        Args:
            intercept: of the fitted log odds.
            scale: by how much they grow with a composite of 1.
        """
        slope = self.slope.value
        return Curve(
            intercept=self.intercept.value + slope * intercept,
            slope=slope * scale,
            lowest=self.lowest,
            highest=self.highest,
        )

    @property
    def carries(self) -> bool:
        """Whether more in the composite meant more cases, at both ends."""
        return self.slope.value > 0 and self.lowest < self.highest


def compare(
    old: NDArray[np.float64], own: OutOfFold, cases: NDArray[np.bool_], seed: int
) -> Comparison:
    """Bootstraps both areas and their difference over the same draws of persons.

    Args:
        old: (n,), composites of the scorer that a site has.
        own: out-of-fold predictions for the same people.
        cases: (n,), of which some and not all are true.
        seed: of the draws.
    """
    ordered_old = _Ordered.of(old, cases)
    ordered_own = [_Ordered.of(row, cases) for row in own.composites]

    def areas(drawn: NDArray[np.intp], axis: int = -1) -> NDArray[np.float64]:  # noqa: ARG001
        counts = _counts(np.atleast_2d(drawn), len(cases))
        first = ordered_old.area(counts)
        second = np.mean([each.area(counts) for each in ordered_own], axis=0)
        found = np.stack([first, second, second - first])
        return found if drawn.ndim > 1 else found[:, 0]

    everybody = np.arange(len(cases))
    found = bootstrap(
        (everybody,),
        areas,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    rows = np.stack([areas(everybody), *found.confidence_interval], axis=1)
    return Comparison(*(Estimate(*map(float, row)) for row in rows))


@dataclass(frozen=True, slots=True)
class _Ordered:
    """People by one composite, so that its area in any draw of them is a few sums.

    Attributes:
        order: from the lowest composite to the highest.
        starts: where in that order each distinct composite begins.
        cases: (n,), in that order.
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    cases: NDArray[np.bool_]

    @classmethod
    def of(cls, values: NDArray[np.float64], cases: NDArray[np.bool_]) -> _Ordered:
        order = np.argsort(values, kind="stable")
        starts = np.flatnonzero(np.diff(values[order], prepend=-np.inf))
        return cls(order, starts, cases[order])

    def area(self, counts: NDArray[np.intp]) -> NDArray[np.float64]:
        """Of draws in which each person is so often; counts (draws, n) -> (draws,).

        The share of pairs of a case and another in which the case is higher, equal ones counting
        half (Mann and Whitney).
        """
        ordered = counts[:, self.order]
        cases = np.add.reduceat(ordered * self.cases, self.starts, axis=1)
        others = np.add.reduceat(ordered * ~self.cases, self.starts, axis=1)
        higher = cases * (np.cumsum(others, axis=1) - others / 2)
        pairs = cases.sum(axis=1) * others.sum(axis=1)
        return np.asarray(higher.sum(axis=1) / pairs, np.float64)


def _counts(drawn: NDArray[np.intp], people: int) -> NDArray[np.intp]:
    """How often each person is in each draw; (draws, drawn) -> (draws, people)."""
    rows = np.arange(len(drawn))[:, np.newaxis] * people
    found = np.bincount((drawn + rows).ravel(), minlength=len(drawn) * people)
    return found.reshape(len(drawn), people)


def recalibrate(predicted: OutOfFold, cases: NDArray[np.bool_]) -> Recalibration | None:
    """The line over all repeats at once; its intervals know that each person is in every one.

    None where the same was said of everybody, as models do that have found nothing.
    """
    repeats, people = predicted.log_odds.shape
    if np.ptp(predicted.log_odds) < _LEAST_SPREAD:
        return None
    model = sm.GLM(
        np.tile(cases, repeats).astype(np.float64),
        sm.add_constant(predicted.log_odds.ravel()),
        family=sm.families.Binomial(),
    )
    found = model.fit(cov_type="cluster", cov_kwds={"groups": np.tile(np.arange(people), repeats)})
    intercept, slope = (
        Estimate(float(value), float(low), float(high))
        for value, (low, high) in zip(found.params, found.conf_int(), strict=True)
    )
    means = expit(intercept.value + slope.value * predicted.log_odds.mean(axis=0))
    lowest, highest = carried(means, cases)
    return Recalibration(intercept, slope, lowest, highest)


def carried(probabilities: NDArray[np.float64], cases: NDArray[np.bool_]) -> tuple[float, float]:
    """How low and how high a probability may be: about as far as people bear out.

    On average the highest stops five points short of what is true of new people; in one cohort of
    twenty it goes two points beyond or more (1,200 people, simulated:
    tests/server/calibration/test_ends_of_the_curve.py prints it).

    The highest is the largest share of cases among so many of the people with the highest
    probabilities, from `LEAST_SHARE_PEOPLE` to a tenth of all, and never beyond what was predicted
    for anybody; the lowest likewise. The share of the whole tenth lies below what is right of its
    upper half, and a right curve that is cut there is found too timid as soon as many people are
    measured. The fifty alone may have few cases by chance, which more people mend where cases get
    no more frequent towards the end.

    Args:
        probabilities: (n,), out of fold.
        cases: (n,), whether each is one.
    """
    ordered = cases[np.argsort(probabilities, kind="stable")]
    lowest = max(_shares_at_the_start(ordered).min(), probabilities.min())
    highest = min(_shares_at_the_start(ordered[::-1]).max(), probabilities.max())
    return float(lowest), float(highest)


def _shares_at_the_start(cases: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Shares of cases among the first people: of `LEAST_SHARE_PEOPLE`, of each more, of a tenth."""
    most = max(LEAST_SHARE_PEOPLE, len(cases) // 10)
    shares = np.cumsum(cases[:most]) / np.arange(1, len(cases[:most]) + 1)
    return np.asarray(shares[LEAST_SHARE_PEOPLE - 1 :], np.float64)
