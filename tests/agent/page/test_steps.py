"""The steps of the page over a real socket, with a real server's code behind them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest
from kizashi_agent.commands.check import local_scorer
from kizashi_agent.page.visit import Stage
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import (
    Recipient,
    RecipientRole,
    Scope,
    ShareCode,
    SigningKey,
    certify_recipient,
    read_consent,
    read_recipient,
)
from kizashi_protocol.keys import expand

from tests.agent.page.running import OTHER_TAB, Browser, served
from tests.agent.submit.standing.in_process import InProcess, Person
from tests.models.scoring import summary_at
from tests.server.world import DAY, PROGRAMME, START, make_world


def counsellors(root: SigningKey) -> list[Recipient]:
    """One, certified for thirty days."""
    signed = certify_recipient(
        root,
        role=RecipientRole.COUNSELLOR,
        public=expand(b"h" * 32)[1],
        name="Example Counsellor",
        programme_id=PROGRAMME.id,
        start=START,
        expire=START + 30 * DAY,
    )
    return [read_recipient(signed, root.public)]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop, and a server with one counsellor."""
    return Person(tmp_path / "laptop", InProcess(make_world(certify=counsellors)))


@pytest.fixture
def browser(person: Person) -> Iterator[Browser]:
    """The page, open in the person's browser."""
    with served(person.world) as opened:
        yield opened


@pytest.fixture
def invite(person: Person) -> str:
    """What the person was handed."""
    return str(person.invite)


def test_a_check_from_welcome_to_feedback(browser: Browser, person: Person, invite: str) -> None:
    """Start, consents, measured, send, feedback; the stage is said at each step."""
    assert browser.get("visit").json["visit"] == {
        "stage": "welcome",
        "interrupted": None,
        "tab": "this",
    }
    started = browser.post("start", invite=invite, local=False, no_account=False)
    assert started.stage == "consents"
    assert started.json["programme"]["scoring_operator"] == PROGRAMME.scoring_operator
    assert [each["scope"] for each in started.json["consents"]] == ["score", "feedback"]
    agreed = browser.post("consents", adult=True, scopes={"score": True, "feedback": True})
    assert agreed.stage == "camera"
    browser.record()
    measured = browser.get("measured").json
    assert measured["visit"]["stage"] == "measured"
    assert (measured["frames"], measured["dropped"]) == (390, 2)
    assert browser.post("send").stage == "feedback"
    feedback = browser.get("feedback").json
    assert feedback["headline"]
    assert feedback["help"]
    assert feedback["sent"]["address"] == person.invite.address
    assert feedback["earlier"] == []
    assert len(person.world.state.checks()) == 1
    assert browser.get("visit").json["account"] is True
    assert browser.post("again").stage == "welcome"
    assert browser.get("feedback").reason == "OUT_OF_TURN"


def test_nothing_is_on_the_laptop_before_something_is_sent(
    browser: Browser, person: Person, invite: str
) -> None:
    """Consents given and a recording measured leave no file."""
    browser.agree(invite=invite)
    browser.record()
    assert browser.get("measured").status == 200
    assert not person.folder.exists()


def test_thrown_away_nothing_is_left(browser: Browser, person: Person, invite: str) -> None:
    """The recording is gone, nothing was sent, and nothing is on the laptop."""
    browser.agree(invite=invite)
    browser.record()
    assert browser.post("throw-away").stage == "welcome"
    assert browser.world.visit.now.recorded is None
    assert not person.folder.exists()
    assert person.server.world.weigh.calls == 0
    assert browser.post("send").reason == "OUT_OF_TURN"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"adult": False, "scopes": {"score": True, "feedback": True}}, "UNDER_AGE"),
        ({"adult": True, "scopes": {"score": False, "feedback": True}}, "NO_CONSENT_SCORE"),
        ({"adult": True, "scopes": {"score": True, "feedback": False}}, "NO_CONSENT_FEEDBACK"),
        ({"adult": True, "scopes": {"score": True}}, "NO_CONSENT_FEEDBACK"),
        ({"scopes": {"score": True, "feedback": True}}, "UNDER_AGE"),
    ],
)
def test_a_no_ends_it_at_once(
    browser: Browser, person: Person, invite: str, answers: dict[str, object], reason: str
) -> None:
    """What is not a plain yes is a no: back at the welcome, with nothing measured or left."""
    browser.post("start", invite=invite)
    refused = browser.post("consents", **answers)
    assert (refused.status, refused.reason, refused.stage) == (409, reason, "welcome")
    assert not person.folder.exists()


