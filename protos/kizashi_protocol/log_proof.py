"""A receipt's place in the log, and what a reply brings to show it.

An entry of the log is the hash of a salted commitment to a receipt. It holds no pseudonym, no scope
and no time, and without the salt, which only the reply carries, it tells nobody what it is of.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kizashi_protocol.context import Label, framed
from kizashi_protocol.errors import MalformedMessage, UntrustedLog
from kizashi_protocol.log_head import LogHead, read_log_head
from kizashi_protocol.merkle import (
    HASH_BYTES,
    LARGEST_SIZE,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

SALT_BYTES = 32
LONGEST_PROOF = 2 * LARGEST_SIZE.bit_length()
"""Hashes; no proof about a log of any size we count has more."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """Where a receipt stands in the log.

    Attributes:
        leaf_index: from 0.
        salt: 32 random bytes; whoever has them and the receipt can find its entry.
        path: the audit path (32 bytes each), from the leaf's sibling upwards.

    Raises:
        MalformedMessage: a part has another form.
    """

    leaf_index: int
    salt: bytes = field(repr=False)
    path: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.leaf_index < LARGEST_SIZE or len(self.salt) != SALT_BYTES:
            raise MalformedMessage("a place in the log has another form")
        check_hashes(self.path)


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """What a reply with receipts brings.

    Attributes:
        proofs: one a receipt: those of the consents in their order, then that of an erasure.
        head: the log head they lead to, a token that `read_log_head` reads.
        consistency: proof (32 bytes each) from the head the report named by its size to this one.

    Raises:
        MalformedMessage: a part has another form.
    """

    proofs: tuple[LogProof, ...]
    head: str = field(repr=False)
    consistency: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        check_hashes(self.consistency)


def check_hashes(hashes: Sequence[bytes]) -> None:
    """Returns when these can be the hashes of a proof.

    Raises:
        MalformedMessage: there are too many, or one has not 32 bytes.
    """
    if len(hashes) > LONGEST_PROOF or any(len(each) != HASH_BYTES for each in hashes):
        raise MalformedMessage("a proof has another form")


def receipt_leaf(token: str, salt: bytes) -> bytes:
    """The leaf hash (32 bytes) of a receipt's entry.

    Args:
        token: the receipt as it travels.
        salt: 32 random bytes.
    """
    digest = hashlib.sha256(token.encode()).digest()
    return leaf_hash(framed(Label.LOG_LEAF.value, salt, digest))


def verify_logged(token: str, proof: LogProof, head: LogHead) -> None:
    """Returns when a receipt stands in the log of a head.

    Raises:
        UntrustedLog: it does not (reason LOG_UNPROVEN).
    """
    verify_inclusion(
        receipt_leaf(token, proof.salt),
        proof.leaf_index,
        proof.path,
        size=head.size,
        root=head.root,
    )


def verify_evidence(
    receipts: Sequence[str], evidence: LogEvidence, seen: LogHead, log_keys: Mapping[bytes, bytes]
) -> LogHead:
    """The head a reply's receipts stand in, when they do and it continues the log seen before.

    Args:
        receipts: tokens, in the order of the proofs.
        evidence: as it came with them.
        seen: the head whose size the report named; `NO_HEAD` for 0.
        log_keys: public keys (32 bytes) by key id (16 bytes).

    Raises:
        UntrustedLog: reason LOG_HEAD, LOG_UNPROVEN, LOG_INCONSISTENT or LOG_SHRUNK.
    """
    head = read_log_head(evidence.head, log_keys)
    if len(evidence.proofs) != len(receipts):
        raise UntrustedLog("a receipt came without its place in the log", reason="LOG_UNPROVEN")
    for token, proof in zip(receipts, evidence.proofs, strict=True):
        verify_logged(token, proof, head)
    verify_consistency(
        evidence.consistency,
        old_size=seen.size,
        old_root=seen.root,
        new_size=head.size,
        new_root=head.root,
    )
    return head
