"""How what is taken along reaches the person: from the page, and at the terminal."""

import json
from pathlib import Path

import pytest
from kizashi_protocol import Scope

from tests.agent.command_line import kizashi
from tests.agent.page.running import OTHER_TAB, served
from tests.agent.submit.standing.in_process import InProcess
from tests.agent.takeout.people import Recorded
from tests.agent.takeout.reading import checked, of_kind
from tests.server.world import make_world


@pytest.fixture
def person(tmp_path: Path) -> Recorded:
    """Somebody who has sent a check."""
    person = Recorded(tmp_path / "laptop", InProcess(make_world()))
    person.give(Scope.TREND)
    person.check()
    return person


def test_the_page_hands_over_a_file(person: Recorded) -> None:
    """As FHIR JSON under a name of its own, to the tab that drives and nobody else."""
    with served(person.world) as browser:
        answered = browser.get("take-out")
        assert answered.status == 200
        headers = {name.lower(): value for name, value in answered.headers.items()}
        assert headers["content-type"] == "application/fhir+json"
        assert headers["cache-control"] == "no-store"
        assert headers["content-disposition"].startswith('attachment; filename="kizashi-')
        assert len(of_kind(checked(answered.json), "RiskAssessment")) == 2
        browser.tab = OTHER_TAB
        assert browser.get("take-out").reason == "ANOTHER_TAB"
        told = {name: value for name, value in browser.headers.items() if name != "Authorization"}
        assert browser.ask("GET", "/api/take-out", headers=told).status == 401


def test_without_the_seed_the_page_says_what_to_do(person: Recorded) -> None:
    """Nothing sealed with it opens, so nothing is handed over."""
    (person.folder / "seed").unlink()
    with served(person.world) as browser:
        answered = browser.get("take-out")
        assert (answered.status, answered.reason) == (409, "SEED_MISSING")


def test_at_the_terminal_it_is_a_new_file(tmp_path: Path) -> None:
    """Never over another, and nothing is left beside it."""
    file = tmp_path / "mine.fhir.json"
    done = kizashi(tmp_path / "home", "take-out", str(file))
    assert done.code == 0, done.output
    assert "not encrypted" in done.output
    checked(json.loads(file.read_bytes()))
    assert kizashi(tmp_path / "home", "take-out", str(file)).code == 3
