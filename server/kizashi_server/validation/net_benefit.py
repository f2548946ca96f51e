"""The decision curve: what flagging people is worth, against flagging everybody or nobody.

Net benefit (Vickers and Elkin, Med Decis Making 2006;26:565) at a threshold t is the share of
people flagged rightly, less the share flagged wrongly times t / (1 - t): at t = .20 a wrong flag
costs a quarter of what a right one gains. Flagging nobody has 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from kizashi_models.validation import Estimate
from numpy.typing import NDArray

from kizashi_server.validation.intervals import Z_95, CrossTable, Measured, cross_table

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 11))
""".05 to .50: whoever would look at nineteen people to find one, to whoever would look at one."""


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """One threshold of the decision curve.

    Attributes:
        threshold: 0 to 1.
        everybody: net benefit of flagging everybody.
        band: of flagging those with the band "more".
        probability: of flagging those whose probability reaches the threshold; None where the scorer
            has none that can be right for those it is for.
        gain: of the band over the better of everybody and nobody, in the same people.
    """

    threshold: float
    everybody: float
    band: Measured
    probability: Measured | None
    gain: Measured


def decision_curve(
    cases: NDArray[np.bool_],
    flagged: NDArray[np.bool_],
    probability: NDArray[np.float64] | None,
    prevalence: float | None,
) -> tuple[NetBenefit, ...]:
    """The curve over `THRESHOLDS`.

    Args:
        cases: (people,), some of them and not all.
        flagged: (people,), who has the band "more".
        probability: (people,), where the scorer gives one that can be right for those it is for.
        prevalence: as for `intervals.predictive_values`.
    """
    band = cross_table(cases, flagged)
    left = cross_table(cases, ~flagged)
    share = band.cases / band.people if prevalence is None else prevalence
    curve = []
    for threshold in THRESHOLDS:
        odds = threshold / (1 - threshold)
        reached = None if probability is None else cross_table(cases, probability >= threshold)
        everybody = share - (1 - share) * odds
        benefit = _net_benefit(band, odds, prevalence)
        # Whom everybody has and the band has not are those it leaves: paired, person by person.
        over_everybody = _negative(_net_benefit(left, odds, prevalence))
        curve.append(
            NetBenefit(
                threshold,
                everybody,
                band=benefit,
                probability=None if reached is None else _net_benefit(reached, odds, prevalence),
                gain=over_everybody if everybody > 0 else benefit,
            )
        )
    return tuple(curve)


def _net_benefit(table: CrossTable, odds: float, prevalence: float | None) -> Measured:
    """With its interval by the delta method; an estimated prevalence adds its own uncertainty."""
    share = table.cases / table.people if prevalence is None else prevalence
    found = table.true_positives / table.cases
    wrong = table.false_positives / table.others
    variance = (
        share**2 * found * (1 - found) / table.cases
        + (odds * (1 - share)) ** 2 * wrong * (1 - wrong) / table.others
    )
    if prevalence is None:
        variance += (found + odds * wrong) ** 2 * share * (1 - share) / table.people
    value, reach = share * found - odds * (1 - share) * wrong, Z_95 * math.sqrt(variance)
    return Measured(Estimate(value, value - reach, value + reach), table.people)


def _negative(measured: Measured) -> Measured:
    found = measured.estimate
    return Measured(Estimate(0.0 - found.value, 0.0 - found.high, 0.0 - found.low), measured.n)
