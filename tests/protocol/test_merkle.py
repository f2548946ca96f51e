"""Merkle proofs: the published vectors hold, every size proves itself, and nothing else passes."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import UntrustedLog
from kizashi_protocol.merkle import (
    EMPTY_ROOT,
    LARGEST_SIZE,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

from tests.server.tree import Tree, defined_root

VECTORS = json.loads(Path("tests/vectors/rfc6962.json").read_text("utf-8"))
ENTRIES = [bytes.fromhex(each) for each in VECTORS["entries"]]
ROOTS = [bytes.fromhex(each) for each in VECTORS["roots"]]
LARGEST = 300
TREE = Tree([number.to_bytes(2, "big") for number in range(LARGEST)])
HASHES = st.binary(min_size=32, max_size=32)


def hashes_of(texts: list[str]) -> list[bytes]:
    """Hashes from hexadecimal."""
    return [bytes.fromhex(each) for each in texts]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    """The roots of the published tree come out, both by appending and by definition."""
    assert Tree(ENTRIES[:size]).root(size) == ROOTS[size]
    assert defined_root(ENTRIES[:size]) == ROOTS[size]


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=str)
def test_published_audit_paths(vector: dict[str, Any]) -> None:
    """A published path is the one made here, and verifies."""
    index, size, path = vector["index"], vector["size"], hashes_of(vector["path"])
    assert Tree(ENTRIES).path(index, size) == path
    verify_inclusion(leaf_hash(ENTRIES[index]), index, path, size=size, root=ROOTS[size])


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=str)
def test_published_consistency_proofs(vector: dict[str, Any]) -> None:
    """A published proof is the one made here, and verifies."""
    old, new, proof = vector["old"], vector["new"], hashes_of(vector["proof"])
    assert Tree(ENTRIES).proof(old, new) == proof
    verify_consistency(proof, old_size=old, old_root=ROOTS[old], new_size=new, new_root=ROOTS[new])


def test_every_tree_has_the_root_of_its_definition() -> None:
    """What is put together from stored subtrees is what RFC 6962 defines."""
    for size in range(LARGEST + 1):
        assert TREE.root(size) == defined_root(TREE.entries[:size]), size


def test_every_entry_of_every_tree_is_proved() -> None:
    """All indices of all sizes to 130, and of the largest."""
    for size in (*range(1, 131), LARGEST):
        for index in range(size):
            path = TREE.path(index, size)
            verify_inclusion(TREE.leaves[index], index, path, size=size, root=TREE.root(size))


def test_every_tree_is_the_beginning_of_every_later_one() -> None:
    """All pairs of sizes to 130, and from each to the largest."""
    for new in (*range(131), LARGEST):
        for old in range(new + 1):
            check_consistency(old, new, TREE.proof(old, new))


def check_consistency(old: int, new: int, proof: list[bytes]) -> None:
    """Verifies a proof between two sizes of the tree."""
    verify_consistency(
        proof, old_size=old, old_root=TREE.root(old), new_size=new, new_root=TREE.root(new)
    )


SIZES = st.integers(1, LARGEST)
PLACES = SIZES.flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))
PAIRS = st.integers(2, LARGEST).flatmap(
    lambda new: st.tuples(st.just(new), st.integers(1, new - 1))
)


def spoiled(hashes: list[bytes], draw: Callable[[Any], Any]) -> list[bytes]:
    """Hashes with one bit flipped, one taken away, one added, or two swapped."""
    changed = list(hashes)
    kinds = ["longer", *(["flipped", "shorter"] if hashes else [])]
    kinds += ["swapped"] if len(set(hashes)) > 1 else []
    kind = draw(st.sampled_from(kinds))
    place = draw(st.integers(0, max(len(hashes) - 1, 0)))
    if kind == "longer":
        changed.insert(place, draw(HASHES))
    elif kind == "shorter":
        del changed[place]
    elif kind == "flipped":
        changed[place] = flipped(changed[place], draw(st.integers(0, 255)))
    else:
        changed.reverse()
    return changed


def flipped(data: bytes, bit: int) -> bytes:
    """Data with one bit turned."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(place=PLACES, data=st.data())
def test_a_spoiled_audit_path_fails(place: tuple[int, int], data: st.DataObject) -> None:
    """A bit, a hash less or more, or another order is enough."""
    size, index = place
    path = spoiled(TREE.path(index, size), data.draw)
    fails(lambda: verify(index, path, size))


@given(place=PLACES, other=st.integers(-1, LARGEST + 1), bit=st.integers(0, 255))
def test_an_audit_path_fits_its_place_alone(place: tuple[int, int], other: int, bit: int) -> None:
    """Another index, leaf or root does not go with it."""
    size, index = place
    path, root, leaf = TREE.path(index, size), TREE.root(size), TREE.leaves[index]
    if other != index:
        fails(lambda: verify_inclusion(leaf, other, path, size=size, root=root))
    fails(lambda: verify_inclusion(flipped(leaf, bit), index, path, size=size, root=root))
    fails(lambda: verify_inclusion(leaf, index, path, size=size, root=flipped(root, bit)))


