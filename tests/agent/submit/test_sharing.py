"""Sharing from the laptop: what is asked and when, what is sent, what a counsellor gets."""

import dataclasses
import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.commands.check import Checked
from kizashi_agent.commands.share import cancel_shares, offer_sharing
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import SealedRefusal, ServerUnreachable, TrustBroken
from kizashi_agent.pipeline import Measured
from kizashi_agent.show.showing import Sent
from kizashi_agent.show.words import say
from kizashi_agent.submit.checking import Submitted
from kizashi_agent.submit.sharing import LeftFeedback, fetch_feedback, leave_feedback
from kizashi_protocol import (
    Acknowledged,
    Acknowledgement,
    Check,
    Feedback,
    Locale,
    Recipient,
    Redemption,
    Refusal,
    Reply,
    Report,
    Scope,
    Share,
    ShareCode,
    Withdrawal,
    consent_text,
    countersign,
    fault_of,
    read_consent,
)
from kizashi_protocol.consent import readable_fingerprint
from kizashi_protocol.open_item import ItemPrivateKey
from rich.console import Console

from tests.agent.submit.fake_server import NONCE, refused
from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.test_withdraw_all import InMemory
from tests.protocol.values import (
    COUNSELLOR_SEED,
    DAY,
    NOW,
    PROGRAMME,
    RECEIPT_KEY,
    TERMS,
    consent_token,
    counsellor,
    directory,
    feedback,
    summary,
)

KEY = ItemPrivateKey.from_seed(COUNSELLOR_SEED)
OTHER = counsellor(name="Second Counsellor", seed=b"i" * 32)
GONE = ServerUnreachable("gone", "Gone.", reason="SERVER_UNREACHABLE")


def laptop_of(folder: Path, *recipients: Recipient) -> Laptop:
    """A laptop whose server lists these."""
    laptop = connected_laptop(folder)
    listing = directory(recipients=recipients)
    laptop.server.directory = listing
    connection = replace(laptop.exchanger.connection, directory=listing)
    return replace(laptop, exchanger=replace(laptop.exchanger, connection=connection))


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop whose server lists one counsellor."""
    return laptop_of(tmp_path / "state", counsellor())


@dataclasses.dataclass
class Person:
    """Somebody at a terminal.

    Attributes:
        answers: to what is asked, in order.
        asked: what was asked, each with what was shown before it.
    """

    answers: list[bool]
    asked: list[str] = dataclasses.field(default_factory=list)
    shown: io.StringIO = dataclasses.field(default_factory=io.StringIO)

    def confirm(self, question: str) -> bool:
        """Answers a question."""
        self.asked.append(question)
        return self.answers.pop(0)

    def words(self) -> str:
        """All that was shown, on one line."""
        return " ".join(self.shown.getvalue().split())


def surroundings_of(
    laptop: Laptop, person: Person | None, *, account: bool = True, locale: Locale = "en"
) -> Surroundings:
    """The laptop's, with this person at the terminal, or nobody."""
    exchanger = laptop.exchanger
    shown = io.StringIO() if person is None else person.shown
    return InMemory(
        state=laptop.state,
        now=exchanger.now,
        random_bytes=exchanger.random_bytes,
        console=Console(file=shown, width=80),
        confirm=None if person is None else person.confirm,
        locale=locale,
        recorder=exchanger.recorder,
        account=account,
        connection=exchanger.connection,
    )


def checked_by(laptop: Laptop, submitted: Submitted | None = None) -> Checked:
    """A check that the server answered."""
    done = submitted or laptop.submit()
    sent = Sent("localhost:8443", PROGRAMME, done, True)
    return Checked(done.feedback, sent, Measured(summary(), 1, ()), laptop.exchanger)


def offered(laptop: Laptop, *answers: bool) -> tuple[LeftFeedback | None, Person]:
    """What comes of the offer after a check, with these answers."""
    person = Person(list(answers))
    left = offer_sharing(checked_by(laptop), surroundings_of(laptop, person))
    assert person.answers == []
    return left, person


