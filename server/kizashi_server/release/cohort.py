"""What a person adds to figures about a group, and how such contributions are counted.

Only exact counts are made here; they leave the server by `cohort_release` alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kizashi_protocol.consent import ConsentRecord, Scope, Terms
from kizashi_protocol.context import framed
from kizashi_protocol.reply import Band

from kizashi_server.consent_gate import Permission, permit_held
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.standing_holdings import read_standing

_PERIOD = "%Y-%m"
_PERIOD_CHARACTERS = 7


@dataclass(frozen=True, slots=True)
class Contribution:
    """One person in one month.

    Attributes:
        period: year and month by UTC, as ISO 8601 writes them: "2026-11".
    """

    period: str
    band: Band = field(repr=False)

    def to_bytes(self) -> bytes:
        """The contribution as it is kept; `parse` gives back an equal one."""
        return f"{self.period} {self.band}".encode()

    @property
    def name(self) -> bytes:
        """What tells it from the person's others: a person counts once a period."""
        return framed(b"period", self.period.encode())


@dataclass(frozen=True, slots=True)
class CohortRow:
    """A kept contribution, and the consent it rests on.

    Attributes:
        person: digest of the person's key for this scope.
        withdrawn_time: when that key last took consent back, in seconds since the epoch.
    """

    person: bytes = field(repr=False)
    consent: ConsentRecord = field(repr=False)
    withdrawn_time: int | None
    contribution: Contribution


def contribution_at(now: int, band: Band) -> Contribution:
    """A check of this moment, in seconds since the epoch."""
    return Contribution(datetime.fromtimestamp(now, UTC).strftime(_PERIOD), band)


def parse_contribution(data: bytes) -> Contribution:
    """What `Contribution.to_bytes` wrote; `ValueError` for anything else."""
    period, band = data[:_PERIOD_CHARACTERS].decode(), data[_PERIOD_CHARACTERS + 1 :].decode()
    datetime.strptime(period, _PERIOD).replace(tzinfo=UTC)
    return Contribution(period, Band(band))


def cohort_rows(store: HoldingsStore, programme_id: str) -> list[CohortRow]:
    """What is kept for figures about a programme, whether or not its consents still hold.

    Raises:
        StoreUnavailable: a database resists.
    """
    return [
        CohortRow(each.person, each.consent, each.withdrawn_time, parse_contribution(content))
        for each in read_standing(store, Scope.COHORT, programme_id)
        for content in each.contents
    ]


def cohort_counts(
    rows: Iterable[CohortRow], terms: Terms, now: int
) -> Mapping[str, Mapping[Band, int]]:
    """How many people had which band in each period.

    Whoever withdrew, whose consent has expired, or whose consent is to other terms is left out;
    of several contributions of a person to a period the last counts.

    Args:
        rows: of one programme, each person's in the order they came.
        terms: those of the programme as it is now.
        now: seconds since the epoch.
    """
    counted: dict[tuple[bytes, str], Band] = {}
    for row in rows:
        decision = permit_held(row.consent, terms, now, row.withdrawn_time)
        if isinstance(decision, Permission):
            counted[row.person, row.contribution.period] = row.contribution.band
    counts: dict[str, Counter[Band]] = {}
    for (_, period), band in counted.items():
        counts.setdefault(period, Counter())[band] += 1
    return counts
