"""One check taken back: what was kept of it goes with it, and the consents and the rest stay."""

import sqlite3
from pathlib import Path

import pytest
from kizashi_protocol import STANDING, Feedback, Scope, SigningKey, Withdrawal
from kizashi_protocol.moments import DAY
from kizashi_server.exchange.keeping import erasure_name
from kizashi_server.store.database import DATABASE_NAME, TOMBSTONES_NAME
from kizashi_server.store.holdings_contract import TOMBSTONE_SECONDS
from kizashi_server.store.holdings_database import open_holdings

from tests.models.scoring import summary_at
from tests.server.laptop import Sent
from tests.server.recoverable import tagged
from tests.server.refusals import refusal_of, refused
from tests.server.standing.people import ANNA, BEN, EVERYTHING, check, contents, erasure_in
from tests.server.world import LEASE, PROGRAMME, World, make_world


def checked(world: World, z: float = 2.0) -> Sent:
    """A check of anna's with every consent, answered, that a recovery code reaches."""
    summary = summary_at(z)
    sent = world.laptop.check(EVERYTHING, person=ANNA, summary=summary, change=tagged())
    assert isinstance(world.reply_to(sent).outcome, Feedback)
    return sent


def kept(world: World) -> dict[Scope, int]:
    """How many items are kept of anna under each scope."""
    return {scope: len(contents(world, ANNA, scope)) for scope in STANDING}


def test_what_was_kept_of_a_check_goes_with_it(world: World) -> None:
    """Under every scope; other checks', other people's and the consents themselves stay."""
    first = checked(world, z=-2.0)
    world.clock.seconds += 31 * DAY
    before = {scope: contents(world, ANNA, scope) for scope in STANDING}
    second = checked(world)
    check(world, BEN)
    for _ in range(2):
        assert erasure_in(world, world.laptop.withdraw(second)).report_id == second.report_id
        assert {scope: contents(world, ANNA, scope) for scope in STANDING} == before
    assert all(contents(world, BEN, scope) for scope in STANDING)
    erasure_in(world, world.laptop.withdraw(first))
    assert kept(world) == dict.fromkeys(STANDING, 0)
    checked(world)
    assert kept(world) == dict.fromkeys(STANDING, 1)


def test_a_month_that_a_later_check_stands_for_goes_with_that_check(world: World) -> None:
    """What a check no longer stands for is not its own to take back."""
    first, second = checked(world), checked(world, z=-2.0)
    erasure_in(world, world.laptop.withdraw(first))
    assert kept(world) == dict.fromkeys(STANDING, 1)
    erasure_in(world, world.laptop.withdraw(second))
    assert kept(world) == dict.fromkeys(STANDING, 0)


def test_it_goes_also_once_the_server_has_forgotten_the_check(world: World) -> None:
    """Its row went with its sealing key, months before the consents end: a receipt says so."""
    sent = checked(world)
    assert world.store.forget_keys(world.store.key_ids(), world.clock.wall() + LEASE) == 1
    stranger = SigningKey.from_seed(b"x" * 32)
    refusal = refusal_of(world.reply_to(world.laptop.withdraw(sent, stranger)))
    assert refusal == "REPORT_UNKNOWN"
    assert kept(world) == dict.fromkeys(STANDING, 1)
    erasure_in(world, world.laptop.withdraw(sent))
    assert kept(world) == dict.fromkeys(STANDING, 0)


def test_of_a_check_withdrawn_while_it_is_scored_nothing_is_kept(world: World) -> None:
    """A worker that outlives its lease finds what it would keep among what was erased."""
    sent, receipts = world.laptop.check(EVERYTHING, person=ANNA, change=tagged()), []

    def withdraw() -> None:
        world.clock.seconds += LEASE
        receipts.append(erasure_in(world, world.laptop.withdraw(sent)))

    world.weigh.meanwhile = withdraw
    assert refused(world, lambda: world.exchange(sent.envelope)) == "REPORT_IN_PROGRESS"
    assert [each.report_id for each in receipts] == [sent.report_id]
    assert kept(world) == dict.fromkeys(STANDING, 0)


def test_a_withdrawal_is_signed_by_one_key(world: World) -> None:
    """Each would leave names behind; nothing is erased."""
    sent = checked(world)
    other = SigningKey.from_seed(b"x" * 32)
    both = world.laptop.send(Withdrawal(sent.report_id), [sent.score_key, other])
    assert refusal_of(world.reply_to(both)) == "REPORT_INVALID"
    assert kept(world) == dict.fromkeys(STANDING, 1)


def test_no_two_names_are_alike_or_can_be_worked_out_without_the_checks_key() -> None:
    """By key, check, programme and scope: rows of one check have nothing in common."""
    key, other = SigningKey.from_seed(b"k" * 32).public, SigningKey.from_seed(b"o" * 32).public
    names = {
        erasure_name(owner, report_id, programme_id, scope)
        for owner in (key, other)
        for report_id in (b"r" * 16, b"s" * 16)
        for programme_id in (PROGRAMME.id, "other")
        for scope in STANDING
    }
    assert len(names) == 8 * len(STANDING)


def rows(folder: Path, file: str, query: str) -> list[tuple[object, ...]]:
    """What a database says."""
    with sqlite3.connect(folder / file) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_no_file_holds_the_key_that_the_names_are_made_with(tmp_path: Path) -> None:
    """Nor does a stranger's withdrawal leave a name; the owner's leaves one a scope, for a year."""
    holdings = open_holdings(tmp_path)
    world = make_world(holdings=holdings)
    sent = checked(world)
    names = "SELECT erasure_name FROM holdings"
    assert len(set(rows(tmp_path, DATABASE_NAME, names))) == len(STANDING)
    world.reply_to(world.laptop.withdraw(sent, SigningKey.from_seed(b"x" * 32)))
    erased = "SELECT erasure_name FROM erased_items"
    assert rows(tmp_path, TOMBSTONES_NAME, erased) == []
    erasure_in(world, world.laptop.withdraw(sent))
    assert len(rows(tmp_path, TOMBSTONES_NAME, erased)) == len(STANDING)
    key = sent.score_key.public
    assert not [each for each in tmp_path.iterdir() if key in each.read_bytes()]
    holdings.purge(world.clock.wall() + TOMBSTONE_SECONDS - 1)
    assert len(rows(tmp_path, TOMBSTONES_NAME, erased)) == len(STANDING)
    holdings.purge(world.clock.wall() + TOMBSTONE_SECONDS)
    assert rows(tmp_path, TOMBSTONES_NAME, erased) == []
    holdings.close()


@pytest.mark.parametrize("scope", STANDING)
def test_a_check_and_a_scope_are_taken_back_in_either_order(world: World, scope: Scope) -> None:
    """One finds nothing of the other any more, and both get their receipts."""
    first, second = checked(world), checked(world)
    erasure_in(world, world.laptop.withdraw(first))
    erasure_in(world, world.laptop.withdraw_scope(ANNA, scope))
    erasure_in(world, world.laptop.withdraw(second))
    assert kept(world) == dict.fromkeys(STANDING, 0)