def share_of(laptop: Laptop) -> tuple[Share, Report]:
    """The one share that arrived."""
    ((share, report),) = [
        (report.content, report)
        for _, report in laptop.server.reports
        if isinstance(report.content, Share)
    ]
    return share, report


def left_one(laptop: Laptop) -> LeftFeedback:
    """A feedback that was left for the counsellor."""
    submitted = laptop.submit()
    assert submitted.opening_nonce is not None
    return leave_feedback(submitted, submitted.opening_nonce, counsellor(), laptop.exchanger)


# --- Leaving


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
    assert share.redemption_digest == hashlib.sha256(left.code.secret).digest()
    assert left.code.written() in person.words().replace(" ", "")
    assert left.expire_time == NOW + 7 * DAY


def test_consents_that_outlast_a_check_stay_out_of_a_share(laptop: Laptop) -> None:
    """They would tell the server which other checks are the same person's."""
    done = laptop.submit()
    riding = replace(done, consents=(*done.consents, consent_token(Scope.TREND)))
    leave_feedback(riding, NONCE, counsellor(), laptop.exchanger)
    scopes = [read_consent(each).scope for each in share_of(laptop)[0].consents]
    assert scopes == [Scope.SCORE, Scope.FEEDBACK, Scope.SHARE]


def test_consent_names_the_counsellor_before_it_is_asked(laptop: Laptop) -> None:
    """The text signed is the text shown, with name and fingerprint."""
    _, person = offered(laptop, True, True)
    share, _ = share_of(laptop)
    record = read_consent(share.consents[2])
    assert record.recipient is not None
    text = consent_text(Scope.SHARE, "en", TERMS, record.recipient)
    assert record.text_digest == text.digest
    assert " ".join(text.text.split()) in person.words()
    assert counsellor().name in person.words()
    assert readable_fingerprint(counsellor().fingerprint) in person.words()
    assert person.asked == [say("en", "share_question"), say("en", "agree_question")]


@pytest.mark.parametrize("answers", [(False,), (True, False)])
def test_a_no_shares_nothing(laptop: Laptop, answers: tuple[bool, ...]) -> None:
    """To the offer or to the consent: nothing is sent and nothing noted."""
    left, _ = offered(laptop, *answers)
    assert left is None
    assert laptop.contents() == [Check, Acknowledgement]
    assert not laptop.sent().shared


def test_each_counsellor_is_asked_about_apart(tmp_path: Path) -> None:
    """A no to the first leads to the second; only who was agreed to can open it."""
    laptop = laptop_of(tmp_path / "state", OTHER, counsellor())
    left, person = offered(laptop, True, False, True)
    assert left is not None
    share, _ = share_of(laptop)
    assert share.sealed.key_id == counsellor().public.key_id
    assert person.words().count("Second Counsellor") > 1


NOBODY: dict[str, Callable[[Laptop, Person], tuple[Checked, Surroundings]]] = {
    "nobody at a terminal": lambda laptop, _: (
        checked_by(laptop),
        surroundings_of(laptop, None),
    ),
    "no account": lambda laptop, person: (
        checked_by(laptop),
        surroundings_of(laptop, person, account=False),
    ),
    "scored here": lambda laptop, person: (
        replace(checked_by(laptop), sent=None, exchanger=None),
        surroundings_of(laptop, person),
    ),
    "no proof of opening": lambda laptop, person: (
        checked_by(laptop, replace(laptop.submit(), opening_nonce=None)),
        surroundings_of(laptop, person),
    ),
}


@pytest.mark.parametrize("case", NOBODY)
def test_nobody_is_asked_where_nothing_could_be_shared(laptop: Laptop, case: str) -> None:
    """And nothing is sent without having been asked."""
    person = Person([])
    checked, world = NOBODY[case](laptop, person)
    assert offer_sharing(checked, world) is None
    assert person.asked == []
    assert Share not in laptop.contents()