@pytest.mark.parametrize("yes", [1, "true", "yes", [True], None])
def test_only_true_is_a_yes(browser: Browser, invite: str, yes: object) -> None:
    """A consent is no matter of interpretation."""
    browser.post("start", invite=invite)
    refused = browser.post("consents", adult=True, scopes={"score": yes, "feedback": True})
    assert refused.status == 400
    assert refused.reason == "BAD_REQUEST"
    assert refused.stage == "consents"


def test_what_is_shown_is_what_is_signed(browser: Browser, person: Person, invite: str) -> None:
    """The digest beside each text is the one in the consent that was sent, in that language."""
    browser.post("locale", locale="ja")
    started = browser.post("start", invite=invite).json
    browser.post("consents", adult=True, scopes={"score": True, "feedback": True})
    browser.record()
    browser.post("send")
    answered = browser.world.visit.now.answered
    assert answered is not None
    assert answered.sent is not None
    signed = [read_consent(each) for each in answered.sent.submitted.consents]
    assert [each.text_digest.hex() for each in signed] == [
        each["digest"] for each in started["consents"]
    ]
    assert {(each.locale, each.method) for each in signed} == {("ja", "interactive")}
    assert browser.get("feedback").json["locale"] == "ja"


def test_the_answer_comes_in_the_language_spoken_when_it_is_sent(
    browser: Browser, invite: str
) -> None:
    """Agreed to in English, sent in Japanese: the consents stay English, the answer is Japanese."""
    browser.agree(invite=invite)
    browser.record()
    browser.post("locale", locale="ja")
    browser.post("send")
    feedback = browser.get("feedback").json
    assert (feedback["locale"], "診断ではありません" in feedback["headline"]) == ("ja", True)
    answered = browser.world.visit.now.answered
    assert answered is not None
    assert answered.sent is not None
    signed = [read_consent(each) for each in answered.sent.submitted.consents]
    assert {each.locale for each in signed} == {"en"}


def test_what_will_be_sent_is_what_is_sent(browser: Browser, invite: str) -> None:
    """Every figure of the summary is on the screen before, under a label, and none is another."""
    browser.agree(invite=invite)
    browser.record()
    sending = browser.get("measured").json["sending"]
    lines = {each["name"]: each for each in sending["fields"]}
    recorded = browser.world.visit.now.recorded
    assert recorded is not None
    message = recorded.measured.summary.to_message()
    for name in ("blink_rate", "speaking_fraction"):
        shown = float(lines[f"report.check.summary.{name}"]["value"])
        assert shown == pytest.approx(getattr(message, name), rel=1e-6)
    for number, unit in enumerate(message.action_units, 1):
        shown = float(lines[f"report.check.summary.action_units[{number}].mean"]["value"])
        assert shown == pytest.approx(unit.mean, rel=1e-6)
    browser.post("send")
    assert browser.get("feedback").json["sent"]["sent_bytes"] == sending["sealed_bytes"]


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_every_field_has_a_name_in_words(browser: Browser, invite: str, locale: str) -> None:
    """No field of a check is shown under its protocol name."""
    browser.post("locale", locale=locale)
    browser.agree(invite=invite)
    browser.record()
    fields = browser.get("measured").json["sending"]["fields"]
    assert len(fields) > 200
    assert [
        each["name"] for each in fields if "report." in each["label"] or "_" in each["label"]
    ] == []
    assert all(each["group"] and each["value"] for each in fields)


def test_on_this_laptop_alone(browser: Browser, person: Person) -> None:
    """Scored here: one consent, nothing to send, nothing sent or kept."""
    started = browser.post("start", local=True).json
    assert [each["scope"] for each in started["consents"]] == ["score"]
    assert started["programme"] is None
    assert browser.post("consents", adult=True, scopes={"score": True}).stage == "camera"
    (extractor_id,) = local_scorer().extractor_ids
    browser.record(summary_at(2.0, extractor_id=extractor_id))
    assert browser.get("measured").json["sending"] is None
    assert browser.post("send").stage == "feedback"
    feedback = browser.get("feedback").json
    assert (feedback["sent"], feedback["sharing"], feedback["recovery_code"]) == (None, [], None)
    assert not person.folder.exists()
    assert person.server.world.weigh.calls == 0


def test_the_recovery_code_comes_with_the_first_check_alone(browser: Browser, invite: str) -> None:
    """It stands beside feedback until the person says that they have it, and never again."""
    browser.check(invite=invite)
    first = browser.get("feedback").json
    assert len(first["recovery_code"].split("-")) == 9
    assert first["recovery_join"] == invite
    assert browser.get("recovery").json["recovery_code"] == first["recovery_code"]
    browser.post("again")
    browser.check(invite=invite)
    assert browser.get("feedback").json["recovery_code"] == first["recovery_code"]
    assert browser.get("visit").json["recovery"] is True
    assert browser.post("recovery/seen").status == 200
    assert browser.get("feedback").json["recovery_code"] is None
    assert browser.get("visit").json["recovery"] is False


