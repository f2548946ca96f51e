"""Recomputes the log from its entries and says what was altered, removed or put elsewhere.

Pure: what is stored comes in, findings go out. The store keeps each entry twice and every subtree,
so that whoever changes a row by hand is found by its index. Whoever changes all of them to agree is
found by the published heads, which bear a signature: then no nearer than between two heads. What no
head was published over can be cut off unseen here; the receipts of those entries still show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kizashi_protocol.errors import UntrustedLog
from kizashi_protocol.log_head import LogHead, read_log_head
from kizashi_protocol.merkle import EMPTY_ROOT, node_hash
from kizashi_protocol.tokens import key_named_by

from kizashi_server.store.log_contract import LogStore, PublishedHead
from kizashi_server.store.log_tree import Subtree, grown


class Fault(StrEnum):
    """What is wrong with entries or heads."""

    ALTERED = "ENTRY_ALTERED"
    REMOVED = "ENTRY_REMOVED"
    MOVED = "ENTRY_MOVED"
    SUBTREE = "SUBTREE_ALTERED"
    REWRITTEN = "LOG_REWRITTEN"
    HEAD_REMOVED = "HEAD_REMOVED"
    HEAD_ALTERED = "HEAD_ALTERED"
    HEAD_UNSIGNED = "HEAD_UNSIGNED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was.

    Attributes:
        first: index of the first entry, or number of the first head, it concerns.
        last: of the last one.
        text: a sentence for the operator.
    """

    fault: Fault
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class StoredLog:
    """Everything a store holds of a log.

    Attributes:
        leaves: entries by index.
        size: how many there are or were, by whatever still says so.
    """

    leaves: Mapping[int, bytes]
    subtrees: Mapping[Subtree, bytes]
    heads: tuple[PublishedHead, ...]
    size: int

    @classmethod
    def read(cls, store: LogStore) -> "StoredLog":
        """All of it, in memory: about 400 bytes an entry."""
        leaves, subtrees = dict(store.leaves()), dict(store.all_subtrees())
        heads = tuple(store.heads())
        doubles = (each.number for each in subtrees if each.level == 0)
        last = max([-1, *leaves, *doubles])
        return cls(leaves, subtrees, heads, max([last + 1, *(each.size for each in heads)]))


def check_log(stored: StoredLog, log_keys: Mapping[bytes, bytes]) -> list[Finding]:
    """What does not hold; nothing when the log is whole.

    Args:
        stored: as it is.
        log_keys: public keys (32 bytes) by key id (16 bytes), of the signed directory.
    """
    return [
        *_entry_findings(stored),
        *_subtree_findings(stored),
        *_head_findings(stored, log_keys),
        *_rewriting(stored),
    ]


def unlisted_heads(stored: StoredLog, log_keys: Mapping[bytes, bytes]) -> int:
    """How many heads are signed by keys that the directory no longer lists, and so unchecked.

    The newest is not counted: laptops are shown it, so that its key must be listed.
    """
    return sum(not _is_listed(each, log_keys) for each in stored.heads[:-1])


def _entry_findings(stored: StoredLog) -> list[Finding]:
    doubles = {each.number: found for each, found in stored.subtrees.items() if each.level == 0}
    differing = [
        index for index, leaf in sorted(stored.leaves.items()) if doubles.get(index, leaf) != leaf
    ]
    closed_up = _closed_gap(stored.leaves, doubles, differing)
    if closed_up is not None:
        return [closed_up]
    place_of = {doubles[index]: index for index in differing}
    findings = [
        _displaced(index, place_of[stored.leaves[index]])
        if stored.leaves[index] in place_of
        else Finding(Fault.ALTERED, index, index, f"Entry {index} was altered.")
        for index in differing
    ]
    missing = [index for index in range(stored.size) if index not in stored.leaves]
    return findings + [
        Finding(Fault.REMOVED, first, last, f"{_entries(first, last)} removed.")
        for first, last in _runs(missing)
    ]


def _closed_gap(
    leaves: Mapping[int, bytes], doubles: Mapping[int, bytes], differing: Sequence[int]
) -> Finding | None:
    """Entries taken out, and all after them moved up to hide it."""
    shift = len(doubles) - len(leaves)
    if not differing or shift <= 0:
        return None
    first = differing[0]
    moved_up = all(
        leaves.get(index) == doubles.get(index + shift) for index in range(first, len(leaves))
    )
    if not moved_up:
        return None
    last = first + shift - 1
    text = f"{_entries(first, last)} removed, and those after moved up."
    return Finding(Fault.REMOVED, first, last, text)


