"""A receipt set against the log that is published later: what a log forked for one reply shows."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.commands.verify import Verification, verify_receipt
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.errors import ServerUnreachable, TrustBroken
from kizashi_agent.ledger.entry import Call, Direction
from kizashi_agent.ledger.store import ledger_of
from kizashi_agent.submit.published_log import LONGEST_UNPUBLISHED, InLog, PublishedLog, Unpublished
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import Connection, fetch_directory
from kizashi_protocol import (
    LOCALES,
    Envelope,
    Locale,
    ReceiptBundle,
    Reply,
    fingerprint,
    read_log_head,
    sign_log_head,
)
from kizashi_protocol.moments import CLOCK_TOLERANCE
from kizashi_protocol.v1 import service_pb2
from kizashi_server.log.head_schedule import HEAD_SECONDS
from kizashi_server.log.receipt_log import ReceiptLog

from tests.agent.submit.fake_server import FakeServer
from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.serialised import Serialised
from tests.agent.submit.test_withdraw_all import surroundings
from tests.protocol.logs import Log
from tests.protocol.values import LOG_KEY, NOW, ROOT
from tests.server.memory_log import MemoryLogStore

PIN = fingerprint(ROOT.public)
LATER = NOW + HEAD_SECONDS
OTHERS = [bytes([number]) * 32 for number in range(5)]
"""Entries of other people, in the log before the laptop of a test came."""


def log_of(leaves: list[bytes], now: int = NOW) -> ReceiptLog:
    """A log with these entries."""
    store = MemoryLogStore()
    store.append(leaves)
    return ReceiptLog(store, lambda: now, os.urandom)


def set_clock(laptop: Laptop, now: int) -> None:
    """Sets the clock of the server's log."""
    server = laptop.server
    server.receipt_log = replace(server.receipt_log, clock=lambda: now)


def looked_again(laptop: Laptop) -> Laptop:
    """The laptop, connected anew."""
    exchanger = laptop.exchanger
    invite = exchanger.connection.invite
    fetched = fetch_directory(
        laptop.server, invite, laptop.state, exchanger.now, exchanger.recorder
    )
    connection = Connection(laptop.server, invite, *fetched)
    return replace(laptop, exchanger=replace(exchanger, connection=connection))


@dataclass(frozen=True)
class Given:
    """A laptop, and the file of a receipt it was given."""

    laptop: Laptop
    receipt: Path

    def ask(self, now: int = LATER, root: bytes = PIN) -> Verification:
        """What `kizashi verify --online` finds, the server's clock and the laptop's showing this."""
        set_clock(self.laptop, now)
        exchanger = self.laptop.exchanger
        log = PublishedLog(exchanger.connection, exchanger.recorder, now)
        return verify_receipt(self.receipt, root, None, "en", lambda: log)


def after_a_check(folder: Path, *, forked: bool = False, kept_out: bool = False) -> Given:
    """A check sent to a server, honest or with the receipts in a log made for this reply alone.

    With `kept_out` the log that others see gets no entry in their stead.
    """
    laptop = connected_laptop(folder)
    laptop.server.receipt_log = log_of(OTHERS)
    laptop = looked_again(laptop)

    def elsewhere(reply: Reply) -> Reply:
        return log_of(OTHERS).entered(reply._replace(log=None), len(OTHERS), LOG_KEY)

    if forked:
        laptop.server.on_the_log = elsewhere
    receipt = laptop.submit().receipt_files[0]
    if kept_out:
        laptop.server.receipt_log = log_of(OTHERS)
    return Given(laptop, receipt)


def fault(given: Given, now: int = LATER) -> TrustBroken:
    """Why the log published now is not the receipt's."""
    with pytest.raises(TrustBroken) as caught:
        given.ask(now)
    assert (caught.value.reason, caught.value.exit_code) == ("LOG_FORKED", 8)
    return caught.value


def test_an_honest_log_still_contains_a_receipt(tmp_path: Path) -> None:
    """Once a newer head is out; until then nothing is shown, which is no fault of the server's."""
    given = after_a_check(tmp_path)
    early = given.ask(NOW + 1)
    assert (early.in_log, early.is_answered) == (InLog.NOT_YET, False)
    found = given.ask()
    assert (found.in_log, found.is_answered) == (InLog.CONTAINED, True)


