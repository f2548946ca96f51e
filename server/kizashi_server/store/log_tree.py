"""Which subtrees a root or a proof is made of (RFC 6962, section 2.1), and how they are joined.

A complete subtree never changes once its last entry is there, so that its hash is stored, and every
root and proof is put together from a handful of stored hashes, however long the log is: for a
hundred thousand entries, fewer than forty. Nothing here reads anything: what is needed is named
first, fetched by the caller, and joined.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from kizashi_protocol.merkle import EMPTY_ROOT, node_hash


class Subtree(NamedTuple):
    """A complete subtree: of 2^level entries, from number * 2^level on."""

    level: int
    number: int


class Span(NamedTuple):
    """Entries from `start` to before `end`; never empty, and a node of some tree."""

    start: int
    end: int


Hashes = Mapping[Subtree, bytes]


def subtrees_of(span: Span) -> tuple[Subtree, ...]:
    """The complete subtrees a span is made of, the largest and leftmost first."""
    found = []
    start, length = span.start, span.end - span.start
    while length:
        level = length.bit_length() - 1
        found.append(Subtree(level, start >> level))
        start, length = start + (1 << level), length - (1 << level)
    return tuple(found)


def root_span(size: int) -> tuple[Span, ...]:
    """The span of a whole tree; none for the empty one."""
    return (Span(0, size),) if size else ()


def audit_spans(index: int, size: int) -> tuple[Span, ...]:
    """The spans whose hashes are the audit path of an entry (section 2.1.1), lowest first."""
    start, end = 0, size
    found: list[Span] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append(Span(middle, end))
            end = middle
        else:
            found.append(Span(start, middle))
            start = middle
    return tuple(reversed(found))


def consistency_spans(old_size: int, new_size: int) -> tuple[Span, ...]:
    """The spans whose hashes are the consistency proof (section 2.1.2); none from 0 or to itself."""
    if not 0 < old_size < new_size:
        return ()
    start, end = 0, new_size
    found: list[Span] = []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            found.append(Span(middle, end))
            end = middle
        else:
            found.append(Span(start, middle))
            start = middle
    if start:
        # Otherwise it is the older root itself, which the reader has.
        found.append(Span(start, end))
    return tuple(reversed(found))


def hash_of(span: Span, hashes: Hashes) -> bytes:
    """The hash of a span, from those of its `subtrees_of`."""
    parts = [hashes[each] for each in subtrees_of(span)]
    return reduce(lambda right, left: node_hash(left, right), reversed(parts))


def root_of(size: int, hashes: Hashes) -> bytes:
    """The root of the tree of the first entries, from the subtrees of `root_span`."""
    spans = root_span(size)
    return hash_of(spans[0], hashes) if spans else EMPTY_ROOT


def grown(size: int, leaves: Sequence[bytes], edge: Hashes) -> dict[Subtree, bytes]:
    """The hashes of every subtree that entries complete, the entries themselves included.

    Args:
        size: entries before.
        leaves: hashes of the new entries, 32 bytes each.
        edge: hashes of `subtrees_of` the tree before.
    """
    known = dict(edge)
    fresh: dict[Subtree, bytes] = {}
    for index, leaf in enumerate(leaves, start=size):
        level, number, joined = 0, index, leaf
        known[Subtree(0, index)] = fresh[Subtree(0, index)] = leaf
        while number & 1:
            joined = node_hash(known[Subtree(level, number - 1)], joined)
            level, number = level + 1, number >> 1
            known[Subtree(level, number)] = fresh[Subtree(level, number)] = joined
    return fresh


def _split(length: int) -> int:
    """The largest power of two below a length above 1."""
    return 1 << (length - 1).bit_length() - 1
