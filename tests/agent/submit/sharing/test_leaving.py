"""Sharing from the laptop: what is sent and kept after a yes."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from kizashi_agent.commands.share import offer_sharing
from kizashi_agent.errors import ConsentRefused, ServerUnreachable, TrustBroken
from kizashi_agent.submit.sharing import leave_feedback
from kizashi_protocol import (
    CHECK_VALIDITY,
    Acknowledged,
    Acknowledgement,
    Check,
    Reply,
    Scope,
    Share,
    Shared,
    countersign,
    fault_of,
    read_consent,
)

from tests.agent.submit.fake_server import NONCE, refused
from tests.agent.submit.laptop import Laptop
from tests.agent.submit.sharing.person import (
    GONE,
    Person,
    left_one,
    offered,
    share_of,
    shown_by,
    surroundings_of,
)
from tests.protocol.values import (
    DAY,
    NOW,
    PROGRAMME,
    RECEIPT_KEY,
    TERMS,
    consent_token,
    counsellor,
    directory,
)


def test_a_yes_leaves_the_feedback_with_all_that_it_rests_on(laptop: Laptop) -> None:
    """Nonce, three consents of this check, two keys, and the feedback sealed to the counsellor."""
    left, person = offered(laptop, True, True)
    assert left is not None
    share, report = share_of(laptop)
    (check, _), *_ = [
        (report.content, header)
        for header, report in laptop.server.reports
        if isinstance(report.content, Check)
    ]
    assert isinstance(check, Check)
    assert share.report_id == laptop.sent().report_id
    assert share.opening_nonce == NONCE
    assert share.consents[:2] == check.consents
    records = {record.scope: record for record in map(read_consent, share.consents)}
    assert set(records) == {Scope.SCORE, Scope.FEEDBACK, Scope.SHARE}
    assert {records[scope].subject for scope in (Scope.SCORE, Scope.SHARE)} == report.signers
    assert fault_of(records[Scope.SHARE], TERMS, share.report_id, NOW) is None
    assert share.redemption_digest == hashlib.sha256(left.code.redemption_secret).digest()
    assert left.code.written() in person.words().replace(" ", "")
    assert left.expire_time == NOW + 7 * DAY


def test_consents_that_outlast_a_check_stay_out_of_a_share(laptop: Laptop) -> None:
    """They would tell the server which other checks are the same person's."""
    done = laptop.submit()
    riding = replace(done, consents=(*done.consents, consent_token(Scope.TREND)))
    leave_feedback(riding, NONCE, counsellor(), laptop.exchanger)
    scopes = [read_consent(each).scope for each in share_of(laptop)[0].consents]
    assert scopes == [Scope.SCORE, Scope.FEEDBACK, Scope.SHARE]


def test_an_answer_that_is_lost_leaves_the_share_on_record(laptop: Laptop) -> None:
    """It may have arrived, so that it can be taken back; the receipt came never."""
    submitted = laptop.submit()
    laptop.server.faults.append(GONE)
    with pytest.raises(ServerUnreachable):
        leave_feedback(submitted, NONCE, counsellor(), laptop.exchanger)
    assert laptop.sent().shared
    assert len(laptop.sent().receipts) == 2


def test_the_receipt_is_kept_and_the_answer_dropped(laptop: Laptop) -> None:
    """With those of the check; and the server is told to drop its sealed copy."""
    left_one(laptop)
    assert len(laptop.sent().receipts) == 3
    assert laptop.contents() == [Check, Acknowledgement, Share, Acknowledgement]


@pytest.mark.parametrize(
    "answer",
    [
        lambda reply: reply._replace(outcome=Acknowledged()),
        lambda reply: reply._replace(outcome=Shared(NOW + CHECK_VALIDITY + 1)),
        lambda reply: reply._replace(consent_receipts=()),
        lambda reply: reply._replace(
            consent_receipts=(countersign(consent_token(), RECEIPT_KEY, now=NOW),)
        ),
    ],
    ids=["something else", "kept for longer than agreed", "no receipt", "another's receipt"],
)
def test_an_answer_that_does_not_hold_is_told(
    laptop: Laptop, answer: Callable[[Reply], Reply]
) -> None:
    """The person learns that it is not known whether something waits, and how to make sure."""
    submitted = laptop.submit()
    laptop.server.answer = lambda _, reply: answer(reply)
    with pytest.raises(TrustBroken) as caught:
        leave_feedback(submitted, NONCE, counsellor(), laptop.exchanger)
    assert "kizashi share cancel" in caught.value.person
    assert laptop.sent().shared


def test_an_end_that_no_calendar_has_is_no_answer(laptop: Laptop) -> None:
    """A sentence and an exit code, not a fault of the program; it can be taken back."""
    person = Person([True, True])
    laptop.server.answer = lambda report, reply: (
        reply._replace(outcome=Shared(569_000_000_000))
        if isinstance(report.content, Share)
        else reply
    )
    world = surroundings_of(laptop, person)
    with pytest.raises(TrustBroken) as caught:
        offer_sharing(laptop.submit(), laptop.exchanger, shown_by(world), world)
    assert caught.value.reason == "REPLY_TAMPERED"
    assert laptop.sent().shared


def test_a_programme_that_changes_meanwhile_stops_it(laptop: Laptop) -> None:
    """What the consents name may be somebody else now."""
    submitted = laptop.submit()
    other = replace(PROGRAMME, scoring_operator="Somebody Else")
    laptop.server.publish(directory(programmes=[other], recipients=[counsellor()]))
    laptop.server.faults.append(refused("KEY_OUTDATED"))
    with pytest.raises(TrustBroken) as caught:
        leave_feedback(submitted, NONCE, counsellor(), laptop.exchanger)
    assert caught.value.reason == "TERMS_CHANGED"


def test_nothing_on_disk_holds_the_code_or_the_nonce(laptop: Laptop) -> None:
    """Neither as bytes nor as text."""
    left = left_one(laptop)
    files = b"".join(each.read_bytes() for each in laptop.state.folder.rglob("*") if each.is_file())
    grown = (left.code.redemption_secret, left.code.context_secret)
    for secret in (left.code.secret, *grown, NONCE):
        assert secret not in files
        assert secret.hex().encode() not in files
    assert left.code.secret.hex() not in repr(left)


@pytest.mark.parametrize("meanwhile", ["before it is sent", "while its answer is under way"])
def test_a_check_that_is_withdrawn_meanwhile_leaves_no_trace_of_its_share(
    laptop: Laptop, meanwhile: str
) -> None:
    """Neither record nor receipt comes back; what is withdrawn before is not sent at all."""
    submitted = laptop.submit()

    def withdrawn() -> None:
        laptop.state.forget_check(submitted.report_id)

    if meanwhile == "before it is sent":
        withdrawn()
    else:
        laptop.server.on_arrival = withdrawn
    with pytest.raises(ConsentRefused) as caught:
        leave_feedback(submitted, NONCE, counsellor(), laptop.exchanger)
    assert caught.value.reason == "SHARE_WITHDRAWN"
    assert laptop.state.checks() == []
    assert laptop.state.receipt_files() == []
    assert (Share in laptop.contents()) == (meanwhile != "before it is sent")