def test_without_an_account_nothing_stays(browser: Browser, person: Person, invite: str) -> None:
    """The feedback comes; neither a record nor a code, and nothing can be shared."""
    assert browser.check(invite=invite, no_account=True).stage == "feedback"
    feedback = browser.get("feedback").json
    assert feedback["sent"]["account"] is False
    assert (feedback["sharing"], feedback["recovery_code"]) == ([], None)
    assert not person.folder.exists()


def test_a_check_waits_for_a_server_that_is_away(
    browser: Browser, person: Person, invite: str
) -> None:
    """It is kept encrypted, said so, and sent when the person asks; the code is not lost."""
    browser.agree(invite=invite)
    browser.record()
    person.server.down = True
    kept = browser.post("send")
    assert (kept.status, kept.stage, kept.json["reason"]) == (200, "waiting", "UNREACHABLE")
    assert browser.world.visit.now.recorded is None
    assert browser.get("visit").json["waiting"] == 1
    (waiting,) = waiting_checks(person.world.state)
    assert browser.get("waiting").json["until"] == waiting.expire_time
    again = browser.post("waiting/send")
    assert (again.status, again.reason, again.stage) == (502, "UNREACHABLE", "waiting")
    person.server.down = False
    assert browser.post("waiting/send").stage == "feedback"
    assert browser.get("feedback").json["recovery_code"] is not None
    assert browser.get("visit").json["waiting"] == 0


def test_what_waited_since_another_day_is_sent_from_the_welcome(
    browser: Browser, person: Person, invite: str
) -> None:
    """Several wait; each is answered, and the newest is the one to read and to share."""
    person.server.down = True
    for _ in range(2):
        assert browser.check(invite=invite).stage == "waiting"
        browser.post("again")
        person.server.world.clock.pause(60)
    person.server.down = False
    assert browser.post("waiting/send").stage == "feedback"
    feedback = browser.get("feedback").json
    assert len(feedback["earlier"]) == 1
    assert [each["name"] for each in feedback["sharing"]] == ["Example Counsellor"]


def test_what_waits_can_be_thrown_away(browser: Browser, person: Person, invite: str) -> None:
    """Then nothing waits, and the visit is at its beginning."""
    person.server.down = True
    browser.check(invite=invite)
    thrown = browser.post("throw-away")
    assert (thrown.stage, thrown.json["thrown_away"]) == ("welcome", 1)
    assert waiting_checks(person.world.state).paths() == []
    assert browser.post("waiting/send").reason == "OUT_OF_TURN"


def test_what_no_longer_waits_is_not_waited_for(
    browser: Browser, person: Person, invite: str
) -> None:
    """Withdrawn by a command meanwhile, it leads back to the welcome."""
    person.server.down = True
    browser.check(invite=invite)
    waiting_checks(person.world.state).drop_all()
    assert browser.get("visit").stage == "welcome"


def test_sharing_by_the_text_that_was_shown(browser: Browser, person: Person, invite: str) -> None:
    """The code comes once it was agreed to, stays readable, and is taken back with its share."""
    browser.check(invite=invite)
    (offer,) = browser.get("feedback").json["sharing"]
    assert offer["name"] in offer["text"]
    assert offer["fingerprint"] in offer["text"]
    refused = browser.post("share", recipient=offer["fingerprint"], agreed=False)
    assert (refused.status, refused.reason) == (409, "NO_CONSENT_SHARE")
    shared = browser.post("share", recipient=offer["fingerprint"], agreed=True).json
    assert ShareCode.parse(shared["code"]).invite == person.invite
    feedback = browser.get("feedback").json
    assert feedback["left"]["code"] == shared["code"]
    assert feedback["sharing"] == []
    twice = browser.post("share", recipient=offer["fingerprint"], agreed=True)
    assert twice.reason == "OUT_OF_TURN"
    assert browser.post("share/cancel").json["taken_back"] == 1
    assert browser.get("feedback").json["left"] is None


def test_what_was_not_read_is_not_shared(browser: Browser, person: Person, invite: str) -> None:
    """Not even with whom it was offered to share the last one; read, it is."""
    browser.check(invite=invite)
    (offer,) = browser.get("feedback").json["sharing"]
    browser.post("again")
    browser.check(invite=invite)
    unread = browser.post("share", recipient=offer["fingerprint"], agreed=True)
    assert (unread.status, unread.reason) == (409, "OUT_OF_TURN")
    assert not any(each.shared for each in person.world.state.checks())
    browser.get("feedback")
    assert browser.post("share", recipient=offer["fingerprint"], agreed=True).status == 200


