"""What answering an opened report takes, and what it gives."""

import hashlib
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
        key_delete_time: when the key that opened it is deleted, in seconds since the epoch.
        signers: public keys (32 bytes each) whose signatures on the report hold.
        programme: the one the report is for.
        receipt_key: signs consent and erasure receipts.
        now: seconds since the epoch.
    """

    header: Header
    key_delete_time: int
    signers: frozenset[bytes]
    locale: Locale
    programme: CarriedProgramme
    receipt_key: SigningKey
    now: int

    def owner_digests(self) -> frozenset[bytes]:
        """The signers, as the store knows owners."""
        return frozenset(owner_digest_of(each) for each in self.signers)


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply, and who may acknowledge or withdraw the report it answers.

    Attributes:
        owner_digest: see `owner_digest_of`; None when no key has shown a right to the report.
    """

    reply: Reply = field(repr=False)
    owner_digest: bytes | None = None


def owner_digest_of(public: bytes) -> bytes:
    """SHA-256 of a participant's score key (32 bytes), as the store keeps it."""
    return hashlib.sha256(public).digest()
