"""The log: what any store of it must promise, whatever database is behind it.

Entries are appended and stay. Beside each entry the store keeps the hash of every complete subtree,
so that a proof reads a few hashes and not the whole log, and the heads that were published.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from kizashi_server.store.log_tree import Subtree


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """A head everybody is shown.

    Attributes:
        number: from 0, one after another.
        size: entries.
        root: 32 bytes.
        time: seconds since the epoch.
        token: the signed head, which says the same.
    """

    number: int
    size: int
    root: bytes
    time: int
    token: str


class StoredLeaf(NamedTuple):
    """Where an entry stands, from 0, and its hash (32 bytes)."""

    leaf_index: int
    leaf_hash: bytes


class LogStore(Protocol):
    """The log. Every write is one transaction; every method is safe to call from any thread.

    Raises:
        StoreUnavailable: from any method, when the database cannot do it now.
    """

    def append(self, leaves: Sequence[bytes]) -> int:
        """Appends entries by their hashes (32 bytes each); the index of the first.

        They follow one another, and follow the last entry without a gap, however many workers
        append at once. On the disk when this returns.
        """

    def size(self) -> int:
        """How many entries there are."""

    def subtrees(self, wanted: Collection[Subtree]) -> Mapping[Subtree, bytes]:
        """The hashes (32 bytes each) of complete subtrees; those that are not there are left out."""

    def newest_head(self) -> PublishedHead | None:
        """The head published last."""

    def publish(self, head: PublishedHead) -> bool:
        """Keeps a head; False when another worker has published one of this number."""

    def leaves(self) -> Iterator[StoredLeaf]:
        """Every entry as it is stored, by index."""

    def all_subtrees(self) -> Iterator[tuple[Subtree, bytes]]:
        """Every subtree as it is stored."""

    def heads(self) -> Iterator[PublishedHead]:
        """Every published head as it is stored, by number."""

    def close(self) -> None:
        """Lets go of the database."""
