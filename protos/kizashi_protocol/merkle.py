"""Merkle tree hashes and the proofs about them (RFC 6962, section 2.1), as a reader checks them.

A tree over entries D[0:n] has one root. An audit path shows that an entry is in it; a consistency
proof shows that an older root is of the first entries of a newer one, so that nothing was taken
away, changed or moved. The algorithms are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which
keeps the hashes of RFC 6962. Proofs are made on the server.
"""

import hashlib
import hmac
from collections.abc import Sequence

from kizashi_protocol.errors import UntrustedLog

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without entries."""

LARGEST_SIZE = 2**53 - 1
"""Entries; what a number in JSON holds exactly (RFC 8259, section 6)."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry, 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbouring subtrees, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(
    leaf: bytes, index: int, path: Sequence[bytes], *, size: int, root: bytes
) -> None:
    """Returns when the entry stands at an index of the tree.

    Args:
        leaf: its hash, 32 bytes.
        index: from 0.
        path: the audit path (32 bytes each), from the leaf's sibling upwards.
        size: entries in the tree.
        root: the tree's, 32 bytes.

    Raises:
        UntrustedLog: it does not (reason LOG_UNPROVEN).
    """
    if not 0 <= index < size <= LARGEST_SIZE or not _are_hashes([leaf, root, *path]):
        raise _unproven("an audit path has another form")
    position, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            raise _unproven("an audit path is too long")
        if position & 1 or position == last:
            found = node_hash(each, found)
            position, last = _past_missing_siblings(position, last)
        else:
            found = node_hash(found, each)
        position, last = position >> 1, last >> 1
    if last != 0 or not hmac.compare_digest(found, root):
        raise _unproven("an audit path leads to another root")


def verify_consistency(
    proof: Sequence[bytes], *, old_size: int, old_root: bytes, new_size: int, new_root: bytes
) -> None:
    """Returns when the older tree is the beginning of the newer.

    Args:
        proof: 32 bytes each; empty between equal sizes and from the empty tree.
        old_size: entries in the older tree.
        old_root: its root, 32 bytes.
        new_size: entries in the newer tree.
        new_root: its root, 32 bytes.

    Raises:
        UntrustedLog: it is not: reason LOG_SHRUNK when the newer tree has fewer entries,
            otherwise LOG_INCONSISTENT.
    """
    if new_size < old_size:
        raise UntrustedLog(
            f"the log has {new_size} entries and had {old_size}", reason="LOG_SHRUNK"
        )
    if not 0 <= old_size <= new_size <= LARGEST_SIZE:
        raise _inconsistent("a tree has another size")
    if not _are_hashes([old_root, new_root, *proof]):
        raise _inconsistent("a consistency proof has another form")
    if old_size in {0, new_size}:
        expected = EMPTY_ROOT if old_size == 0 else new_root
        if proof or not hmac.compare_digest(old_root, expected):
            raise _inconsistent("two roots of one size differ")
        return
    if not _leads_to(proof, old_size, old_root, new_size, new_root):
        raise _inconsistent("a consistency proof leads to other roots")


def _leads_to(
    proof: Sequence[bytes], old_size: int, old_root: bytes, new_size: int, new_root: bytes
) -> bool:
    # A whole subtree proves itself, so that the proof leaves it out.
    steps = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not steps:
        return False
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(each, old), node_hash(each, new)
            position, last = _past_missing_siblings(position, last)
        else:
            new = node_hash(new, each)
        position, last = position >> 1, last >> 1
    same_old, same_new = hmac.compare_digest(old, old_root), hmac.compare_digest(new, new_root)
    return same_old and same_new and last == 0


def _past_missing_siblings(position: int, last: int) -> tuple[int, int]:
    """Up to the level where the node is a right child; below, at the edge, it has no sibling."""
    while not position & 1 and position:
        position, last = position >> 1, last >> 1
    return position, last


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(each) == HASH_BYTES for each in values)


def _unproven(log: str) -> UntrustedLog:
    return UntrustedLog(log, reason="LOG_UNPROVEN")


def _inconsistent(log: str) -> UntrustedLog:
    return UntrustedLog(log, reason="LOG_INCONSISTENT")
