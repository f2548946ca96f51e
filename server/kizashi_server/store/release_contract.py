"""Releases of group figures: what any ledger of them must promise.

A release stands for its programme and month for good. Whoever asks again is given the same one, so
that asking often tells no more than asking once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kizashi_protocol.reply import Band


@dataclass(frozen=True, slots=True)
class Release:
    """What is told about one month of a programme; noise and rounding are in it.

    Attributes:
        period: year and month by UTC, as ISO 8601 writes them: "2026-11".
        epsilon: what it spent, a whole number.
        release_time: seconds since the epoch.
        figures: people by band, each a multiple of `FIGURES_ROUNDED_TO`; None where it was told
            that there are too few.
    """

    programme_id: str
    period: str
    epsilon: int
    release_time: int
    figures: Mapping[Band, int] | None


class ReleaseLedger(Protocol):
    """Every method is safe to call from any thread or process, and done whole or not at all.

    Raises:
        StoreUnavailable: from any method, when a database cannot do it now.
    """

    def find(self, programme_id: str, period: str) -> Release | None:
        """What was released about a month, or None."""

    def write(self, release: Release, budget: int) -> Release:
        """Writes a release, unless its month has one, and gives what stands in the ledger then.

        Raises:
            ReleaseRefused: with it, releases about some 13 months in a row would have spent more
                than the budget (reason BUDGET_SPENT); nothing is written.
        """

    def close(self) -> None:
        """Lets go of the database."""
