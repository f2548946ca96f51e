"""How many cases it takes to know a sensitivity closely, and how many others for a specificity."""

from __future__ import annotations

import math

from kizashi_models.validation import LARGEST_HALF_WIDTH
from kizashi_models.wilson import wilson_interval
from statsmodels.stats.proportion import samplesize_confint_proportion


def people_needed(share: float, half_width: float = LARGEST_HALF_WIDTH) -> int:
    """How many people it takes for the 95 % interval of a share to reach that far to each side.

    By the normal approximation, z^2 p (1 - p) / h^2: 323 for a share of .30 or .70 and 5 points.
    Near 0 and 1 Wilson's interval, which is what is reported, is wider; there it decides.

    Args:
        share: what is expected of it, 0 to 1.
        half_width: half of the interval's width.
    """
    planned: float = samplesize_confint_proportion(share, half_width)
    people = max(1, math.ceil(planned))
    while _width(share, people) > 2 * half_width:
        people += 1
    return people


def _width(share: float, people: int) -> float:
    low, high = wilson_interval(share, people)
    return high - low