@pytest.mark.parametrize(
    "recipients",
    [(), (counsellor(start=NOW + 1),), (counsellor(programme_id="autumn-check"),)],
    ids=["none", "not yet", "another programme"],
)
def test_without_a_counsellor_nobody_is_asked(
    tmp_path: Path, recipients: tuple[Recipient, ...]
) -> None:
    """There is nothing to choose."""
    _, person = offered(laptop_of(tmp_path / "state", *recipients))
    assert person.asked == []


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
        lambda reply: reply._replace(consent_receipts=()),
        lambda reply: reply._replace(
            consent_receipts=(countersign(consent_token(), RECEIPT_KEY, now=NOW),)
        ),
    ],
    ids=["something else", "no receipt", "another's receipt"],
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
    for secret in (left.code.secret, NONCE):
        assert secret not in files
        assert secret.hex().encode() not in files
    assert left.code.secret.hex() not in repr(left)


# --- Fetching


def fetched(laptop: Laptop, code: ShareCode, key: ItemPrivateKey = KEY) -> Feedback:
    """What a counsellor's tool makes of a code."""
    return fetch_feedback(code, key, laptop.exchanger, "en", pause=lambda _: None)


def test_the_counsellor_reads_the_same_words(laptop: Laptop) -> None:
    """And has the server drop its sealed copy, with the key it came with."""
    left = left_one(laptop)
    assert fetched(laptop, left.code) == feedback()
    (_, redeeming), (_, acknowledging) = laptop.server.reports[-2:]
    assert isinstance(redeeming.content, Redemption)
    assert redeeming.signers == acknowledging.signers
    assert laptop.server.left == {}


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_envelope(laptop: Laptop) -> None:
    """Another envelope would find nothing any more."""
    left = left_one(laptop)
    before = len(laptop.server.envelopes)
    laptop.server.faults.extend([GONE, GONE])
    assert fetched(laptop, left.code) == feedback()
    attempts = laptop.server.envelopes[before : before + 3]
    assert attempts[0] == attempts[1] == attempts[2]


def test_a_server_that_stays_away_is_told(laptop: Laptop) -> None:
    """After three attempts."""
    left = left_one(laptop)
    laptop.server.faults.extend([GONE, GONE, GONE])
    with pytest.raises(ServerUnreachable):
        fetched(laptop, left.code)


def test_another_key_opens_nothing_and_says_what_to_do(laptop: Laptop) -> None:
    """It is gone from the server; the words say so."""
    left = left_one(laptop)
    with pytest.raises(TrustBroken) as caught:
        fetched(laptop, left.code, ItemPrivateKey.from_seed(b"j" * 32))
    assert caught.value.reason == "SHARE_UNREADABLE"
    assert "share again" in caught.value.person


def test_a_refusal_reaches_the_counsellor_in_words(laptop: Laptop) -> None:
    """As the server put it."""
    left = left_one(laptop)
    laptop.server.answer_with(Refusal("SHARE_UNKNOWN", "Nothing is left under this code."))
    with pytest.raises(SealedRefusal) as caught:
        fetched(laptop, left.code)
    assert caught.value.person == "Nothing is left under this code."


def test_an_answer_of_another_kind_is_not_believed(laptop: Laptop) -> None:
    """Whatever a server says instead."""
    left = left_one(laptop)
    laptop.server.answer_with(Acknowledged())
    with pytest.raises(TrustBroken) as caught:
        fetched(laptop, left.code)
    assert caught.value.reason == "REDEMPTION_UNTRUE"


# --- Taking back


def test_cancelling_withdraws_what_was_shared_and_nothing_else(laptop: Laptop) -> None:
    """The check that was shared goes, with a signed erasure; the other stays on record."""
    left_one(laptop)
    shared = laptop.sent().report_id
    laptop.submit()
    outcome = cancel_shares(surroundings_of(laptop, None))
    assert [each.check.report_id for each in outcome.withdrawn] == [shared]
    assert laptop.server.reports[-1][1].content == Withdrawal(shared)
    assert not laptop.sent().shared


def test_there_may_be_nothing_to_cancel(laptop: Laptop) -> None:
    """A check that was not shared is left alone."""
    laptop.submit()
    outcome = cancel_shares(surroundings_of(laptop, None))
    assert (outcome.withdrawn, outcome.failed) == ((), ())
    assert Withdrawal not in laptop.contents()
