"""The replay memory: what any store must promise, whatever database is behind it.

A report's row is made before its envelope is opened and lives for as long as the key that could
open it. Its life:

    claim ──> PENDING ── answer ──> ANSWERED ── erase ──> ERASED
                │  ├─── release (nothing is remembered)
                │  └─── erase, once its owner is noted ──> ERASED, and no answer counts
                └────── after its lease, claimed again by the same envelope
    forestall (a withdrawal overtook its check) ──> ERASED

A claim is a lease: the process that took it may be killed before it answers, and must not lock the
report for ever. Until the lease ends, the same envelope waits; afterwards it may be worked on
again. A worker that outlives its lease cannot answer any more, because claims are numbered; so one
answer at most is ever stored and sent.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

NO_ENVELOPE = bytes(32)
"""In place of an envelope's digest: nothing of this report was ever seen."""


class ReportState(StrEnum):
    """A report's place in its life."""

    PENDING = "PENDING"
    ANSWERED = "ANSWERED"
    ERASED = "ERASED"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What can be seen of a report without opening it.

    Attributes:
        report_id: 16 bytes.
        envelope_digest: SHA-256 over header and ciphertext, 32 bytes; or `NO_ENVELOPE`.
        key_id: the sealing key, 16 bytes.
        expire_time: when the report is forgotten, in seconds since the epoch: a lease after that key
            is deleted, when no call can have it in hand any more.
    """

    report_id: bytes
    envelope_digest: bytes
    programme_id: str
    key_id: bytes
    expire_time: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """A report's row.

    Attributes:
        envelope_digest: 32 bytes.
        sealed_reply: a serialised envelope, while it is kept.
        reply_expire_time: when it is dropped, in seconds since the epoch; 0 without one.
        lease_expire_time: when a pending claim ends, in seconds since the epoch; 0 once answered, so
            that no row tells when somebody took a check.
    """

    envelope_digest: bytes
    state: ReportState
    sealed_reply: bytes | None = field(repr=False)
    reply_expire_time: int
    lease_expire_time: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a report; `number` grows with each claim on the same report."""

    report_id: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of an answered report.

    Attributes:
        owner_digest: SHA-256 of the key that may acknowledge or withdraw it (32 bytes), or None
            when no key has shown a right to it.
        sealed_reply: a serialised envelope, sealed to the laptop's one-time key.
        reply_expire_time: when the reply is dropped, in seconds since the epoch.
        opening_digest: SHA-256 of the nonce inside the reply's feedback (32 bytes), or None when
            it carries none.
    """

    owner_digest: bytes | None
    sealed_reply: bytes = field(repr=False)
    reply_expire_time: int
    opening_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """A check that a recovery code reaches, or what waits of it for a counsellor.

    Attributes:
        owner_digest: as in `Answer`, 32 bytes.
        recovery_tag: from its consent to score, 32 bytes.
        is_erased: whether the check counts as erased already.
    """

    report_id: bytes
    owner_digest: bytes = field(repr=False)
    recovery_tag: bytes = field(repr=False)
    is_erased: bool = False


class Purged(NamedTuple):
    """How many replies were dropped, and how many rows deleted."""

    replies: int
    rows: int


class Store(Protocol):
    """The replay memory. Every method is one transaction, and safe to call from any thread.

    Raises:
        StoreUnavailable: from any method, when the database cannot do it now.
    """

    def find(self, report_id: bytes) -> Remembered | None:
        """A report's row, if there is one."""

    def claim(self, arrival: Arrival, *, now: int, lease_expire_time: int) -> Claim | None:
        """The right to answer a report, or None when somebody else has it or has used it.

        Given for a report that is not remembered, and for a pending one with the same envelope
        whose lease has ended at `now`.
        """

    def note_owner(self, claim: Claim, owner_digest: bytes, recovery_tag: bytes) -> bool:
        """Notes whose check a claimed report is (32 bytes each); False when the claim was lost.

        From then on `tagged` finds it, and `erase` erases it, though it is not answered yet.
        """

    def answer(self, claim: Claim, answer: Answer) -> bool:
        """Keeps an answer; False when the claim was lost meanwhile, and nothing is kept."""

    def release(self, claim: Claim) -> None:
        """Forgets a report that was not answered; nothing happens when the claim was lost."""

    def drop_reply(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bool:
        """Drops the reply to an owner's report; False when no such owner has such a report."""

    def opening_digest(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bytes | None:
        """The `opening_digest` of an owner's report; None as `drop_reply`, without one, or used."""

    def use_opening(self, report_id: bytes, opening_digest: bytes) -> None:
        """Drops the opening digest of a report when it is this one: it counts once."""

    def drop_opening(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bool:
        """Drops the opening digest of an owner's report, used or not; False as `drop_reply`."""

    def erase(
        self,
        report_ids: AbstractSet[bytes],
        programme_id: str,
        owner_digests: AbstractSet[bytes],
    ) -> bool:
        """Erases the owners' among these reports down to the fact that they were erased.

        At most some thousand at once. False when no such owner has any such report. The owner's
        digest stays with the row, so that the same key gets its receipt again.
        """

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """Checks with a recovery tag, erased ones too, in the order of their ids.

        At most so many, with ids greater than `after`, which is empty to begin with.
        """

    def forestall(self, arrival: Arrival, now: int) -> None:
        """Has a report count as erased that never came, or whose worker is gone.

        Nothing happens to one that is worked on (its lease has not ended at `now`) or answered.
        """

    def purge(self, now: int) -> Purged:
        """Drops replies and deletes rows whose time has come, in seconds since the epoch.

        A row that is worked on (its lease has not ended at `now`) stays until then.
        """

    def key_ids(self) -> frozenset[bytes]:
        """The sealing keys (16 bytes each) of every report that is remembered."""

    def forget_keys(self, key_ids: AbstractSet[bytes], now: int) -> int:
        """Forgets the reports of sealing keys that open nothing any more; returns how many.

        Two kinds stay until their own time: one that is worked on (its lease has not ended at
        `now`), and one that never came (`NO_ENVELOPE`), since its check may be sealed to another
        key than its withdrawal.
        """

    def close(self) -> None:
        """Lets go of the database."""
