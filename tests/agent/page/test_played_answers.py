"""What the screens' tests play in the agent's place is what the agent does answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.history.own_baseline import ENOUGH
from kizashi_protocol import Recipient, Scope, SigningKey

from tests.agent.page.intercepted import visit
from tests.agent.page.running import Browser, served
from tests.agent.page.scenes import agent
from tests.agent.page.test_steps import counsellors
from tests.agent.submit.standing.in_process import InProcess, researcher
from tests.agent.takeout.people import Recorded
from tests.models.scoring import summary_at
from tests.server.world import DAY, make_world

PLAYED = agent("welcome", "en").answers


def certified(root: SigningKey) -> list[Recipient]:
    """A counsellor and a researcher."""
    return [*counsellors(root), researcher(root)]


@pytest.fixture
def person(tmp_path: Path) -> Recorded:
    """Somebody with a history, a standing consent and answers of their own."""
    person = Recorded(tmp_path / "laptop", InProcess(make_world(certify=certified)))
    person.give(Scope.TREND)
    return person


@pytest.fixture
def browser(person: Recorded) -> Iterator[Browser]:
    """The page, open in one tab."""
    with served(replace(person.world, confirm=None)) as opened:
        yield opened


def lacking(played: Any, given: Any, at: str) -> Iterator[str]:
    """Every member that was played and is not given, or is another kind of value.

    Of a list the first is looked at; nothing is said of one that is empty, or of what is null.
    """
    if isinstance(played, dict) and isinstance(given, dict):
        for name, value in played.items():
            if name not in given:
                yield f"{at}.{name} is not there"
            else:
                yield from lacking(value, given[name], f"{at}.{name}")
    elif isinstance(played, list) and isinstance(given, list):
        if played and given:
            yield from lacking(played[0], given[0], f"{at}[0]")
    elif played is not None and given is not None:
        numbers = (int, float)
        same = type(played) is type(given) or (type(played) in numbers and type(given) in numbers)
        if not same:
            yield f"{at} is no {type(played).__name__}"


def test_the_steps_answer_as_they_are_played(browser: Browser, person: Recorded) -> None:
    """From the welcome to a share."""
    found = {"start": browser.post("start", invite=str(person.invite)).json}
    browser.post("consents", adult=True, scopes={"score": True, "feedback": True})
    browser.record(summary_at(2.0))
    found["measured"] = browser.get("measured").json
    found["send"] = browser.post("send").json
    found["feedback"] = browser.get("feedback").json
    (counsellor,) = found["feedback"]["sharing"]
    share = browser.post("share", recipient=counsellor["fingerprint"], agreed=True)
    found["share"] = share.json
    found["visit"] = browser.get("visit").json
    played = PLAYED | {"visit": visit("feedback")}
    assert [*lacking({name: played[name] for name in found}, found, "")] == []


def test_what_is_kept_is_answered_as_it_is_played(browser: Browser, person: Recorded) -> None:
    """Every screen of the menu."""
    browser.post("history/keep", on=True)
    for number in range(ENOUGH):
        person.server.world.clock.seconds += DAY
        person.check(z=0.1 * number)
    answers = {"answers": [2, 1, 0, 3, 1, 0, 2, 1, 1], "difficulty": 1, "keep": True}
    scored = browser.post("questionnaire", **answers).json
    names = ("history", "questionnaire", "ledger", "ledger/2", "standing", "clear")
    found = {name: browser.get(name).json for name in names}
    found["withdraw"] = browser.post("withdraw", what="all").json
    # One answer is played for asking and for answering; a message's fields are named as they come.
    questions = {name: each for name, each in PLAYED["questionnaire"].items() if name != "text"}
    message = PLAYED["ledger/2"] | {"fields": {}, "sealed_fields": {}}
    played = {name: PLAYED[name] for name in found}
    played |= {"questionnaire": questions, "ledger/2": message}
    result = {name: PLAYED["questionnaire"][name] for name in ("text", "item_9", "help")}
    assert [*lacking(played, found, ""), *lacking(result, scored, "scored")] == []


def test_what_is_lacking_is_told() -> None:
    """The comparison can fail."""
    played = {"there": [{"name": "x"}], "gone": 1, "number": 1.0, "none": None}
    given = {"there": [{"name": 3}], "number": 2, "none": "x"}
    assert [*lacking(played, given, "")] == [".there[0].name is no str", ".gone is not there"]
