"""Wilson's score interval of a share, which validations are reported with and checked by."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson_interval(share: float, people: int, confidence: float = 0.95) -> tuple[float, float]:
    """Its ends; they hold the share, and stay from 0 to 1.

    By Wilson (J Am Stat Assoc 1927;22:209). Servers read reports without the libraries that make
    them, and what is checked must be what was reported.

    Args:
        share: 0 to 1.
        people: it is of, 1 or more.
        confidence: that the interval holds the truth, above 0 and below 1.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = share + z**2 / (2 * people)
    reach = z * math.sqrt(share * (1 - share) / people + (z / (2 * people)) ** 2)
    low, high = ((centre + side * reach) / (1 + z**2 / people) for side in (-1, 1))
    # At 0 and 1 the interval ends there, but for its last digit.
    return min(max(low, 0.0), share), max(min(high, 1.0), share)
