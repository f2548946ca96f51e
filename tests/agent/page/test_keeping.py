"""What is kept, given and taken back, through the page as it is served."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.commands.check import local_scorer
from kizashi_agent.history.own_baseline import ENOUGH
from kizashi_agent.history.store import history_of
from kizashi_agent.questionnaire.kept import kept_questionnaires
from kizashi_agent.submit.research_answers import answers_for_research
from kizashi_protocol import STANDING, Scope
from kizashi_protocol.summary import PRESENCE_UNITS

from tests.agent.page.running import Browser, served
from tests.agent.submit.standing.in_process import InProcess, Person, held, researcher
from tests.models.scoring import summary_at
from tests.server.world import DAY, make_world

ANSWERS = [2, 1, 0, 3, 1, 0, 2, 1, 0]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop and a server that has a research key."""
    return Person(tmp_path / "laptop", InProcess(make_world(certify=lambda r: [researcher(r)])))


@pytest.fixture
def browser(person: Person) -> Iterator[Browser]:
    """The page, open in one tab."""
    with served(replace(person.world, confirm=None)) as opened:
        yield opened


def consents(browser: Browser) -> dict[str, dict[str, Any]]:
    """The standing consents that the page shows, by scope."""
    return {each["scope"]: each for each in browser.get("standing").json["consents"]}


def give(browser: Browser, scope: Scope, **changed: object) -> Any:
    """Agrees to one, as the page does after showing its words."""
    digest = consents(browser)[scope]["digest"]
    said: dict[str, object] = {"agreed": True, "adult": True, "digest": digest} | changed
    return browser.post("standing", scope=scope, **said)


def joined(browser: Browser, person: Person) -> None:
    """A first check, by which the laptop knows its programme."""
    assert browser.check(invite=str(person.invite)).stage == "feedback"


def test_nothing_is_kept_until_the_person_turns_it_on(browser: Browser, person: Person) -> None:
    """And then each check from then on is, whoever scores it."""
    joined(browser, person)
    found = browser.get("history").json
    assert (found["kept"], found["entries"], found["needed"]) == (False, [], ENOUGH)
    assert found["text"][0] == "Off until you turn it on."
    assert browser.post("history/keep", on=True).json["kept"]
    browser.post("again")
    joined(browser, person)
    (entry,) = browser.get("history").json["entries"]
    assert entry["sent"]
    assert set(entry["units"]) == {str(unit) for unit in PRESENCE_UNITS}
    assert entry["units"]["28"]["mean"] is None
    assert entry["headline"] == browser.get("feedback").json["headline"]


def test_a_check_that_this_laptop_scored_is_kept_too(person: Person) -> None:
    """By what the page tells of each visit that came to feedback; one a server scored is not twice."""
    history_of(person.world.state).turn(on=True)
    (extractor_id,) = local_scorer().extractor_ids
    summary = summary_at(0.5, extractor_id=extractor_id)
    with served(person.world) as browser:
        browser.agree(local=True)
        browser.record(summary)
        assert browser.post("send").stage == "feedback"
        browser.post("again")
        person.server.world.clock.seconds += 1
        joined(browser, person)
    here, sent = history_of(person.world.state).read().checks
    assert (here.entry.report_id, here.entry.summary) == (None, summary)
    assert sent.entry.report_id is not None


def test_enough_checks_are_compared_with_the_persons_own(browser: Browser, person: Person) -> None:
    """With ranges to draw, words for each movement, and what it is not."""
    browser.post("history/keep", on=True)
    for number in range(ENOUGH):
        person.server.world.clock.seconds += DAY
        person.check(z=0.1 * number)
    found = browser.get("history").json
    trend = found["trend"]
    assert found["needed"] == 0
    assert len(trend["times"]) == len(trend["together"]["values"]) == ENOUGH
    assert "not a diagnosis" in " ".join(trend["text"])
    assert len(trend["units"]) == len(trend["figures"])
    assert trend["units"][0].startswith("Inner brow raised: ")
    assert {each["place"] for each in trend["figures"]} <= {"less", "usual", "more"}


