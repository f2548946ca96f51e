"""A check from consent to feedback, its acknowledgement and its withdrawal."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import WAITING_FOLDER, DeviceState, SentCheck
from kizashi_agent.device.participant import participant_key
from kizashi_agent.device.state_folder import FolderOnDisk
from kizashi_agent.errors import AgentError, BrokenOff, ServerUnreachable, TrustBroken
from kizashi_agent.submit.checking import submit_check
from kizashi_agent.submit.consents import NEEDED
from kizashi_agent.submit.erasing import withdraw_check
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import (
    Acknowledged,
    Acknowledgement,
    Check,
    Erased,
    ErasureReceipt,
    Outcome,
    Reply,
    Report,
    Scope,
    SigningKey,
    Withdrawal,
    Withheld,
    countersign,
    read_consent,
    read_receipt,
    write_erasure,
)
from kizashi_protocol.v1 import service_pb2

from tests.agent.submit.fake_server import flipped, refused
from tests.agent.submit.laptop import AGREEMENT, Laptop, connected_laptop
from tests.protocol.values import (
    NOW,
    PROGRAMME,
    RECEIPT_KEY,
    directory,
    feedback,
    summary,
)

STRANGER = SigningKey.from_seed(b"f" * 32)
GONE = ServerUnreachable("gone", "Gone.", reason="SERVER_UNREACHABLE")


def test_a_check_comes_back_with_feedback(laptop: Laptop) -> None:
    """Consents, summary and scorer arrive as they were given; feedback and receipts come back."""
    done = laptop.submit()
    assert done.feedback == feedback()
    assert done.acknowledged
    (header, report), _ = laptop.server.reports
    assert isinstance(report.content, Check)
    assert report.content.summary == summary()
    assert report.content.scorer_id == PROGRAMME.scorer_id
    assert header.report_id == done.report_id
    records = [read_consent(each) for each in report.content.consents]
    assert [record.scope for record in records] == list(NEEDED)
    assert {record.subject for record in records} == report.signers
    keys = laptop.exchanger.connection.directory.receipt_key_by_id()
    assert [read_receipt(each, keys).consent for each in done.receipts] == records


def test_a_check_is_acknowledged_by_its_score_key(laptop: Laptop) -> None:
    """The server is told to drop its copy, under a report id of its own."""
    done = laptop.submit()
    assert laptop.contents() == [Check, Acknowledgement]
    header, report = laptop.server.reports[1]
    assert report.content == Acknowledgement(done.report_id)
    assert header.report_id != done.report_id
    key = participant_key(
        laptop.state.seed(),
        root_fingerprint=laptop.server.directory.root_fingerprint,
        programme_id=PROGRAMME.programme_id,
        scope=Scope.SCORE,
        report_id=done.report_id,
    )
    assert report.signers == {key.public}


def test_every_message_has_one_size(laptop: Laptop) -> None:
    """Check, acknowledgement and withdrawal look alike from outside."""
    done = laptop.submit()
    withdraw_check(laptop.sent(), laptop.exchanger, "en")
    sizes = {
        service_pb2.ExchangeRequest(envelope=each.to_message()).ByteSize()
        for each in laptop.server.envelopes
    }
    assert sizes == {done.sent_bytes}
    assert done.sent_bytes == done.received_bytes


def test_two_checks_share_nothing_outside_or_inside(laptop: Laptop) -> None:
    """Report ids, reply keys and the participant's keys are fresh each time."""
    first, second = laptop.submit(), laptop.submit()
    assert first.report_id != second.report_id
    reports = [report for _, report in laptop.server.reports if isinstance(report.content, Check)]
    assert not reports[0].signers & reports[1].signers
    reply_keys = {report.reply_key.raw for _, report in laptop.server.reports}
    assert len(reply_keys) == len(laptop.server.reports) == 4


def test_a_check_is_remembered_before_it_is_sent(laptop: Laptop) -> None:
    """When the report arrives, all that withdrawing takes is on the laptop already."""
    seen: list[tuple[SentCheck, ...]] = []

    def look() -> None:
        assert (laptop.state.folder / "seed").exists()
        assert laptop.state.invite() == laptop.exchanger.connection.invite
        seen.append(tuple(laptop.state.checks()))

    laptop.server.on_arrival = look
    done = laptop.submit()
    (before,), (after,) = seen
    assert before.report_id == laptop.server.envelopes[0].header.report_id == done.report_id
    assert before.receipts == ()
    assert after.receipts == done.receipts


