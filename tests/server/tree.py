"""A whole log in memory: the definitions of RFC 6962 in the words of its section 2.1, for tests."""

from kizashi_protocol.merkle import EMPTY_ROOT, leaf_hash, node_hash
from kizashi_server.store.log_tree import (
    Span,
    Subtree,
    audit_spans,
    consistency_spans,
    grown,
    hash_of,
    root_of,
    root_span,
    subtrees_of,
)


def defined_root(entries: list[bytes]) -> bytes:
    """MTH(D[n]), by its recursive definition."""
    if not entries:
        return EMPTY_ROOT
    if len(entries) == 1:
        return leaf_hash(entries[0])
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return node_hash(defined_root(entries[:k]), defined_root(entries[k:]))


class Tree:
    """Entries whose subtrees are hashed one append at a time."""

    def __init__(self, entries: list[bytes]) -> None:
        """Appends each entry by itself, as a server does."""
        self.entries = entries
        self.leaves = [leaf_hash(each) for each in entries]
        self.hashes: dict[Subtree, bytes] = {}
        for size, leaf in enumerate(self.leaves):
            needed = [each for span in root_span(size) for each in subtrees_of(span)]
            self.hashes |= grown(size, [leaf], {each: self.hashes[each] for each in needed})

    def root(self, size: int) -> bytes:
        """The root over the first entries."""
        return root_of(size, self.hashes)

    def path(self, index: int, size: int) -> list[bytes]:
        """An audit path."""
        return self._hashed(audit_spans(index, size))

    def proof(self, old: int, new: int) -> list[bytes]:
        """A consistency proof."""
        return self._hashed(consistency_spans(old, new))

    def _hashed(self, spans: tuple[Span, ...]) -> list[bytes]:
        return [hash_of(each, self.hashes) for each in spans]
