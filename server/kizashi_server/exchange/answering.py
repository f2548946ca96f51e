"""What answering an opened report takes, and what it gives."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from kizashi_protocol.consent import Locale
from kizashi_protocol.context import Header
from kizashi_protocol.reply import Reply
from kizashi_protocol.signing import SigningKey

from kizashi_server.programmes import CarriedProgramme


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What surrounds the content of a report.

    Attributes:
        header: of the envelope it came in.
        forget_time: as `Arrival.expire_time`, in seconds since the epoch.
        signers: public keys (32 bytes each) whose signatures on the report hold.
        programme: the one the report is for.
        receipt_key: signs consent and erasure receipts.
        now: seconds since the epoch.
        random_bytes: gives that many unpredictable bytes.
    """

    header: Header
    forget_time: int
    signers: frozenset[bytes]
    locale: Locale
    programme: CarriedProgramme
    receipt_key: SigningKey
    now: int
    random_bytes: Callable[[int], bytes]

    def owner_digests(self) -> frozenset[bytes]:
        """The signers, as the store knows owners."""
        return frozenset(owner_digest_of(each) for each in self.signers)


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply, and who may acknowledge or withdraw the report it answers.

    Attributes:
        owner_digest: see `owner_digest_of`; None when no key has shown a right to the report.
        once_kept: what is left to do once the reply is kept and cannot be lost any more.
    """

    reply: Reply = field(repr=False)
    owner_digest: bytes | None = None
    once_kept: Callable[[], None] | None = None

    @property
    def opening_digest(self) -> bytes | None:
        """SHA-256 of the nonce beside the feedback (32 bytes), as the store keeps it."""
        nonce = self.reply.opening_nonce
        return None if nonce is None else hashlib.sha256(nonce).digest()


def owner_digest_of(public: bytes) -> bytes:
    """SHA-256 of a participant's score key (32 bytes), as the store keeps it."""
    return hashlib.sha256(public).digest()