def test_nobody_else_is_shared_with(browser: Browser, person: Person, invite: str) -> None:
    """A fingerprint that was not offered is no recipient."""
    browser.check(invite=invite)
    browser.get("feedback")
    assert browser.post("share", recipient="00" * 32, agreed=True).reason == "BAD_REQUEST"
    assert browser.post("share", agreed=True).reason == "BAD_REQUEST"


def test_a_standing_consent_is_told_of_and_rides(
    browser: Browser, person: Person, invite: str
) -> None:
    """It is named before anything is measured, and its key is among what is about to be sent."""
    person.give(Scope.TREND)
    (riding,) = browser.post("start", invite=invite).json["riding"]
    assert (riding["scope"], riding["rides"]) == ("trend", True)
    browser.post("consents", adult=True, scopes={"score": True, "feedback": True})
    browser.record()
    fields = browser.get("measured").json["sending"]["fields"]
    assert [each["value"] for each in fields if ".consents[" in each["name"]] == [
        "scoring",
        "feedback",
        "trend",
    ]
    assert browser.post("send").stage == "feedback"


def test_an_invite_that_is_none_is_told_so(browser: Browser) -> None:
    """What cannot be read is a bad request; having none is said as such."""
    malformed = browser.post("start", invite="https://example.com")
    assert malformed.status == 400
    assert malformed.json["error"]["message"]
    missing = browser.post("start")
    assert (missing.reason, missing.stage) == ("NO_PIN", "welcome")


def test_a_programme_without_norms_is_refused_before_the_camera(
    browser: Browser, person: Person, invite: str
) -> None:
    """What this laptop measures could not be scored, so nothing is asked."""
    directory = person.server.world.directory
    (programme,) = directory.programmes
    other = replace(programme, extractor_ids=("another/1",))
    person.server.world.directory = replace(directory, programmes=(other,))
    refused = browser.post("start", invite=invite)
    assert (refused.status, refused.reason) == (502, "EXTRACTOR_WITHOUT_NORMS")
    assert refused.stage == "welcome"


@pytest.mark.parametrize(
    "path", ["consents", "send", "throw-away", "share", "waiting/send", "start", "again"]
)
def test_another_tab_drives_nothing(browser: Browser, path: str) -> None:
    """It may look where the visit is, and nothing else, until it has taken over."""
    other = Browser(browser.world, OTHER_TAB)
    assert other.get("visit").json["visit"]["tab"] == "another"
    refused = other.post(path)
    assert (refused.status, refused.reason) == (409, "ANOTHER_TAB")
    assert other.post("tab/claim").reason == "ANOTHER_TAB"
    assert other.post("tab/claim", take_over=True).json["visit"]["tab"] == "this"
    assert browser.post("again").reason == "ANOTHER_TAB"
    assert other.post("again").status == 200


def test_two_sends_at_once_send_once(browser: Browser, person: Person, invite: str) -> None:
    """The second finds that it does not come next."""
    browser.agree(invite=invite)
    browser.record()
    answers: list[int] = []
    threads = [Thread(target=lambda: answers.append(browser.post("send").status)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [200, 409, 409, 409]
    assert person.server.world.weigh.calls == 1


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'"text"', b"\xff", b"[" * 50_000, b'{"take_over": 1}']
)
def test_what_is_no_request_changes_nothing(browser: Browser, body: bytes) -> None:
    """Whatever a body is but an object of the right members, it is a bad request."""
    refused = browser.ask("POST", "/api/tab/claim", body)
    assert (refused.status, refused.reason) == (400, "BAD_REQUEST")
    assert browser.get("visit").stage == "welcome"


def test_an_unknown_language_is_not_spoken(browser: Browser) -> None:
    """The language stays as it is."""
    assert browser.post("locale", locale="xx").reason == "BAD_REQUEST"
    assert browser.get("visit").json["locale"] == "en"


@dataclass(frozen=True)
class Secret:
    """A value that must not be told."""

    def __call__(self, *_: object) -> dict[str, object]:
        """A fault whose words hold what was measured."""
        raise RuntimeError("blink_rate was 15.0")


def test_a_fault_says_kind_and_place_alone(
    browser: Browser, invite: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither the answer nor a log holds the fault's own words; the page goes on answering."""
    browser.agree(invite=invite)
    browser.record()
    current = browser.world.visit
    current.turn(
        lambda visit: replace(
            visit, recorded=visit.recorded and replace(visit.recorded, profile=Secret())
        )
    )
    fault = browser.get("measured")
    assert (fault.status, fault.reason) == (500, "UNEXPECTED")
    assert "RuntimeError at test_steps.py" in fault.json["error"]["message"]
    assert "15.0" not in fault.text
    assert "15.0" not in "".join(capfd.readouterr())
    assert browser.get("visit").stage == Stage.MEASURED
    assert json.loads(fault.text)["error"]