def test_a_server_that_forks_its_log_for_one_reply_is_found(tmp_path: Path) -> None:
    """The day itself shows nothing; the log published later lacks the receipt, and both are signed."""
    given = after_a_check(tmp_path, forked=True)
    assert verify_receipt(given.receipt, PIN, None, "en").in_log is None
    assert looked_again(given.laptop).exchanger.connection.log.head.size == len(OTHERS)
    error = fault(given)
    shown = error.person.rsplit(" ", 1)[-1]
    assert read_log_head(shown, given.laptop.server.directory.log_key_by_id()).size > len(OTHERS)


def test_a_fork_that_is_never_published_is_found_by_its_age(tmp_path: Path) -> None:
    """A head is due within the hour; a day more is for the laptop's clock, and then it is a fork."""
    given = after_a_check(tmp_path, forked=True, kept_out=True)
    assert given.ask(NOW + LONGEST_UNPUBLISHED - 1).in_log is InLog.NOT_YET
    fault(given, NOW + LONGEST_UNPUBLISHED)


def test_a_log_cut_short_is_found_before_its_age_tells(tmp_path: Path) -> None:
    """What is shorter than the published head before the receipt was never honest."""
    given = after_a_check(tmp_path)
    given.laptop.server.receipt_log = log_of(OTHERS[:-1])
    fault(given, NOW + 1)


def test_another_server_is_asked_nothing(tmp_path: Path) -> None:
    """A receipt's size is for its own server alone."""
    given = after_a_check(tmp_path)
    asked: list[Published] = []

    def show(published: Published) -> Published:
        asked.append(published)
        return published

    given.laptop.server.on_show = show
    connection = given.laptop.exchanger.connection
    elsewhere = replace(connection.directory, root_fingerprint=bytes(32))
    exchanger = replace(given.laptop.exchanger, connection=replace(connection, directory=elsewhere))
    found = Given(replace(given.laptop, exchanger=exchanger), given.receipt).ask()
    assert (found.in_log, found.is_answered, asked) == (InLog.NOT_ASKED, False, [])


@dataclass(frozen=True)
class TwoFaced(Serialised):
    """A server that answers from the fork whoever names a size that only the fork gave."""

    server: FakeServer
    fork: ReceiptLog
    size: int

    def get_directory(self, log_size: int) -> Published:
        """See `Server`."""
        if log_size != self.size:
            return self.server.get_directory(log_size)
        return Published(self.server.signed(), *self.fork.shown(log_size, LOG_KEY))

    def exchange(self, envelope: Envelope) -> Envelope:
        """See `Server`."""
        return self.server.exchange(envelope)


def test_a_fork_is_not_believed_because_it_is_shown_when_asked_for(tmp_path: Path) -> None:
    """What was shown before the question binds the server: the answer must continue that."""
    laptop = connected_laptop(tmp_path)
    laptop.server.receipt_log, fork = log_of(OTHERS), log_of(OTHERS, LATER)
    laptop = looked_again(laptop)
    laptop.server.on_the_log = lambda reply: fork.entered(
        reply._replace(log=None), len(OTHERS), LOG_KEY
    )
    exchanger = laptop.exchanger
    two_faced = TwoFaced(laptop.server, fork, fork.store.size() + 2)
    connection = replace(exchanger.connection, server=two_faced)
    receipt = laptop.submit().receipt_files[0]
    fault(Given(replace(laptop, exchanger=replace(exchanger, connection=connection)), receipt))


def test_what_is_asked_is_in_the_ledger(tmp_path: Path) -> None:
    """Each question is a message, and the ledger has every message."""
    given = after_a_check(tmp_path)
    state = given.laptop.state
    before = len(ledger_of(state, os.urandom).read().entries)
    given.ask(NOW)
    messages = [each.message for each in ledger_of(state, os.urandom).read().entries[before:]]
    asked = [
        service_pb2.GetDirectoryRequest.FromString(each.body).log_size
        for each in messages
        if each.call is Call.DIRECTORY and each.direction is Direction.SENT
    ]
    assert asked == [len(OTHERS) + 2, len(OTHERS)], "the reply's head, then the one before it"
    assert len(messages) == 4


