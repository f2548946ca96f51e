"""The server's log as a laptop sees it: continued at each connection, and holding each receipt."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.seen_head import NOTHING_SEEN, SeenHead
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.errors import AgentError, TrustBroken
from kizashi_agent.submit.erasing import withdraw_check
from kizashi_agent.submit.log_trust import LogForked
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import fetch_directory
from kizashi_protocol import (
    Acknowledgement,
    ConsentReceipt,
    Erased,
    ErasureReceipt,
    LogHead,
    ReceiptBundle,
    Reply,
    Scope,
    SigningKey,
    fingerprint,
    read_log_head,
    sign_log_head,
    verify_bundle,
)
from kizashi_server.log.head_schedule import HEAD_SECONDS
from kizashi_server.log.receipt_log import ReceiptLog

from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.protocol.values import LOG_KEY, NOW, REPORT_ID, ROOT
from tests.server.memory_log import MemoryLogStore

PIN = fingerprint(ROOT.public)
STRANGER = SigningKey.from_seed(b"f" * 32)


def log_of(leaves: int, first: bytes = b"\x01", now: int = NOW) -> ReceiptLog:
    """A log with so many entries."""
    store = MemoryLogStore()
    if leaves:
        store.append([first * 32, *([b"\x02" * 32] * (leaves - 1))])
    return ReceiptLog(store, lambda: now, os.urandom)


def connect_again(laptop: Laptop) -> SeenHead:
    """What another connection finds."""
    connection = laptop.exchanger.connection
    invite, recorder = connection.invite, laptop.exchanger.recorder
    return fetch_directory(laptop.server, invite, laptop.state, lambda: NOW, recorder).log


def refusal(laptop: Laptop) -> TrustBroken:
    """Why another connection is not made."""
    with pytest.raises(TrustBroken) as caught:
        connect_again(laptop)
    assert caught.value.exit_code == 8
    return caught.value


def with_log(folder: Path, log: ReceiptLog) -> Laptop:
    """A laptop that has sent a check to a server with this log."""
    laptop = connected_laptop(folder)
    laptop.server.receipt_log = log
    connection = replace(laptop.exchanger.connection, log=connect_again(laptop))
    laptop = replace(laptop, exchanger=replace(laptop.exchanger, connection=connection))
    laptop.submit()
    return laptop


def test_what_was_acted_on_is_what_the_next_head_must_continue(tmp_path: Path) -> None:
    """The head is kept when something is sent, its size is named, and the later head continues it."""
    laptop = with_log(tmp_path, log_of(5))
    assert laptop.state.newest_log_head(PIN).head.size == 5
    assert {report.log_size for _, report in laptop.server.reports} == {5}
    laptop.server.receipt_log = replace(laptop.server.receipt_log, clock=lambda: NOW + HEAD_SECONDS)
    assert connect_again(laptop).head.size == 7
    assert laptop.state.newest_log_head(PIN).head.size == 5, "looking leaves no trace"


@pytest.mark.parametrize(
    ("leaves", "first", "reason"),
    [
        (4, b"\x01", "LOG_SHRUNK"),
        (0, b"\x01", "LOG_SHRUNK"),
        (5, b"\x09", "LOG_INCONSISTENT"),
        (9, b"\x09", "LOG_INCONSISTENT"),
    ],
)
def test_a_log_that_was_rewritten_is_not_talked_to(
    tmp_path: Path, leaves: int, first: bytes, reason: str
) -> None:
    """Shortened or changed: nothing more is sent, and both signed heads are at hand."""
    laptop = with_log(tmp_path, log_of(5))
    sent = len(laptop.server.envelopes)
    laptop.server.receipt_log = log_of(leaves, first)
    error = refusal(laptop)
    assert isinstance(error, LogForked)
    assert error.reason == reason
    assert len(laptop.server.envelopes) == sent
    keys = laptop.server.directory.log_key_by_id()
    assert read_log_head(error.seen, keys).size == 5
    assert read_log_head(error.shown, keys).size == leaves


SHOWN: dict[str, Callable[[Published], Published]] = {
    "none": lambda shown: shown._replace(log_head=""),
    "a stranger's": lambda shown: shown._replace(
        log_head=sign_log_head(LogHead(0, NOTHING_SEEN.head.root, NOW), STRANGER)
    ),
    "cut short": lambda shown: shown._replace(log_head=shown.log_head[:-2]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_server_without_a_signed_log_is_not_talked_to(laptop: Laptop, name: str) -> None:
    """A receipt would have nowhere to stand."""
    laptop.server.on_show = SHOWN[name]
    assert refusal(laptop).reason == "LOG_HEAD"


def test_a_proof_that_proves_nothing_is_refused(tmp_path: Path) -> None:
    """Nor does a proof help where none is due."""
    laptop = with_log(tmp_path, log_of(5))
    laptop.server.on_show = lambda shown: shown._replace(log_consistency=(bytes(32),))
    assert refusal(laptop).reason == "LOG_INCONSISTENT"


def changed(change: Callable[[Reply], Reply], laptop: Laptop) -> AgentError:
    """Why a check fails when the reply's evidence is changed."""
    laptop.server.on_the_log = change
    error = laptop.error()
    assert isinstance(error, TrustBroken)
    assert not (laptop.state.folder / "receipts").exists()
    return error


def without_last_proof(reply: Reply) -> Reply:
    """One receipt too many."""
    assert reply.log is not None
    return reply._replace(log=replace(reply.log, proofs=reply.log.proofs[:-1]))