def _displaced(index: int, belongs: int) -> Finding:
    text = f"Entry {index} holds what belongs at {belongs}."
    return Finding(Fault.MOVED, index, index, text)


def _subtree_findings(stored: StoredLog) -> list[Finding]:
    """The smallest subtrees that are not the hash of their halves, or are gone."""
    expected = [each for level in range(64) for each in _complete(level, stored.size)]
    wrong: set[Subtree] = set()
    findings = []
    for each in expected:
        level, number = each
        found = stored.subtrees.get(each)
        halves = [Subtree(level - 1, number * 2), Subtree(level - 1, number * 2 + 1)]
        if level and wrong.intersection(halves):
            wrong.add(each)
            continue
        if found is not None and (level == 0 or found == _joined(stored.subtrees, halves)):
            continue
        wrong.add(each)
        if level == 0 and each.number not in stored.leaves:
            continue  # told as a missing entry
        first, last = number << level, (number + 1 << level) - 1
        findings.append(
            Finding(
                Fault.SUBTREE,
                first,
                last,
                f"The stored hash over entries {first} to {last}, or one of them, was "
                f"{'altered' if found else 'removed'}.",
            )
        )
    return findings


def _complete(level: int, size: int) -> Iterable[Subtree]:
    return (Subtree(level, number) for number in range(size >> level))


def _joined(subtrees: Mapping[Subtree, bytes], halves: Sequence[Subtree]) -> bytes | None:
    left, right = (subtrees.get(each) for each in halves)
    return None if left is None or right is None else node_hash(left, right)


def _head_findings(stored: StoredLog, log_keys: Mapping[bytes, bytes]) -> list[Finding]:
    numbers = {each.number for each in stored.heads}
    missing = [number for number in range(max(numbers, default=-1) + 1) if number not in numbers]
    findings = [
        Finding(Fault.HEAD_REMOVED, first, last, f"Published heads {first} to {last} were removed.")
        for first, last in _runs(missing)
    ]
    newest = max(numbers, default=None)
    for each in stored.heads:
        if not _is_listed(each, log_keys) and each.number != newest:
            continue
        try:
            said = read_log_head(each.token, log_keys)
        except UntrustedLog:
            text = f"Published head {each.number} is not signed by a key of the directory."
            findings.append(Finding(Fault.HEAD_UNSIGNED, each.number, each.number, text))
            continue
        if said != LogHead(each.size, each.root, each.time):
            text = (
                f"The row of published head {each.number} says something else than its signature."
            )
            findings.append(Finding(Fault.HEAD_ALTERED, each.number, each.number, text))
    return findings


def _rewriting(stored: StoredLog) -> list[Finding]:
    """The first published head that is not the root of the entries that are there."""
    gap = next((index for index in range(stored.size) if index not in stored.leaves), stored.size)
    heads = sorted((each for each in stored.heads if each.size <= gap), key=lambda each: each.size)
    roots = _roots([stored.leaves[index] for index in range(gap)], {each.size for each in heads})
    held = 0
    for each in heads:
        if roots[each.size] == each.root:
            held = each.size
            continue
        last = each.size - 1
        text = (
            f"The entries are not those of published head {each.number}: one of {held} to {last} "
            "was altered, removed or moved, or the head was."
        )
        return [Finding(Fault.REWRITTEN, held, max(last, held), text)]
    return []


def _roots(leaves: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The root over the first entries, for each size, from the entries alone."""
    roots = {0: EMPTY_ROOT}
    edge: list[tuple[Subtree, bytes]] = []
    for size, leaf in enumerate(leaves, start=1):
        fresh = grown(size - 1, [leaf], dict(edge))
        largest = max(fresh)
        edge = [each for each in edge if each[0].level > largest.level]
        edge.append((largest, fresh[largest]))
        if size in sizes:
            root = edge[-1][1]
            for _, left in reversed(edge[:-1]):
                root = node_hash(left, root)
            roots[size] = root
    return roots


def _is_listed(head: PublishedHead, log_keys: Mapping[bytes, bytes]) -> bool:
    return key_named_by(head.token) in log_keys


def _entries(first: int, last: int) -> str:
    return f"Entry {first} was" if first == last else f"Entries {first} to {last} were"


def _runs(indices: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for index in indices:
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs
