"""How much releases about one person may tell together: months, and what is spent on them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from kizashi_server.errors import ReleaseRefused

CONSENT_MONTHS = 13
"""Calendar months that a consent of twelve months can touch: what a budget covers together."""

_MONTH = re.compile(r"(?a:\d{4}-(0[1-9]|1[0-2]))")


def is_month(text: str) -> bool:
    """Whether a text is a year and month as ISO 8601 writes them: "2026-11"."""
    return _MONTH.fullmatch(text) is not None


def is_over(period: str, now: int) -> bool:
    """Whether a month has ended by UTC at `now`, in seconds since the epoch."""
    return period < datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def spent_together(spent: Mapping[str, int], period: str) -> int:
    """The most that releases about any 13 months in a row, among them this one, have spent.

    Args:
        spent: epsilon by month.
        period: a month.
    """
    by_number = {_number(month): epsilon for month, epsilon in spent.items()}
    here = _number(period)
    return max(
        sum(by_number.get(month, 0) for month in range(first, first + CONSENT_MONTHS))
        for first in range(here - CONSENT_MONTHS + 1, here + 1)
    )


def check_budget(spent: Mapping[str, int], period: str, epsilon: int, budget: int) -> None:
    """Returns when a release about a month may spend this epsilon as well.

    Raises:
        ReleaseRefused: some 13 months in a row would have spent more than the budget.
    """
    before = spent_together(spent, period)
    if before + epsilon > budget:
        raise ReleaseRefused(
            f"{before} of {budget} are spent around {period}",
            f"Nothing was released: of the {budget} that release_budget allows for any "
            f"{CONSENT_MONTHS} months in a row, {before} are spent on months around {period}. "
            "Release a month further away, or none. A larger release_budget lets the owner learn "
            "more about each person who is counted; decide that with whoever answers for it.",
            reason="BUDGET_SPENT",
        )


def _number(period: str) -> int:
    year, month = period.split("-")
    return int(year) * 12 + int(month)
