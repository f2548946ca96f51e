"""What may be told about a group: whether there are enough, and how many had which band.

Three counts, one a band, get noise first; everything told is worked out from the noised counts
alone, so that all of it together spends epsilon once. Adding or removing one key, which is one person
as far as a server can tell, changes one count by one (sensitivity 1). Releases about several months
add up (Dwork and Roth 2014, theorem 3.16).

- The noised counts add up to less than `RELEASED_FROM`: "too few" is all that is told. So this
  decision is noised too. For fewer than 11 keys it is told whatever the noise; the exact number
  thus decides only where the noise would have let through fewer than 11, which happens with a
  probability of at most 8 in a million, and makes the whole (1, 3e-5)-differentially private
  instead of (1, 0).
- Otherwise each count is set to 0 where the noise took it below, and rounded to the nearest 5.
  That lifts small counts a little on average; and rounded counts need not add up to a number of
  people.
"""

from collections.abc import Callable, Mapping, Sequence

from kizashi_protocol.consent import FIGURES_ROUNDED_TO, SMALLEST_GROUP, Terms
from kizashi_protocol.reply import Band

from kizashi_server.config import ProgrammeSettings
from kizashi_server.errors import ReleaseRefused
from kizashi_server.release.cohort import cohort_counts, cohort_rows
from kizashi_server.release_budget import is_over
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.release_contract import Release, ReleaseLedger

RELEASE_EPSILON = 1
"""What every release spends, "too few" too. Dwork and Roth, The Algorithmic Foundations of
Differential Privacy (2014), definition 2.4; that it is 1 is our judgement."""

RELEASED_FROM = 25
"""What the noised counts have to add up to. Three discrete Laplace variables of scale 1 add up to
15 or more with probability 7.4e-6: so seldom would ten people be let through but for the rule."""

Noise = Callable[[Sequence[int]], Sequence[int]]
"""Adds noise for `RELEASE_EPSILON` at sensitivity 1 to each of three counts."""


def figures_of(counts: Mapping[Band, int], noise: Noise) -> Mapping[Band, int] | None:
    """What may be told of exact counts, or None for "too few"; see above."""
    exact = [counts.get(band, 0) for band in Band]
    noised = noise(exact)
    if sum(exact) < SMALLEST_GROUP or sum(noised) < RELEASED_FROM:
        return None
    return {band: _rounded(count) for band, count in zip(Band, noised, strict=True)}


def release_month(  # noqa: PLR0913, PLR0917 - a month of a programme, and what releasing needs
    programme: ProgrammeSettings,
    terms: Terms,
    period: str,
    now: int,
    holdings: HoldingsStore,
    ledger: ReleaseLedger,
    noise: Noise,
) -> Release:
    """The release about a month: the one in the ledger, or one that stands there from now on.

    Of whoever has withdrawn, or whose consent has expired or is to other terms, nothing is counted.

    Args:
        programme: as configured.
        terms: of the programme, as laptops are told them.
        period: such as "2026-11".
        now: seconds since the epoch.
        holdings: where contributions are kept.
        ledger: written before anything is given back.
        noise: drawn once for each month.

    Raises:
        ReleaseRefused: the month is not over, or the budget is spent.
        StoreUnavailable: a database resists.
    """
    if not is_over(period, now):
        raise ReleaseRefused(
            f"{period} is not over",
            f"Nothing was released: {period} is not over, and a month is released once. Come back "
            "when it has ended by UTC.",
            reason="MONTH_NOT_OVER",
        )
    released = ledger.find(programme.id, period)
    if released is not None:
        return released
    rows = cohort_rows(holdings, programme.id)
    figures = figures_of(cohort_counts(rows, terms, now).get(period, {}), noise)
    drawn = Release(programme.id, period, RELEASE_EPSILON, now, figures)
    return ledger.write(drawn, programme.release_budget)


def _rounded(count: int) -> int:
    # A whole number is never half-way between two multiples of 5.
    return FIGURES_ROUNDED_TO * round(max(count, 0) / FIGURES_ROUNDED_TO)
