"""What of the figures may be told to people, and what is lacking where they may not.

The rule is `Validation.carries` and `Validation.carries_shares`; here stands, in words, which part
of it does not hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kizashi_models.validation import (
    LARGEST_CALIBRATION_HALF_WIDTH,
    LARGEST_HALF_WIDTH,
    LEAST_OF_EITHER,
    LEAST_SHARE_PEOPLE,
    Validation,
)

from kizashi_server.validation.notation import NOT_ESTABLISHED, percent, rate
from kizashi_server.validation.performance import Performance


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether figures may be told.

    Attributes:
        carries: sensitivity and specificity may be.
        carries_shares: what became of the scorer's probabilities may be, too.
        lacks: why not the first, each a clause; empty where it may.
        shares_lack: why not the second.
    """

    carries: bool
    carries_shares: bool
    lacks: tuple[str, ...]
    shares_lack: tuple[str, ...]


def verdict_on(validation: Validation, performance: Performance) -> Verdict:
    """Judges what was measured of a scorer in some people."""
    return Verdict(
        carries=validation.carries,
        carries_shares=validation.carries_shares and bool(validation.shares),
        lacks=() if validation.carries else _lacks(validation, performance),
        shares_lack=_shares_lack(validation, performance),
    )


def too_few(cases: int, others: int) -> Verdict:
    """Where there are fewer than `LEAST_OF_EITHER` cases or others."""
    why = (f"{cases} cases and {others} others are too few; {LEAST_OF_EITHER} of each can tell",)
    return Verdict(carries=False, carries_shares=False, lacks=why, shares_lack=why)


def all_told_apart() -> Verdict:
    """Where the composite lets no case and no other be mistaken, so that the AUC has no interval."""
    why = ("the composite tells all cases from all others, which gives the AUC no interval",)
    return Verdict(carries=False, carries_shares=False, lacks=why, shares_lack=why)


def _lacks(validation: Validation, performance: Performance) -> tuple[str, ...]:
    found = ["its people are simulated, and nobody was measured"] if validation.simulated else []
    if validation.auc.low <= 0.5:
        found.append("the AUC's interval reaches down to chance, .50")
    table = performance.table
    for name, estimate, needed, there, kind in (
        ("sensitivity", validation.sensitivity, performance.cases_needed, table.cases, "cases"),
        ("specificity", validation.specificity, performance.others_needed, table.others, "others"),
    ):
        if estimate.half_width > LARGEST_HALF_WIDTH:
            found.append(
                f"the {name} is known only to {_up(100 * estimate.half_width, 1)} points each way, "
                f"not to {100 * LARGEST_HALF_WIDTH:.0f} ({there} {kind} of about {needed} needed)"
            )
    if validation.slope is not None and validation.slope.low <= 0:
        found.append("the calibration's slope may be 0, so that cases need not have higher figures")
    return tuple(found)


def _shares_lack(validation: Validation, performance: Performance) -> tuple[str, ...]:
    if performance.calibration is None:
        return ("the scorer gives no probability, so there is no calibration",)
    found = []
    if not validation.carries:
        found.append("its sensitivity and specificity may not be told either")
    for name, estimate, right in (
        ("slope", validation.slope, 1),
        ("intercept", validation.intercept, 0),
    ):
        if estimate is None:
            found.append(f"the calibration's {name} is {NOT_ESTABLISHED} for those it is for")
        elif not estimate.low <= right <= estimate.high:
            found.append(f"the calibration's {name} is not {right}")
        elif estimate.half_width > LARGEST_CALIBRATION_HALF_WIDTH:
            found.append(
                f"the calibration's {name} is known only to {_up(estimate.half_width, 2)} each way, "
                f"not to {LARGEST_CALIBRATION_HALF_WIDTH:.2f}"
            )
    points = {each.share: each for each in performance.calibration.curve}
    found += [
        f"probabilities from {share.low:.3f} to below {share.high:.3f} say "
        f"{percent(share.expected)} and {rate(points[share].observed)} were cases"
        for share in validation.shares_that_miss
    ]
    if not performance.calibration.curve:
        found.append(f"no range of the probability has {LEAST_SHARE_PEOPLE} people")
    return tuple(found)


def _up(value: float, digits: int) -> str:
    """Rounded up: what is too wide by little must not read as if it were not."""
    return f"{math.ceil(value * 10**digits) / 10**digits:.{digits}f}"