def test_one_check_can_be_erased_and_what_is_damaged_is_named(
    browser: Browser, person: Person
) -> None:
    """The others stay."""
    browser.post("history/keep", on=True)
    person.check()
    person.server.world.clock.seconds += DAY
    person.check()
    (person.folder / "history" / "bad.sealed").write_bytes(b"damaged")
    found = browser.get("history").json
    assert [each["id"] for each in found["damaged"]] == ["bad"]
    first, second = found["entries"]
    assert browser.post("history/remove", id=first["id"]).json["removed"]
    assert browser.post("history/remove", id="bad").json["removed"]
    assert browser.get("history").json["entries"] == [second]
    assert browser.post("history/remove").status == 400


def test_the_questionnaire_is_shown_as_published(browser: Browser) -> None:
    """With help, which the page shows at once when the last item is answered above 0."""
    found = browser.get("questionnaire").json
    assert (len(found["items"]), len(found["options"]), found["language"]) == (9, 4, "en")
    assert found["note"] is None
    assert found["help"]
    assert found["research"] is False
    browser.post("locale", locale="ja")
    in_japanese = browser.get("questionnaire").json
    assert in_japanese["items"] == found["items"]
    assert "英語" in in_japanese["note"]


def test_answers_are_scored_and_nothing_of_them_stays_unless_chosen(
    browser: Browser, person: Person
) -> None:
    """Nor does anything leave the laptop."""
    found = browser.post("questionnaire", answers=ANSWERS, difficulty=1).json
    assert (found["total"], found["severity"]) == (sum(ANSWERS), "moderate")
    assert found["positive_item_9"] is False
    assert found["item_9"] == []
    assert found["help"]
    assert (found["kept"], found["rides"]) == (False, False)
    assert kept_questionnaires(person.world.state).read() == ([], [])
    assert not person.folder.exists() or person.world.state.seeds.read() is None


def test_a_positive_item_9_brings_help_first_and_tells_nobody(
    browser: Browser, person: Person
) -> None:
    """Whatever the total; nothing is kept or sent because of it."""
    found = browser.post("questionnaire", answers=[0] * 8 + [1], difficulty=0).json
    assert (found["positive_item_9"], found["severity"]) == (True, "minimal")
    assert found["item_9"]
    assert found["text"][: len(found["item_9"])] == found["item_9"]
    assert found["help"]
    assert answers_for_research(person.world.state).waiting() is None
    assert not person.world.ledger().exists()


def test_incomplete_answers_are_refused_and_named(browser: Browser, person: Person) -> None:
    """Nothing is kept, though it was chosen."""
    answers = [1, None, 1, 1, 1, 1, 1, 1, None]
    refused = browser.post("questionnaire", answers=answers, difficulty=None, keep=True)
    assert (refused.status, refused.reason) == (400, "QUESTIONNAIRE_INCOMPLETE")
    assert "2, 9, 10" in refused.json["error"]["message"]
    assert kept_questionnaires(person.world.state).read() == ([], [])


def test_answers_that_were_kept_are_shown_and_erased(browser: Browser) -> None:
    """By their name."""
    browser.post("questionnaire", answers=ANSWERS, difficulty=1, keep=True)
    (kept,) = browser.get("questionnaire").json["kept"]
    assert kept["total"] == sum(ANSWERS)
    assert browser.post("questionnaire/remove", id=kept["id"]).json["removed"]
    assert browser.get("questionnaire").json["kept"] == []


def test_answers_are_added_for_research_only_under_its_consent(
    browser: Browser, person: Person
) -> None:
    """Without it the choice is refused, and nothing is kept; with it they are shown before sending."""
    joined(browser, person)
    refused = browser.post("questionnaire", answers=ANSWERS, difficulty=1, keep=True, research=True)
    assert (refused.status, refused.reason) == (409, "NO_CONSENT_RESEARCH")
    assert browser.get("questionnaire").json["kept"] == []
    assert give(browser, Scope.RESEARCH).status == 200
    assert browser.get("questionnaire").json["research"] is True
    browser.post("questionnaire", answers=ANSWERS, difficulty=1, research=True)
    assert browser.get("questionnaire").json["for_research"] is not None
    browser.post("again")
    browser.agree()
    browser.record()
    fields = browser.get("measured").json["sending"]["fields"]
    (answers,) = [each for each in fields if each["name"] == "report.check.research.answers"]
    assert answers["value"].startswith("1: More than half the days, 2: Several days, 3: Not at all")
    assert "Somewhat difficult" in answers["value"]
    browser.post("send")
    assert browser.get("questionnaire").json["for_research"] is None