def verify(index: int, path: list[bytes], size: int) -> None:
    """Verifies a path in the tree of a size."""
    verify_inclusion(TREE.leaves[index], index, path, size=size, root=TREE.root(size))


@given(place=PLACES, other=SIZES)
def test_an_audit_path_leads_to_its_own_root_alone(place: tuple[int, int], other: int) -> None:
    """The root of another size is not reached."""
    size, index = place
    if other != size:
        fails(lambda: verify(index, TREE.path(index, size), other))


@given(pair=PAIRS, data=st.data())
def test_a_spoiled_consistency_proof_fails(pair: tuple[int, int], data: st.DataObject) -> None:
    """A bit, a hash less or more, or another order is enough."""
    new, old = pair
    proof = spoiled(TREE.proof(old, new), data.draw)
    fails(lambda: check_consistency(old, new, proof), "LOG_INCONSISTENT")


@given(pair=PAIRS, bit=st.integers(0, 255), other=SIZES)
def test_a_consistency_proof_fits_its_roots_alone(
    pair: tuple[int, int], bit: int, other: int
) -> None:
    """A log that rewrote its past has no proof: neither root may change."""
    new, old = pair
    proof, roots = TREE.proof(old, new), (TREE.root(old), TREE.root(new))
    for old_root, new_root in (
        (flipped(roots[0], bit), roots[1]),
        (roots[0], flipped(roots[1], bit)),
    ):
        fails(
            partial(
                verify_consistency,
                proof,
                old_size=old,
                old_root=old_root,
                new_size=new,
                new_root=new_root,
            ),
            "LOG_INCONSISTENT",
        )
    if other not in {old, new} and other < new:
        fails(lambda: check_consistency(other, new, proof))


@given(pair=PAIRS)
def test_a_smaller_log_has_shrunk(pair: tuple[int, int]) -> None:
    """Whatever the proof, a log does not get shorter."""
    larger, smaller = pair
    fails(lambda: check_consistency(larger, smaller, TREE.proof(smaller, larger)), "LOG_SHRUNK")


@given(first=HASHES, second=HASHES, proof=st.lists(HASHES, min_size=1, max_size=3))
def test_one_size_has_one_root(first: bytes, second: bytes, proof: list[bytes]) -> None:
    """Two roots of one size are a fork, and nothing proves otherwise."""
    verify_consistency([], old_size=5, old_root=first, new_size=5, new_root=first)
    cases: list[tuple[list[bytes], int, bytes]] = [(proof, 5, first), (proof, 0, EMPTY_ROOT)]
    if first != second:
        cases += [([], 5, second)]
    for steps, old, root in cases:
        fails(
            partial(
                verify_consistency, steps, old_size=old, old_root=root, new_size=5, new_root=first
            ),
            "LOG_INCONSISTENT",
        )


def test_the_empty_log_begins_every_log() -> None:
    """From nothing there is nothing to prove, but nothing has one root."""
    verify_consistency([], old_size=0, old_root=EMPTY_ROOT, new_size=3, new_root=TREE.root(3))
    fails(
        lambda: verify_consistency(
            [], old_size=0, old_root=bytes(32), new_size=3, new_root=TREE.root(3)
        )
    )


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_none(length: int) -> None:
    """Neither as leaf, root or step."""
    short, root = bytes(length), TREE.root(2)
    for attempt in (
        lambda: verify_inclusion(short, 0, [TREE.leaves[1]], size=2, root=root),
        lambda: verify_inclusion(TREE.leaves[0], 0, [short], size=2, root=root),
        lambda: verify_inclusion(TREE.leaves[0], 0, [TREE.leaves[1]], size=2, root=short),
        lambda: verify_consistency(
            [short], old_size=1, old_root=TREE.root(1), new_size=2, new_root=root
        ),
    ):
        fails(attempt)


def test_sizes_beyond_the_largest_are_refused() -> None:
    """Numbers that JSON would round are no sizes."""
    over = LARGEST_SIZE + 1
    fails(lambda: verify_inclusion(bytes(32), 0, [], size=over, root=bytes(32)))
    fails(
        lambda: verify_consistency(
            [], old_size=over, old_root=bytes(32), new_size=over, new_root=bytes(32)
        )
    )


def fails(attempt: Callable[[], object], reason: str | None = None) -> None:
    """The attempt ends with the one error of the log, and this reason if one is given."""
    with pytest.raises(UntrustedLog) as caught:
        attempt()
    assert caught.value.reason == reason or reason is None
