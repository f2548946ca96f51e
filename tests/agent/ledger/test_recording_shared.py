"""One recorder that many threads share, and what it holds of messages that were refused or erased."""

import os
import sys
import threading
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.ledger.entry import Call, Direction
from kizashi_agent.ledger.recording import LedgerRecorder
from kizashi_agent.ledger.store import LedgerUnreadable, ledger_of

from tests.protocol.values import NOW

EACH = 8
THREADS = 4


@pytest.fixture
def state(tmp_path: Path) -> DeviceState:
    """An empty laptop."""
    return DeviceState(tmp_path / "state", os.urandom)


@pytest.fixture
def recorder(state: DeviceState) -> LedgerRecorder:
    """Into that laptop's ledger."""
    return LedgerRecorder(ledger_of(state, os.urandom), lambda: NOW)


def bodies(recorder: LedgerRecorder) -> list[bytes]:
    """Of all that is in the ledger, in order; nothing is wrong with it."""
    contents = recorder.ledger.read()
    assert contents.faults == ()
    return [each.message.body for each in contents.entries]


def test_threads_record_each_message_once_with_its_own_answer(recorder: LedgerRecorder) -> None:
    """Looks and exchanges at once: none is lost, written twice, or answered by another's answer."""
    begin = threading.Barrier(THREADS)
    failed: list[Exception] = []

    def exchanges(thread: int) -> None:
        begin.wait()
        for number in range(EACH):
            call = (Call.DIRECTORY, Call.EXCHANGE)[number % 2]
            name = f"{thread}-{number}"
            try:
                recorder.sending(call, name, name.encode()).received(b"to " + name.encode())
            except Exception as error:  # noqa: BLE001 - a thread's error fails no test by itself
                failed.append(error)

    threads = [threading.Thread(target=exchanges, args=(each,)) for each in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    entries = recorder.ledger.read().entries
    sent = {each.number: each for each in entries if each.message.direction is Direction.SENT}
    names = sorted(each.message.address for each in sent.values())
    assert names == sorted(f"{thread}-{n}" for thread in range(THREADS) for n in range(EACH))
    answers = [each.message for each in entries if each.message.direction is Direction.RECEIVED]
    assert len(answers) == len(sent) == len({each.answers for each in answers})
    for answer in answers:
        assert answer.answers is not None
        assert answer.body == b"to " + sent[answer.answers].message.body


def test_what_the_ledger_refused_is_not_written_later(recorder: LedgerRecorder) -> None:
    """It was not sent: a ledger begun anew does not say that it was."""
    recorder.sending(Call.EXCHANGE, "server", b"first")
    (recorder.ledger.folder / "head").write_bytes(b"damaged")
    with pytest.raises(LedgerUnreadable):
        recorder.sending(Call.EXCHANGE, "server", b"refused", b"a summary")
    recorder.ledger.clear()
    recorder.sending(Call.EXCHANGE, "server", b"next")
    assert bodies(recorder) == [b"next"]


@pytest.mark.parametrize("call", Call)
def test_the_answer_to_what_was_erased_begins_no_ledger(
    recorder: LedgerRecorder, state: DeviceState, call: Call
) -> None:
    """Nor does a fault; no seed is made for it either."""
    recorder.sending(Call.EXCHANGE, "server", b"first").received(b"first answer")
    answered, failed = (recorder.sending(call, "server", each) for each in (b"a", b"b"))
    recorder.ledger.clear()
    state.drop_unused_seed()
    answered.received(b"late")
    failed.failed("SERVER_UNREACHABLE")
    assert not recorder.ledger.exists()
    assert state.seeds.read() is None


def test_a_late_answer_is_given_to_no_other_message(recorder: LedgerRecorder) -> None:
    """One of the same number in the ledger that was begun since."""
    awaited = recorder.sending(Call.EXCHANGE, "server", b"erased")
    recorder.ledger.clear()
    recorder.sending(Call.EXCHANGE, "server", b"next")
    awaited.received(b"late")
    assert bodies(recorder) == [b"next"]


def test_looks_that_waited_are_forgotten(recorder: LedgerRecorder) -> None:
    """After everything was cleared the ledger names nothing from before, nor its late answer."""
    look = recorder.sending(Call.DIRECTORY, "server", b"look")
    recorder.forget()
    look.received(b"directory")
    recorder.sending(Call.EXCHANGE, "server", b"next")
    assert bodies(recorder) == [b"next"]


def test_a_look_that_is_answered_after_it_was_written_has_its_answer(
    recorder: LedgerRecorder,
) -> None:
    """It waited, and was written down by an exchange beside it."""
    look = recorder.sending(Call.DIRECTORY, "server", b"look")
    recorder.sending(Call.EXCHANGE, "server", b"check")
    look.received(b"directory")
    assert bodies(recorder) == [b"look", b"check", b"directory"]
    assert recorder.ledger.read().entries[-1].message.answers == 1


def test_what_was_recorded_is_held_no_longer(recorder: LedgerRecorder) -> None:
    """Neither message nor plaintext stays in memory for as long as the page is open."""
    plaintext = os.urandom(64)
    before = sys.getrefcount(plaintext)
    recorder.sending(Call.EXCHANGE, "server", b"check", plaintext).received(b"answer", plaintext)
    assert sys.getrefcount(plaintext) == before
