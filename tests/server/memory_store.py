"""A `Store` in a dictionary, for tests that are not about a database."""

import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from kizashi_server.store.replay_contract import (
    NO_ENVELOPE,
    Answer,
    Arrival,
    Claim,
    Purged,
    Remembered,
    ReportState,
    Tagged,
)


@dataclass(frozen=True)
class Row:
    """What the tables hold, as a value."""

    arrival: Arrival
    state: ReportState
    claim_number: int
    lease_expire_time: int
    owner_digest: bytes | None = None
    sealed_reply: bytes | None = field(default=None, repr=False)
    reply_expire_time: int = 0
    opening_digest: bytes | None = None
    recovery_tag: bytes | None = None


class MemoryStore:
    """Keeps the contract of `Store`, under one lock, until the process ends."""

    def __init__(self) -> None:
        """Starts empty."""
        self._rows: dict[bytes, Row] = {}
        self._lock = threading.Lock()

    def find(self, report_id: bytes) -> Remembered | None:
        """See `Store`."""
        with self._lock:
            row = self._rows.get(report_id)
        if row is None:
            return None
        return Remembered(
            row.arrival.envelope_digest,
            row.state,
            row.sealed_reply,
            row.reply_expire_time,
            row.lease_expire_time,
        )

    def claim(self, arrival: Arrival, *, now: int, lease_expire_time: int) -> Claim | None:
        """See `Store`."""
        with self._lock:
            row = self._rows.get(arrival.report_id)
            made = Row(arrival, ReportState.PENDING, 1, lease_expire_time)
            if row is not None:
                same = row.arrival.envelope_digest == arrival.envelope_digest
                pending = row.state is ReportState.PENDING
                if not (same and pending and row.lease_expire_time <= now):
                    return None
                made = replace(
                    row, claim_number=row.claim_number + 1, lease_expire_time=lease_expire_time
                )
            self._rows[arrival.report_id] = made
        return Claim(arrival.report_id, made.claim_number)

    def note_owner(self, claim: Claim, owner_digest: bytes, recovery_tag: bytes) -> bool:
        """See `Store`."""
        with self._lock:
            row = self._held(claim)
            if row is None:
                return False
            self._rows[claim.report_id] = replace(
                row, owner_digest=owner_digest, recovery_tag=recovery_tag
            )
        return True

    def answer(self, claim: Claim, answer: Answer) -> bool:
        """See `Store`."""
        with self._lock:
            row = self._held(claim)
            if row is None:
                return False
            self._rows[claim.report_id] = replace(
                row,
                state=ReportState.ANSWERED,
                lease_expire_time=0,
                owner_digest=answer.owner_digest,
                sealed_reply=answer.sealed_reply,
                reply_expire_time=answer.reply_expire_time,
                opening_digest=answer.opening_digest,
            )
        return True

    def release(self, claim: Claim) -> None:
        """See `Store`."""
        with self._lock:
            if self._held(claim) is not None:
                del self._rows[claim.report_id]

    def drop_reply(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bool:
        """See `Store`."""
        with self._lock:
            row = self._owned(report_id, programme_id, owner_digests)
            if row is None:
                return False
            self._rows[report_id] = _without_reply(row)
        return True

    def opening_digest(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bytes | None:
        """See `Store`."""
        with self._lock:
            row = self._owned(report_id, programme_id, owner_digests)
        return None if row is None else row.opening_digest

    def use_opening(self, report_id: bytes, opening_digest: bytes) -> None:
        """See `Store`."""
        with self._lock:
            row = self._rows.get(report_id)
            if row is not None and row.opening_digest == opening_digest:
                self._rows[report_id] = replace(row, opening_digest=None)

    def drop_opening(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bool:
        """See `Store`."""
        with self._lock:
            row = self._owned(report_id, programme_id, owner_digests)
            if row is None:
                return False
            self._rows[report_id] = replace(row, opening_digest=None)
        return True

    def erase(
        self,
        report_ids: AbstractSet[bytes],
        programme_id: str,
        owner_digests: AbstractSet[bytes],
    ) -> bool:
        """See `Store`."""
        erased = False
        with self._lock:
            for report_id in report_ids:
                row = self._owned(report_id, programme_id, owner_digests)
                if row is not None:
                    erased = True
                    self._rows[report_id] = replace(
                        _without_reply(row),
                        state=ReportState.ERASED,
                        lease_expire_time=0,
                        opening_digest=None,
                    )
        return erased

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """See `Store`."""
        with self._lock:
            found = [
                Tagged(
                    report_id,
                    row.owner_digest,
                    row.recovery_tag,
                    row.state is ReportState.ERASED,
                )
                for report_id, row in sorted(self._rows.items())
                if row.owner_digest is not None and row.recovery_tag is not None
                if row.arrival.programme_id == programme_id
                if report_id > after
            ]
        return found[:most]

    def forget(self, report_id: bytes) -> None:
        """Loses a row, as when an older copy of a database is put back."""
        with self._lock:
            del self._rows[report_id]

    def forestall(self, arrival: Arrival, now: int) -> None:
        """See `Store`."""
        with self._lock:
            row = self._rows.get(arrival.report_id)
            if row is None:
                self._rows[arrival.report_id] = Row(arrival, ReportState.ERASED, 1, 0)
                return
            abandoned = row.state is ReportState.PENDING and row.lease_expire_time <= now
            if abandoned and row.arrival.programme_id == arrival.programme_id:
                self._rows[arrival.report_id] = replace(
                    row, state=ReportState.ERASED, lease_expire_time=0
                )

    def purge(self, now: int) -> Purged:
        """See `Store`."""
        with self._lock:
            late = {
                report_id: row
                for report_id, row in self._rows.items()
                if row.sealed_reply is not None and row.reply_expire_time <= now
            }
            self._rows |= {report_id: _without_reply(row) for report_id, row in late.items()}
            gone = [
                report_id
                for report_id, row in self._rows.items()
                if row.arrival.expire_time <= now and _not_worked_on(row, now)
            ]
            for report_id in gone:
                del self._rows[report_id]
        return Purged(len(late), len(gone))

    def key_ids(self) -> frozenset[bytes]:
        """See `Store`."""
        with self._lock:
            return frozenset(row.arrival.key_id for row in self._rows.values())

    def forget_keys(self, key_ids: AbstractSet[bytes], now: int) -> int:
        """See `Store`."""
        with self._lock:
            gone = [
                report_id
                for report_id, row in self._rows.items()
                if row.arrival.key_id in key_ids
                and row.arrival.envelope_digest != NO_ENVELOPE
                and _not_worked_on(row, now)
            ]
            for report_id in gone:
                del self._rows[report_id]
        return len(gone)

    def close(self) -> None:
        """See `Store`."""

    def _held(self, claim: Claim) -> Row | None:
        row = self._rows.get(claim.report_id)
        if row is None or row.state is not ReportState.PENDING:
            return None
        return row if row.claim_number == claim.number else None

    def _owned(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> Row | None:
        row = self._rows.get(report_id)
        if row is None or row.arrival.programme_id != programme_id:
            return None
        return row if row.owner_digest in owner_digests else None


def _not_worked_on(row: Row, now: int) -> bool:
    return row.state is not ReportState.PENDING or row.lease_expire_time <= now


def _without_reply(row: Row) -> Row:
    return replace(row, sealed_reply=None, reply_expire_time=0)
