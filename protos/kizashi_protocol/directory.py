"""The directory: what a pinned root vouches for.

An offline root certifies a directory key for at most 90 days; the directory key signs the
directory, which lists the keys to seal to, the keys of receipts and of the log, the programmes, and the TLS
certificates that may stand without a public authority. `directory_chain.verify_directory` is the
only way from received bytes to a `Directory`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from kizashi_protocol.consent import Terms
from kizashi_protocol.errors import UntrustedDirectory
from kizashi_protocol.keys import SealingPublicKey, key_id_of


def same_party(one: str, other: str) -> bool:
    """Whether two names are one but for capitals, spaces and forms of the same letters."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class KeyState(StrEnum):
    """A key's place in its life; a key that is gone is no longer listed."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


class Setting(StrEnum):
    """Where a programme runs, as its operator declares it."""

    PERSONAL = "personal"
    EDUCATION = "education"
    WORKPLACE = "workplace"
    HEALTHCARE = "healthcare"
    RESEARCH = "research"


class SealingKeyEntry(NamedTuple):
    """A key to seal to; `delete_time` in seconds since the epoch."""

    public: SealingPublicKey
    state: KeyState
    delete_time: int


class ReceiptKeyEntry(NamedTuple):
    """A key that verifies receipts, 32 bytes."""

    public: bytes
    state: KeyState


class LogKeyEntry(NamedTuple):
    """A key that verifies heads of the log, 32 bytes."""

    public: bytes
    state: KeyState


@dataclass(frozen=True, slots=True)
class Programme:
    """Who offers the self-check, to whom, and who scores it; see `Programme` in directory.proto."""

    programme_id: str
    display_name: str
    owner: str
    scoring_operator: str
    setting: Setting
    jurisdiction: str
    scorer_id: str
    extractor_ids: tuple[str, ...]

    def terms(self, root_fingerprint: bytes) -> Terms:
        """What a consent to this programme binds."""
        return Terms(
            self.programme_id,
            self.display_name,
            self.owner,
            self.scoring_operator,
            root_fingerprint,
        )


@dataclass(frozen=True, slots=True)
class Directory:
    """What a server offers, for a time; times in seconds since the epoch."""

    version: int
    issue_time: int
    expire_time: int
    sealing_keys: tuple[SealingKeyEntry, ...]
    receipt_keys: tuple[ReceiptKeyEntry, ...]
    log_keys: tuple[LogKeyEntry, ...]
    programmes: tuple[Programme, ...]
    tls_certificate_digests: tuple[bytes, ...]
    root_fingerprint: bytes

    def programme(self, programme_id: str) -> Programme:
        """The programme of this id.

        Raises:
            UntrustedDirectory: it is not listed (reason PROGRAMME_UNKNOWN).
        """
        for each in self.programmes:
            if each.programme_id == programme_id:
                return each
        raise UntrustedDirectory(
            f"programme {programme_id} is not in the directory",
            f'The server does not offer the programme "{programme_id}". '
            "Nothing was sent. Ask your site for a new invite.",
            reason="PROGRAMME_UNKNOWN",
        )

    def active_sealing_key(self) -> SealingPublicKey:
        """The key to seal to.

        Raises:
            UntrustedDirectory: none is active (reason NO_ACTIVE_KEY).
        """
        for each in self.sealing_keys:
            if each.state is KeyState.ACTIVE:
                return each.public
        raise UntrustedDirectory("no sealing key is active", reason="NO_ACTIVE_KEY")

    def receipt_key_by_id(self) -> Mapping[bytes, bytes]:
        """Public keys of receipts (32 bytes) by key id (16 bytes)."""
        return {key_id_of(each.public): each.public for each in self.receipt_keys}

    def log_key_by_id(self) -> Mapping[bytes, bytes]:
        """Public keys of log heads (32 bytes) by key id (16 bytes)."""
        return {key_id_of(each.public): each.public for each in self.log_keys}
