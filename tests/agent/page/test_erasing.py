"""One check taken back, and history and answers erased whole, through the page as it is served."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.questionnaire.kept import kept_questionnaires
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import Scope

from tests.agent.page.running import Browser, served
from tests.agent.submit.standing.in_process import InProcess, Person
from tests.server.world import DAY, make_world

ANSWERS = [2, 1, 0, 3, 1, 0, 2, 1, 0]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody who has made two checks, a day apart."""
    person = Person(tmp_path / "laptop", InProcess(make_world()))
    person.check()
    person.server.world.clock.seconds += DAY
    person.check()
    return person


@pytest.fixture
def browser(person: Person) -> Iterator[Browser]:
    """The page, open in one tab."""
    with served(replace(person.world, confirm=None)) as opened:
        yield opened


def test_checks_are_listed_the_newest_first(browser: Browser, person: Person) -> None:
    """Each with its day and where it went."""
    newest, oldest = browser.get("checks").json["checks"]
    assert newest["time"] == oldest["time"] + DAY
    assert newest["address"] == person.invite.address
    assert newest["waits"] is False


def test_one_check_is_taken_back_and_the_others_stay(browser: Browser, person: Person) -> None:
    """The server erases it, and the receipt is kept."""
    person.give(Scope.TREND)
    newest, oldest = browser.get("checks").json["checks"]
    found = browser.post("withdraw", what="check", report_id=newest["report_id"]).json
    (withdrawn,) = found["withdrawn"]
    assert withdrawn["report_id"] == newest["report_id"]
    assert Path(withdrawn["receipt"]).is_file()
    assert "your other checks" in found["stays"][0]
    assert browser.get("checks").json["checks"] == [oldest]
    assert [each for each in browser.get("standing").json["consents"] if each["given"]]


def test_a_check_stays_on_record_where_no_server_answers(browser: Browser, person: Person) -> None:
    """So that it can be tried again."""
    newest, _ = browser.get("checks").json["checks"]
    person.server.down = True
    wish = {"what": "check", "report_id": newest["report_id"]}
    (failed,) = browser.post("withdraw", **wish).json["failed"]
    assert failed["reason"] == "UNREACHABLE"
    person.server.down = False
    assert len(browser.post("withdraw", **wish).json["withdrawn"]) == 1
    assert browser.post("withdraw", **wish).json["withdrawn"] == []


def test_a_check_that_waits_is_thrown_away_whoever_answers(
    browser: Browser, person: Person
) -> None:
    """It is not sent any more, and the others that wait are."""
    person.server.down = True
    for _ in range(2):
        browser.agree(invite=str(person.invite))
        browser.record()
        person.server.down = True
        assert browser.post("send").stage == "waiting"
        browser.post("again")
        person.server.down = False
    waiting = [each for each in browser.get("checks").json["checks"] if each["waits"]]
    person.server.down = True
    wish = {"what": "check", "report_id": waiting[0]["report_id"]}
    assert browser.post("withdraw", **wish).json["thrown_away"] == 1
    (left,) = waiting_checks(person.world.state)
    assert left.report_id.hex() == waiting[1]["report_id"]


@pytest.mark.parametrize("report_id", ["no number", None, 7])
def test_a_check_that_is_none_is_refused(browser: Browser, report_id: object) -> None:
    """Nothing is withdrawn in its place."""
    assert browser.post("withdraw", what="check", report_id=report_id).status == 400
    assert len(browser.get("checks").json["checks"]) == 2


def test_the_whole_history_is_erased_at_once(browser: Browser, person: Person) -> None:
    """Kept are the switch, and what was sent."""
    browser.post("history/keep", on=True)
    person.check()
    assert browser.post("history/clear").json["removed"] == 1
    found = browser.get("history").json
    assert (found["entries"], found["kept"]) == ([], True)
    assert len(browser.get("checks").json["checks"]) == 3


def test_all_kept_answers_are_erased_at_once(browser: Browser, person: Person) -> None:
    """The history stays."""
    browser.post("history/keep", on=True)
    person.check()
    for _ in range(2):
        browser.post("questionnaire", answers=ANSWERS, difficulty=1, keep=True)
    assert browser.post("questionnaire/clear").json["removed"] == 2
    assert kept_questionnaires(person.world.state).sealed.count() == 0
    assert len(browser.get("history").json["entries"]) == 1
