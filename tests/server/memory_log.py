"""A `LogStore` in lists, for tests that are not about a database."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence

from kizashi_server.store.log_contract import PublishedHead, StoredLeaf
from kizashi_server.store.log_tree import Subtree, grown, root_span, subtrees_of


class MemoryLogStore:
    """Keeps the contract of `LogStore`, under one lock, until the process ends."""

    def __init__(self) -> None:
        """Starts empty."""
        self._leaves: list[bytes] = []
        self._subtrees: dict[Subtree, bytes] = {}
        self._heads: list[PublishedHead] = []
        self._lock = threading.Lock()

    def append(self, leaves: Sequence[bytes]) -> int:
        """See `LogStore`."""
        with self._lock:
            size = len(self._leaves)
            edge = [each for span in root_span(size) for each in subtrees_of(span)]
            self._subtrees |= grown(size, leaves, {each: self._subtrees[each] for each in edge})
            self._leaves.extend(leaves)
        return size

    def size(self) -> int:
        """See `LogStore`."""
        return len(self._leaves)

    def subtrees(self, wanted: Collection[Subtree]) -> Mapping[Subtree, bytes]:
        """See `LogStore`."""
        with self._lock:
            return {each: self._subtrees[each] for each in wanted if each in self._subtrees}

    def newest_head(self) -> PublishedHead | None:
        """See `LogStore`."""
        with self._lock:
            return self._heads[-1] if self._heads else None

    def publish(self, head: PublishedHead) -> bool:
        """See `LogStore`."""
        with self._lock:
            if head.number != len(self._heads):
                return False
            self._heads.append(head)
        return True

    def leaves(self) -> Iterator[StoredLeaf]:
        """See `LogStore`."""
        return (StoredLeaf(*each) for each in enumerate(self._leaves))

    def all_subtrees(self) -> Iterator[tuple[Subtree, bytes]]:
        """See `LogStore`."""
        return iter(sorted(self._subtrees.items()))

    def heads(self) -> Iterator[PublishedHead]:
        """See `LogStore`."""
        return iter(list(self._heads))

    def close(self) -> None:
        """See `LogStore`."""