def test_a_total_filled_in_elsewhere_is_added_only_under_the_consent_to_research(
    browser: Browser, person: Person
) -> None:
    """It is shown before it is sent, with its age; no other number is taken for one."""
    joined(browser, person)
    refused = browser.post("questionnaire/bdi-ii", total=17, days=2)
    assert (refused.status, refused.reason) == (409, "NO_CONSENT_RESEARCH")
    give(browser, Scope.RESEARCH)
    for total, days in ((64, 0), (-1, 0), (17, 15), (True, 0), (17.0, 0), ("17", 0), (None, None)):
        refused = browser.post("questionnaire/bdi-ii", total=total, days=days)
        assert (refused.status, refused.reason) == (400, "TOTAL_MALFORMED")
    assert browser.get("questionnaire").json["for_research"] is None
    assert browser.post("questionnaire/bdi-ii", total=17, days=2).status == 200
    assert browser.get("questionnaire").json["for_research"]["kind"] == "bdi_ii"
    browser.post("again")
    browser.agree()
    browser.record()
    fields = browser.get("measured").json["sending"]["fields"]
    (entered,) = [each for each in fields if each["name"] == "report.check.research.bdi_ii"]
    assert entered["value"] == "17 of 63, filled in 2 days before this check"
    browser.post("send")
    assert browser.get("questionnaire").json["for_research"] is None


def test_added_answers_can_be_kept_back(browser: Browser, person: Person) -> None:
    """Until they are sent."""
    joined(browser, person)
    give(browser, Scope.RESEARCH)
    browser.post("questionnaire", answers=ANSWERS, difficulty=1, research=True)
    assert browser.post("questionnaire/keep-back").json["removed"]
    assert browser.get("questionnaire").json["for_research"] is None


def test_standing_consents_are_off_shown_with_their_words_and_given_one_by_one(
    browser: Browser, person: Person
) -> None:
    """Each says until when it holds."""
    assert browser.get("standing").json["consents"] == []
    joined(browser, person)
    shown = consents(browser)
    assert set(shown) == set(STANDING)
    assert not any(each["given"] for each in shown.values())
    assert all(each["text"] for each in shown.values())
    given = give(browser, Scope.TREND).json
    assert given["given"] is True
    assert {scope for scope, each in consents(browser).items() if each["given"]} == {Scope.TREND}
    assert consents(browser)[Scope.TREND]["until"] == given["until"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"adult": False}, "UNDER_AGE"), ({"digest": "00"}, "TEXT_CHANGED")],
)
def test_a_consent_is_refused_where_it_would_be_recorded_untruly(
    browser: Browser, person: Person, changed: dict[str, object], reason: str
) -> None:
    """Without the declaration of age, or to other words than were shown."""
    joined(browser, person)
    assert give(browser, Scope.TREND, **changed).reason == reason
    assert not consents(browser)[Scope.TREND]["given"]


def test_a_no_costs_nothing(browser: Browser, person: Person) -> None:
    """It is said, and nothing is recorded."""
    joined(browser, person)
    said = browser.post("standing", scope="trend", agreed=False).json
    assert said["given"] is False
    assert "That is fine" in said["message"]


def test_taking_back_is_as_easy_as_giving(browser: Browser, person: Person) -> None:
    """What the server held is erased."""
    joined(browser, person)
    give(browser, Scope.TREND)
    person.check()
    assert held(person) == {Scope.TREND}
    assert len(browser.get("trend").json["entries"]) == 1
    assert browser.post("standing", scope="trend", agreed=False).json["given"] is False
    assert held(person) == set()
    assert not consents(browser)[Scope.TREND]["given"]


def test_a_server_that_is_away_hides_no_consent(browser: Browser, person: Person) -> None:
    """Those given are shown, with why no others can be; taking one back says that it will go on."""
    joined(browser, person)
    give(browser, Scope.TREND)
    person.check()
    person.server.down = True
    refused = browser.post("standing", scope="trend", agreed=False)
    assert refused.status == 502
    assert not consents(browser)[Scope.TREND]["given"]
    assert consents(browser)[Scope.TREND]["life"] == "taken_back"