def test_a_lost_reply_can_still_be_withdrawn(laptop: Laptop) -> None:
    """A server that scored and then went away is asked to erase when it is back."""
    laptop.server.faults.append(GONE)
    with pytest.raises(ServerUnreachable):
        laptop.submit()
    check = laptop.sent()
    assert check.receipts == ()
    withdraw_check(check, laptop.exchanger, "en")
    assert laptop.server.reports[-1][1].content == Withdrawal(check.report_id)


def test_nothing_measured_lies_open_on_the_laptop(laptop: Laptop) -> None:
    """No file shows the feedback, a figure's name or the summary's bytes; the ledger is closed."""
    laptop.submit()
    kept = b"".join(path.read_bytes() for path in laptop.state.folder.rglob("*") if path.is_file())
    assert feedback().headline.encode() not in kept
    assert summary().serialise() not in kept
    assert b"mean" not in kept


@pytest.mark.parametrize("outcome", [Withheld(), Acknowledged(), Erased("x")], ids=repr)
def test_a_check_without_feedback_says_so(laptop: Laptop, outcome: Outcome) -> None:
    """Any outcome but feedback is an error, and nothing is acknowledged."""
    laptop.server.answer_with(outcome)
    assert laptop.error().reason == "NO_FEEDBACK"
    assert laptop.contents() == [Check]


def forged(report: Report, _: Reply) -> tuple[str, ...]:
    """Receipts signed by a key that the directory does not list."""
    assert isinstance(report.content, Check)
    return tuple(countersign(each, STRANGER, now=NOW) for each in report.content.consents)


def for_one_consent_twice(_: Report, reply: Reply) -> tuple[str, ...]:
    """Both receipts for the first consent."""
    return reply.consent_receipts[:1] * 2


RECEIPTS: dict[str, Callable[[Report, Reply], tuple[str, ...]]] = {
    "none": lambda _, __: (),
    "one missing": lambda _, reply: reply.consent_receipts[:1],
    "the other way round": lambda _, reply: reply.consent_receipts[::-1],
    "one twice": for_one_consent_twice,
    "one too many": lambda _, reply: (*reply.consent_receipts, reply.consent_receipts[0]),
    "signed by a stranger": forged,
    "no tokens": lambda _, __: ("a", "b"),
}


@pytest.mark.parametrize("name", RECEIPTS)
def test_receipts_must_be_for_the_consents_given(laptop: Laptop, name: str) -> None:
    """Without a sound receipt for each consent the answer is not believed."""
    receipts = RECEIPTS[name]

    def answer(report: Report, reply: Reply) -> Reply:
        return Reply(reply.outcome, receipts(report, reply))

    laptop.server.answer = answer
    assert laptop.error().reason == "RECEIPT_INVALID"
    assert laptop.sent().receipts == ()


def test_receipts_of_another_check_are_refused(laptop: Laptop) -> None:
    """A server cannot hand out the receipts of the check before."""
    earlier = laptop.submit()
    laptop.server.answer = lambda _, reply: Reply(reply.outcome, earlier.receipts)
    assert laptop.error().reason == "RECEIPT_INVALID"


@pytest.mark.parametrize("fault", [GONE, refused("RATE_LIMITED")], ids=["unreachable", "refused"])
def test_an_acknowledgement_that_fails_is_no_error(laptop: Laptop, fault: AgentError) -> None:
    """The feedback is there; that the server was not told is said and nothing more."""

    def fail_the_second() -> None:
        if len(laptop.server.envelopes) == 1:
            laptop.server.faults.append(fault)

    laptop.server.on_arrival = fail_the_second
    done = laptop.submit()
    assert done.feedback == feedback()
    assert not done.acknowledged
    assert laptop.sent().receipts == done.receipts


def test_a_changed_answer_to_an_acknowledgement_is_no_error(laptop: Laptop) -> None:
    """The same where the answer does not open."""
    laptop.server.on_the_way = lambda sealed: (
        flipped(sealed) if laptop.contents()[-1] is Acknowledgement else sealed
    )
    done = laptop.submit()
    assert done.feedback == feedback()
    assert not done.acknowledged


