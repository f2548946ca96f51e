"""What a search for a recovery code costs and how much of it one call does, with checks that match."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from kizashi_protocol import Erased, Refusal, recovery_tag
from kizashi_server.exchange.recovery_search import (
    BROKEN_OFF_SECONDS,
    BrokenOffSearches,
    Place,
    Searching,
    search,
)
from kizashi_server.store.database import DATABASE_NAME, open_store
from kizashi_server.store.replay_contract import Answer, Arrival, Store
from kizashi_server.store.sharing_database import open_sharing
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from tests.server.memory_sharing import MemorySharing
from tests.server.memory_store import MemoryStore
from tests.server.recoverable import OTHER_SECRET, SECRET, Slow, slowed, tagged
from tests.server.sharing.opened_check import certified, opened
from tests.server.world import PROGRAMME, World, make_world

OWNER = b"o" * 32


@pytest.fixture
def slow() -> tuple[World, Slow]:
    """A server of which each check looked at takes a second."""
    world = make_world(certify=lambda root: [certified(root)])
    return world, slowed(world, 1)


def said(world: World, secret: bytes = SECRET) -> str:
    """The reason that a recovery is refused with, or that it is done."""
    outcome = world.reply_to(world.laptop.recover(secret)).outcome
    if isinstance(outcome, Refusal):
        return outcome.reason
    assert isinstance(outcome, Erased)
    return "done"


def answered(store: Store, numbers: Sequence[int], secret: bytes = SECRET) -> None:
    """Answered checks, one a number, that the code behind a secret reaches."""
    for number in numbers:
        report_id = number.to_bytes(16, "big")
        arrival = Arrival(report_id, b"d" * 32, PROGRAMME.id, b"k" * 16, 1000)
        claim = store.claim(arrival, now=0, lease_expire_time=10)
        assert claim is not None
        assert store.note_owner(claim, OWNER, recovery_tag(secret, report_id))
        assert store.answer(claim, Answer(OWNER, b"a sealed reply", 500))


def searching() -> Searching:
    """A search with all the time it wants."""
    return Searching(lambda: True, lambda: 0.0, 10.0, BrokenOffSearches())


def transactions_of(work: Callable[[], object]) -> int:
    """How many transactions it takes, in whichever file."""
    begun: list[Connection] = []

    def begin(connection: Connection) -> None:
        begun.append(connection)

    event.listen(Engine, "begin", begin)
    try:
        work()
    finally:
        event.remove(Engine, "begin", begin)
    return len(begun)


def test_many_matching_checks_cost_no_more_transactions_than_one(tmp_path: Path) -> None:
    """They are erased in one, marked in one; asked again, a search alone is left."""
    counts = []
    for count in (1, 100):
        folder = tmp_path / str(count)
        folder.mkdir()
        store, sharing = open_store(folder / DATABASE_NAME), open_sharing(folder)
        answered(store, range(count))
        look = partial(search, programme_id=PROGRAMME.id, store=store, sharing=sharing)
        counts.append(
            [
                transactions_of(partial(look, secret, searching=searching()))
                for secret in (SECRET, SECRET, OTHER_SECRET)
            ]
        )
        assert all(each.is_erased for each in store.tagged(PROGRAMME.id, b"", count))
        sharing.close()
        store.close()
    first, again, nobodys = counts[0]
    assert counts[1] == [first, again, nobodys]
    assert again == nobodys


def test_what_is_erased_already_is_only_found(slow: tuple[World, Slow]) -> None:
    """The receipt is given again, and nothing is erased again for it."""
    world, store = slow
    answered(store.store, range(3))
    assert [said(world), said(world)] == ["done", "done"]
    assert len(store.erased) == 3


def test_a_search_ends_with_half_of_its_call_and_is_gone_on_with(
    slow: tuple[World, Slow],
) -> None:
    """Each check is looked at once, and the receipt comes when all that the code reaches is gone."""
    world, store = slow
    answered(store.store, range(12))
    assert [said(world) for _ in range(3)] == ["RECOVERY_UNFINISHED"] * 2 + ["done"]
    assert sorted(set(store.asked)) == sorted(store.asked)
    assert len(store.erased) == 12
    assert said(world) == "RECOVERY_UNFINISHED"


def test_what_an_earlier_call_found_counts_for_the_receipt(slow: tuple[World, Slow]) -> None:
    """Also where the rest is others'; and nobody's code is nobody's in the end."""
    world, store = slow
    answered(store.store, [0])
    answered(store.store, range(1, 8), OTHER_SECRET)
    assert [said(world) for _ in range(2)] == ["RECOVERY_UNFINISHED", "done"]
    nobody = [said(world, bytes(32)) for _ in range(2)]
    assert nobody == ["RECOVERY_UNFINISHED", "RECOVERY_UNKNOWN"]


def test_a_share_is_taken_back_though_the_search_of_checks_was_broken_off(
    slow: tuple[World, Slow],
) -> None:
    """What waits for a counsellor is looked through at the end, in whichever call that comes."""
    world, store = slow
    person = opened(world, tagged())
    person.leave()
    answered(store.store, range(5), OTHER_SECRET)
    assert [said(world) for _ in range(2)] == ["RECOVERY_UNFINISHED", "done"]
    assert isinstance(person.redeem().outcome, Refusal)


def test_a_search_broken_off_long_ago_begins_anew() -> None:
    """Checks have come since whose ids are behind that place."""
    places, place = BrokenOffSearches(), Place(b"r" * 16, has_found=True)
    places.note(SECRET, PROGRAMME.id, place, 100)
    assert places.place(SECRET, PROGRAMME.id, 99 + BROKEN_OFF_SECONDS) == place
    assert places.place(SECRET, PROGRAMME.id, 100 + BROKEN_OFF_SECONDS) == Place()


def test_a_place_is_of_one_secret_in_one_programme_until_it_is_through() -> None:
    """And no old place outlasts the next one noted."""
    places, place = BrokenOffSearches(), Place(b"r" * 16)
    places.note(SECRET, PROGRAMME.id, place, 0)
    assert places.place(OTHER_SECRET, PROGRAMME.id, 0) == Place()
    assert places.place(SECRET, "other", 0) == Place()
    places.note(OTHER_SECRET, PROGRAMME.id, place, BROKEN_OFF_SECONDS)
    assert places.place(SECRET, PROGRAMME.id, 0) == Place()
    places.note(OTHER_SECRET, PROGRAMME.id, replace(place, is_through=True), BROKEN_OFF_SECONDS)
    assert places.place(OTHER_SECRET, PROGRAMME.id, BROKEN_OFF_SECONDS) == Place()


def test_a_call_without_time_does_one_page_all_the_same() -> None:
    """So that each call comes further, however slow the machine."""
    store = MemoryStore()
    answered(store, [1])
    late = replace(searching(), deadline=0.0)
    place = search(SECRET, PROGRAMME.id, store, MemorySharing(), late)
    assert place == Place((1).to_bytes(16, "big"), has_found=True)