def test_the_agent_names_no_replys_head_by_itself(tmp_path: Path) -> None:
    """Checks and a withdrawal, connected anew each time, name published heads and no reply's."""
    laptop = connected_laptop(tmp_path)
    laptop.server.receipt_log = log_of(OTHERS)
    keys, in_replies = laptop.server.directory.log_key_by_id(), set()
    for hours in range(1, 4):
        laptop = looked_again(laptop)
        for path in laptop.submit().receipt_files:
            bundle = ReceiptBundle.parse(path.read_bytes())
            in_replies.add(read_log_head(bundle.head, keys).size)
        # Somebody else's check comes before the next head is published.
        laptop.server.receipt_log.store.append([bytes([hours]) * 32])
        set_clock(laptop, NOW + hours * HEAD_SECONDS)
    withdraw_all(surroundings(looked_again(laptop)), ledger=False)
    entries = ledger_of(laptop.state, os.urandom).read().entries
    looks = [
        service_pb2.GetDirectoryRequest.FromString(each.message.body).log_size
        for each in entries
        if each.message.call is Call.DIRECTORY and each.message.direction is Direction.SENT
    ]
    named = {*looks, *(report.log_size for _, report in laptop.server.reports)}
    assert len(in_replies) == 3
    assert len(looks) >= 3
    assert not named & in_replies


def test_a_server_that_is_away_is_no_fork(tmp_path: Path) -> None:
    """Its own error, with the exit code of a server that does not answer."""
    given = after_a_check(tmp_path)

    def away(_: Published) -> Published:
        raise ServerUnreachable("away", "Away.", reason="SERVER_UNREACHABLE")

    given.laptop.server.on_show = away
    with pytest.raises(ServerUnreachable):
        given.ask()


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """A verified connection, of which only the directory's log key matters."""
    return connected_laptop(tmp_path_factory.mktemp("laptop")).exchanger.connection


@given(
    receipt=st.integers(1, 20),
    published=st.integers(0, 20),
    age=st.integers(-CLOCK_TOLERANCE, 2 * LONGEST_UNPUBLISHED),
    other=st.booleans(),
)
def test_only_a_continuation_is_shown_as_one(
    connection: Connection, receipt: int, published: int, age: int, *, other: bool
) -> None:
    """Whatever the sizes, the receipt's age, and whether the log is another."""
    leaves = [bytes([number]) * 32 for number in range(20)]
    head = Log(leaves[:receipt]).head(time=NOW)
    if other:
        leaves[0] = b"\xff" * 32
    log = Log(leaves)
    proof = log.proof(receipt, published) if 0 < receipt < published else ()
    shown = sign_log_head(log.head(published), LOG_KEY)
    asked = PublishedLog(connection, NotRecorded(), NOW + age)
    answer = Published(connection.signed, shown, tuple(proof))
    if published < receipt and age < LONGEST_UNPUBLISHED:
        assert asked.continues_reply(answer, head) is InLog.NOT_YET
    elif published < receipt or other:
        with pytest.raises(Unpublished):
            asked.continues_reply(answer, head)
    else:
        assert asked.continues_reply(answer, head) is InLog.CONTAINED
    if published < receipt or other:
        with pytest.raises(Unpublished):
            asked.continues_published(answer, head)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_fork_is_told_with_the_head_that_shows_it(tmp_path: Path, locale: Locale) -> None:
    """In the person's language; the token is whole, so that it can be kept."""
    given = after_a_check(tmp_path, forked=True)
    server, exchanger = given.laptop.server, given.laptop.exchanger
    set_clock(given.laptop, LATER)
    log = PublishedLog(exchanger.connection, exchanger.recorder, LATER)
    with pytest.raises(TrustBroken) as caught:
        verify_receipt(given.receipt, PIN, None, locale, lambda: log)
    assert caught.value.person.endswith(server.receipt_log.shown(0, LOG_KEY).token)