def test_an_acknowledgement_answered_with_something_else_does_not_count(laptop: Laptop) -> None:
    """The server has to say that it took it."""

    def answer(report: Report, reply: Reply) -> Reply:
        return reply if isinstance(report.content, Check) else Reply(Withheld())

    laptop.server.answer = answer
    assert not laptop.submit().acknowledged


def test_a_withdrawal_is_signed_by_the_checks_score_key(laptop: Laptop) -> None:
    """Only the key that consented to scoring can take it back; a signed receipt comes back."""
    laptop.submit()
    check = laptop.sent()
    receipt = withdraw_check(check, laptop.exchanger, "ja")
    header, report = laptop.server.reports[-1]
    assert report.content == Withdrawal(check.report_id)
    assert report.locale == "ja"
    assert header.report_id != check.report_id
    scored = laptop.server.reports[0][1]
    assert len(report.signers) == 1
    assert report.signers < scored.signers
    assert receipt


ERASURES: dict[str, Outcome] = {
    "of another check": Erased(
        write_erasure(ErasureReceipt(bytes(16), PROGRAMME.programme_id, NOW, 0), RECEIPT_KEY)
    ),
    "no token": Erased("erased, trust me"),
    "something else": Acknowledged(),
}


@pytest.mark.parametrize("name", ERASURES)
def test_an_erasure_must_be_of_this_check(laptop: Laptop, name: str) -> None:
    """A statement about something else, or none, is not taken for an erasure."""
    laptop.submit()
    laptop.server.answer_with(ERASURES[name])
    with pytest.raises(TrustBroken) as caught:
        withdraw_check(laptop.sent(), laptop.exchanger, "en")
    assert caught.value.reason == "RECEIPT_INVALID"


@pytest.mark.parametrize(
    ("programme_id", "key"), [("autumn-check", RECEIPT_KEY), ("spring-check", STRANGER)]
)
def test_an_erasure_must_be_the_programmes_and_signed(
    laptop: Laptop, programme_id: str, key: SigningKey
) -> None:
    """The right check under another programme, or under a stranger's key, is refused too."""
    laptop.submit()
    check = laptop.sent()
    receipt = write_erasure(ErasureReceipt(check.report_id, programme_id, NOW, 0), key)
    laptop.server.answer_with(Erased(receipt))
    with pytest.raises(TrustBroken) as caught:
        withdraw_check(check, laptop.exchanger, "en")
    assert caught.value.reason == "RECEIPT_INVALID"


def test_texts_of_what_was_submitted_show_no_result(laptop: Laptop) -> None:
    """Neither the feedback nor a receipt is in the repr of an answered check."""
    done = laptop.submit()
    exchanged = laptop.exchanger.exchange(
        Withdrawal(done.report_id), [STRANGER], locale="en", report_id=os.urandom(16)
    )
    for value in (done, exchanged, laptop.exchanger):
        text = repr(value)
        assert feedback().headline not in text
        assert done.receipts[0] not in text
        assert "about_as_many" not in text


def test_the_fake_is_honest(laptop: Laptop) -> None:
    """The server of these tests refuses a consent to other terms, as a real one does."""
    laptop.server.directory = directory(
        programmes=[replace(PROGRAMME, owner="Somebody else")], version=1
    )
    assert laptop.error().reason == "CONSENT_TERMS_CHANGED"


class EndedWhenKept(FolderOnDisk):
    """A folder in which Ctrl-C comes just after a waiting check is written."""

    def write(self, path: Path, data: bytes) -> None:
        """Writes, and is broken off."""
        super().write(path, data)
        if path.parent.name == WAITING_FOLDER:
            raise KeyboardInterrupt


def test_ctrl_c_between_keeping_and_sending_says_that_the_check_waits(tmp_path: Path) -> None:
    """It is no check of which nothing was left, though nothing was sent."""
    laptop = connected_laptop(tmp_path)
    ended = DeviceState(tmp_path, os.urandom, files=EndedWhenKept(tmp_path))
    with pytest.raises(BrokenOff) as caught:
        submit_check(summary(), AGREEMENT, replace(laptop.exchanger, state=ended))
    assert "The check waits on this laptop" in caught.value.person
    assert len(waiting_checks(laptop.state).paths()) == 1
    assert laptop.contents() == []
