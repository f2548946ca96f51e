"""After withdrawing or clearing, the page holds and shows nothing of the check that is gone."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

import pytest
from kizashi_agent.ledger.recording import LedgerRecorder
from kizashi_agent.page.visit import Visit
from kizashi_agent.submit.transport import Published
from kizashi_protocol import Envelope

from tests.agent.page.running import Answered, Browser, served
from tests.agent.page.test_steps import counsellors
from tests.agent.submit.standing.in_process import InProcess, Person
from tests.server.world import make_world


@dataclass
class Slow(InProcess):
    """A server that notes what is asked of it, and answers no report before it may."""

    asked: list[str] = field(default_factory=list)
    came: Event = field(default_factory=Event)
    may: Event = field(default_factory=Event)

    def get_directory(self, log_size: int) -> Published:
        """What everybody is shown."""
        self.asked.append("look")
        return super().get_directory(log_size)

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply."""
        self.asked.append("report")
        self.came.set()
        assert self.may.wait(30)
        return super().exchange(envelope)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop, whose programme has a counsellor."""
    return Person(tmp_path / "laptop", InProcess(make_world(certify=counsellors)))


@contextmanager
def opened(person: Person) -> Iterator[Browser]:
    """The page with its ledger."""
    world = person.world
    recorder = LedgerRecorder(world.ledger(), world.now)
    with served(replace(world, recorder=recorder, random_bytes=os.urandom)) as browser:
        yield browser


@pytest.fixture
def browser(person: Person) -> Iterator[Browser]:
    """The page, open in one tab, with its ledger."""
    with opened(person) as page:
        yield page


def withdraw_all(browser: Browser) -> Answered:
    """Everything."""
    return browser.post("withdraw", what="all")


def withdraw_newest(browser: Browser) -> Answered:
    """The check that was sent last."""
    newest = browser.get("checks").json["checks"][0]
    return browser.post("withdraw", what="check", report_id=newest["report_id"])


def clear(browser: Browser) -> Answered:
    """All that the laptop keeps."""
    return browser.post("clear", confirmed=True)


GONE: dict[str, Callable[[Browser], Answered]] = {
    "withdraw all": withdraw_all,
    "withdraw this check": withdraw_newest,
    "clear": clear,
}


def is_new(browser: Browser) -> bool:
    """Whether the visit is one in which nothing was done but recording."""
    visit = browser.world.visit.now
    return visit == Visit(visit.locale, recordings=visit.recordings)


@pytest.mark.parametrize("gone", GONE)
def test_the_feedback_is_shown_no_more(browser: Browser, person: Person, gone: str) -> None:
    """Neither it nor what was measured, and it can be shared with nobody."""
    browser.check(invite=str(person.invite))
    (offer,) = browser.get("feedback").json["sharing"]
    assert GONE[gone](browser).stage == "welcome"
    assert is_new(browser)
    assert browser.get("feedback").reason == "OUT_OF_TURN"
    assert browser.get("measured").reason == "OUT_OF_TURN"
    shared = browser.post("share", recipient=offer["fingerprint"], agreed=True)
    assert shared.reason == "OUT_OF_TURN"


def test_what_was_cleared_stays_cleared(browser: Browser, person: Person) -> None:
    """Withdrawn and cleared, the laptop holds the lock's empty file, whatever is asked next."""
    browser.check(invite=str(person.invite))
    (offer,) = browser.get("feedback").json["sharing"]
    withdraw_all(browser)
    clear(browser)
    browser.post("share", recipient=offer["fingerprint"], agreed=True)
    for path in ("feedback", "measured", "standing", "trend", "ledger", "visit"):
        browser.get(path)
    assert [each.name for each in person.folder.rglob("*") if each.is_file()] == ["lock"]


@pytest.mark.parametrize("gone", ["withdraw all", "clear"])
def test_a_recording_that_was_not_sent_is_gone_too(
    browser: Browser, person: Person, gone: str
) -> None:
    """Nothing of it can be sent any more."""
    browser.agree(invite=str(person.invite))
    browser.record()
    assert GONE[gone](browser).stage == "welcome"
    assert is_new(browser)
    assert browser.post("send").reason == "OUT_OF_TURN"


def test_another_checks_withdrawal_leaves_the_visit(browser: Browser, person: Person) -> None:
    """The feedback that is on the screen is of a check that stays."""
    person.check()
    person.server.world.clock.seconds += 60
    browser.check(invite=str(person.invite))
    newest, older = browser.get("checks").json["checks"]
    told = browser.post("withdraw", what="check", report_id=older["report_id"])
    assert (told.stage, len(told.json["withdrawn"])) == ("feedback", 1)
    assert browser.get("feedback").status == 200
    assert browser.post("withdraw", what="check", report_id=newest["report_id"]).stage == "welcome"


def test_an_earlier_feedback_goes_with_its_check(browser: Browser, person: Person) -> None:
    """Two waited, and were answered together."""
    person.server.down = True
    for _ in range(2):
        browser.check(invite=str(person.invite))
        browser.post("again")
        person.server.world.clock.seconds += 60
    person.server.down = False
    assert browser.post("waiting/send").stage == "feedback"
    older = browser.get("checks").json["checks"][1]
    told = browser.post("withdraw", what="check", report_id=older["report_id"])
    assert told.stage == "welcome"
    assert is_new(browser)


@pytest.mark.parametrize(
    ("path", "members"), [("clear", {}), ("withdraw", {"what": "check"}), ("withdraw", {})]
)
def test_what_is_not_understood_ends_nothing(
    browser: Browser, person: Person, path: str, members: dict[str, object]
) -> None:
    """Without a yes, or without saying which check, the visit stays where it is."""
    browser.check(invite=str(person.invite))
    told = browser.post(path, **members)
    assert (told.status, told.stage) == (400, "feedback")


@pytest.mark.parametrize("path", ["standing", "trend", "take-out"])
def test_a_server_is_asked_in_turn(tmp_path: Path, path: str) -> None:
    """Nothing is asked of it beside a step, so that clearing has the laptop for itself."""
    server = Slow(make_world())
    person = Person(tmp_path / "laptop", server)
    with opened(person) as browser:
        browser.agree(invite=str(person.invite))
        browser.record()
        sends = Thread(target=browser.post, args=("send",))
        sends.start()
        assert server.came.wait(30)
        before = list(server.asked)
        looks = Thread(target=browser.get, args=(path,))
        looks.start()
        looks.join(0.3)  # long enough to ask, if it did not wait
        assert server.asked == before
        server.may.set()
        sends.join()
        looks.join()
        assert server.asked[:3] == ["look", "report", "report"]