def swapped(reply: Reply) -> Reply:
    """Each receipt with the other's proof."""
    assert reply.log is not None
    return reply._replace(log=replace(reply.log, proofs=reply.log.proofs[::-1]))


def headed_by_stranger(reply: Reply) -> Reply:
    """A head signed by another key."""
    assert reply.log is not None
    return reply._replace(log=replace(reply.log, head=sign_log_head(NOTHING_SEEN.head, STRANGER)))


def from_another_log(reply: Reply) -> Reply:
    """Rightly entered, into another log."""
    return log_of(9, b"\x09").entered(reply._replace(log=None), 5, LOG_KEY)


def from_a_smaller_log(reply: Reply) -> Reply:
    """Rightly entered, into a log shorter than what was published."""
    return log_of(1).entered(reply._replace(log=None), 5, LOG_KEY)


def without_evidence(reply: Reply) -> Reply:
    """Receipts alone."""
    return reply._replace(log=None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_evidence, "LOG_HEAD"),
        (without_last_proof, "LOG_UNPROVEN"),
        (swapped, "LOG_UNPROVEN"),
        (headed_by_stranger, "LOG_HEAD"),
        (from_another_log, "LOG_INCONSISTENT"),
        (from_a_smaller_log, "LOG_SHRUNK"),
    ],
)
def test_a_receipt_that_is_not_in_the_log_is_not_accepted(
    tmp_path: Path, change: Callable[[Reply], Reply], reason: str
) -> None:
    """The feedback is not shown, and the receipt not kept."""
    laptop = connected_laptop(tmp_path)
    laptop.server.receipt_log = log_of(5)
    connection = replace(laptop.exchanger.connection, log=connect_again(laptop))
    laptop = replace(laptop, exchanger=replace(laptop.exchanger, connection=connection))
    assert changed(change, laptop).reason == reason


def test_kept_receipts_verify_offline(laptop: Laptop) -> None:
    """Each consent's, and the erasure's, from its file and the pin alone."""
    done = laptop.submit()
    kept = [verify(path) for path in done.receipt_files]
    scopes = [each.consent.scope for each in kept if isinstance(each, ConsentReceipt)]
    assert scopes == [Scope.SCORE, Scope.FEEDBACK]
    erasure = laptop.state.keep_erasure(
        done.report_id, withdraw_check(laptop.sent(), laptop.exchanger, "en")
    )
    receipt = verify(erasure)
    assert isinstance(receipt, ErasureReceipt)
    assert receipt.report_id == done.report_id


def verify(path: Path) -> ConsentReceipt | ErasureReceipt:
    """The receipt in a file."""
    return verify_bundle(ReceiptBundle.parse(path.read_bytes()), PIN).receipt


def test_a_forgotten_check_leaves_no_receipts(laptop: Laptop) -> None:
    """They name its keys; those of other checks stay."""
    first, second = laptop.submit(), laptop.submit()
    laptop.state.forget_check(first.report_id)
    assert not any(each.exists() for each in first.receipt_files)
    assert all(each.exists() for each in second.receipt_files)


def test_a_newer_head_seen_meanwhile_stays(tmp_path: Path) -> None:
    """Two checks at once may remember in either order."""
    state = DeviceState(tmp_path, os.urandom)
    newer, older = (SeenHead("t", LogHead(size, bytes(32), NOW)) for size in (9, 4))
    state.remember_log_head(PIN, newer)
    state.remember_log_head(PIN, older)
    state.remember_log_head(bytes(32), older)
    assert state.newest_log_head(PIN) == newer
    assert state.newest_log_head(bytes(32)) == older
    assert DeviceState(tmp_path / "other", os.urandom).newest_log_head(PIN) == NOTHING_SEEN


@given(
    text=st.binary(max_size=40).filter(lambda data: data[:1] != b"{")
    | st.sampled_from(
        [
            b"[]",
            b'{"aa": {}}',
            b'{"aa": 1}',
            b'{"aa": {"root": "%s", "size": -1, "time": 0, "token": ""}}' % (b"00" * 32),
            b'{"aa": {"root": "aa", "size": 1}}',
        ]
    )
)
def test_damaged_heads_are_one_error(text: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file that does not parse is told as such: a laptop must not forget by accident."""
    state = DeviceState(tmp_path_factory.mktemp("state"), os.urandom)
    (state.folder / "log-heads.json").write_bytes(text)
    with pytest.raises(StateUnreadable):
        state.newest_log_head(PIN)


def test_a_bundle_keeps_the_directory_as_it_came(laptop: Laptop) -> None:
    """The very bytes, so that their signatures hold."""
    done = laptop.submit()
    signed = laptop.exchanger.connection.signed.SerializeToString(deterministic=True)
    for path in done.receipt_files:
        assert ReceiptBundle.parse(path.read_bytes()).directory == signed


def test_what_is_sent_again_continues_the_head_it_was_sealed_with(tmp_path: Path) -> None:
    """A new head may have been published since; the report still names the one before."""
    laptop = with_log(tmp_path, log_of(5))
    exchanger = laptop.exchanger
    content = Acknowledgement(REPORT_ID)
    attempt = exchanger.seal(content, [STRANGER], locale="en", report_id=os.urandom(16))
    laptop.server.answer = lambda *_: Reply(Erased("a receipt"))
    laptop.server.receipt_log = replace(laptop.server.receipt_log, clock=lambda: NOW + HEAD_SECONDS)
    newer = replace(exchanger, connection=replace(exchanger.connection, log=connect_again(laptop)))
    assert newer.connection.log.head.size > attempt.seen.head.size == 5
    (kept,) = newer.send(attempt).bundles
    assert kept.seen == attempt.seen.token