def test_withdrawing_everything_says_what_was_erased_and_what_stays(
    browser: Browser, person: Person
) -> None:
    """As the command does."""
    browser.post("history/keep", on=True)
    joined(browser, person)
    give(browser, Scope.TREND)
    person.check()
    found = browser.post("withdraw", what="all").json
    assert (len(found["withdrawn"]), found["failed"]) == (2, [])
    assert [each["scope"] for each in found["scopes"]] == ["trend"]
    assert any("history" in each for each in found["stays"])
    assert held(person) == set()


def test_one_scope_is_withdrawn_alone(browser: Browser, person: Person) -> None:
    """The others stay, and that is said; another name is no scope."""
    joined(browser, person)
    for scope in (Scope.TREND, Scope.COHORT):
        give(browser, scope)
    found = browser.post("withdraw", what="trend").json
    assert [each["scope"] for each in found["scopes"]] == ["trend"]
    assert "stay as they are" in found["stays"][0]
    assert consents(browser)[Scope.COHORT]["given"]
    assert browser.post("withdraw", what="score").status == 400


def test_what_was_never_given_is_not_told_as_erased(browser: Browser, person: Person) -> None:
    """There was nothing to take back, and no server is asked."""
    joined(browser, person)
    person.server.down = True
    found = browser.post("withdraw", what=Scope.RESEARCH).json
    assert (found["scopes"], found["scopes_failed"]) == ([], [])


def test_the_ledger_is_shown_message_by_message(person: Person) -> None:
    """As the command prints it."""
    world = person.world
    with served(world) as browser:
        assert browser.get("ledger").json["messages"] == []
        assert browser.get("ledger/1").reason == "LEDGER_NUMBER_UNKNOWN"
        assert browser.get("ledger/x").status == 404


def test_clearing_erases_what_no_server_needs(browser: Browser, person: Person) -> None:
    """Records and keys of what servers hold stay, and that is said before and after."""
    browser.post("history/keep", on=True)
    joined(browser, person)
    give(browser, Scope.RESEARCH)
    browser.post("questionnaire", answers=ANSWERS, difficulty=1, keep=True, research=True)
    before = browser.get("clear").json
    assert before["on_record"] == {"checks": 1, "consents": 1}
    assert "Take them back first" in before["text"][1]
    assert browser.post("clear").status == 400
    cleared = browser.post("clear", confirmed=True).json
    assert cleared["removed"] == {"checks": 1, "answers": 2, "waiting": 0, "messages": 0}
    assert "checks: 1; consents: 1" in cleared["stays"][0]
    assert browser.get("history").json["entries"] == []
    assert browser.get("history").json["kept"] is False
    assert person.world.state.seeds.read() is not None


def test_clearing_after_withdrawing_leaves_nothing(browser: Browser, person: Person) -> None:
    """No seed, no invite, no receipt, no record; only the lock's empty file."""
    browser.post("history/keep", on=True)
    joined(browser, person)
    give(browser, Scope.TREND)
    browser.post("questionnaire", answers=ANSWERS, difficulty=1, keep=True)
    browser.post("withdraw", what="all")
    cleared = browser.post("clear", confirmed=True).json
    assert cleared["on_record"] == {"checks": 0, "consents": 0}
    left = [each for each in person.folder.rglob("*") if each.is_file()]
    assert [each.name for each in left] == ["lock"]
    assert (person.folder / "lock").read_bytes() == b""


def test_what_waits_unsent_is_cleared_and_its_record_stays(
    browser: Browser, person: Person
) -> None:
    """The server may have had it, so it can still be withdrawn."""
    browser.agree(invite=str(person.invite))
    browser.record()
    person.server.down = True
    assert browser.post("send").stage == "waiting"
    person.server.down = False
    cleared = browser.post("clear", confirmed=True).json
    assert (cleared["removed"]["waiting"], cleared["on_record"]["checks"]) == (1, 1)
    found = browser.post("withdraw", what="all").json
    assert (len(found["withdrawn"]), found["failed"]) == (1, [])


@pytest.mark.parametrize(
    "path", ["history", "questionnaire", "standing", "trend", "ledger", "ledger/1", "clear"]
)
def test_nothing_is_shown_without_the_token(browser: Browser, path: str) -> None:
    """Nor to a tab that does not drive."""
    without = {name: value for name, value in browser.headers.items() if name != "Authorization"}
    assert browser.ask("GET", f"/api/{path}", headers=without).status == 401
    browser.tab = "another-tab-of-a-test"
    assert browser.get(path).reason == "ANOTHER_TAB"
