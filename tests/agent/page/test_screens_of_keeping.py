"""What is kept and taken back, pressed on the screens; and texts that are shown word for word."""

from collections.abc import Callable, Iterator

import pytest
from kizashi_protocol import Locale
from playwright.sync_api import Browser, Page, expect

from tests.agent.page.browser import BROWSER, chromium
from tests.agent.page.intercepted import opened
from tests.agent.page.scenes import SCENES, press, words_of

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

WORD = words_of("en")
LOCALES: tuple[Locale, ...] = ("en", "ja")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all screens."""
    with chromium(None) as started:
        yield started


def test_one_check_is_chosen_and_taken_back(browser: Browser) -> None:
    """Of those on record, after the person was asked once more."""
    scene = SCENES["withdraw-one"]
    agent = scene.agent("en")
    with opened(browser, agent) as page:
        scene.walk(page, WORD)
        press(page, WORD("withdrawal.do"))
        page.get_by_role("heading", name=WORD("withdrawn.done")).wait_for()
    newest = agent.answers["checks"]["checks"][0]["report_id"]
    assert agent.asked[-1] == ("withdraw", {"what": "check", "report_id": newest})


def test_a_total_filled_in_elsewhere_is_added_as_two_numbers(browser: Browser) -> None:
    """One that the questionnaire cannot have does not get past the form."""
    scene = SCENES["questionnaire-research"]
    agent = scene.agent("en")
    total, days = WORD("questionnaire.bdi_ii_total"), WORD("questionnaire.bdi_ii_days")
    with opened(browser, agent) as page:
        scene.walk(page, WORD)
        page.get_by_label(days).fill("2")
        page.get_by_label(total).fill("64")
        press(page, WORD("questionnaire.bdi_ii_add"))
        assert page.get_by_label(total).evaluate("each => !each.validity.valid")
        assert "questionnaire/bdi-ii" not in [call for call, _ in agent.asked]
        page.get_by_label(total).fill("17")
        with page.expect_request("**/api/questionnaire/bdi-ii"):
            page.get_by_label(total).press("Enter")
    assert ("questionnaire/bdi-ii", {"total": 17, "days": 2}) in agent.asked


def test_without_a_check_none_can_be_chosen(browser: Browser) -> None:
    """That is said in the list's place."""
    scene = SCENES["withdraw-which"]
    agent = scene.agent("en")
    agent.answers["checks"] = {"checks": []}
    with opened(browser, agent) as page:
        scene.walk(page, WORD)
        expect(page.locator(".lead")).to_have_text(WORD("withdrawal.no_check"))


@pytest.mark.parametrize(
    ("scene", "place"),
    [("history-erase-all", "history"), ("answers-erase-all", "questionnaire")],
)
def test_everything_is_erased_only_after_a_second_press(
    browser: Browser, scene: str, place: str
) -> None:
    """The first leads to a screen that says what goes."""
    call = f"{place}/clear"
    agent = SCENES[scene].agent("en")
    with opened(browser, agent) as page:
        SCENES[scene].walk(page, WORD)
        assert call not in [asked for asked, _ in agent.asked]
        press(page, WORD("history.erase_all"))
        page.get_by_role("heading", level=1, name=WORD(f"menu.{place}")).wait_for()
    assert (call, {}) in agent.asked


def test_one_entry_of_the_history_is_erased_by_itself(browser: Browser) -> None:
    """Its button says which."""
    scene = SCENES["history"]
    agent = scene.agent("en")
    with opened(browser, agent) as page:
        scene.walk(page, WORD)
        page.locator("summary", has_text=WORD("profile.as_table")).click()
        page.get_by_role("button", name="Erase the check of").first.click()
        expect(page.locator("main[aria-busy]")).to_have_count(0)
    newest = agent.answers["history"]["entries"][-1]["id"]
    assert ("history/remove", {"id": newest}) in agent.asked


def shown(
    browser: Browser, scene: str, locale: Locale, look: Callable[[Page], str | None]
) -> str | None:
    """What is read on a screen."""
    with opened(browser, SCENES[scene].agent(locale), locale=locale) as page:
        SCENES[scene].walk(page, words_of(locale))
        return look(page)


@pytest.mark.parametrize("locale", LOCALES)
def test_texts_are_shown_word_for_word(browser: Browser, locale: Locale) -> None:
    """A consent and a headline are set in two parts, and nothing of them is changed."""
    answers = SCENES["feedback"].agent(locale).answers
    consent = shown(
        browser, "consent", locale, lambda page: page.locator(".consent").text_content()
    )
    assert consent == answers["start"]["consents"][0]["text"]
    headline = shown(browser, "feedback", locale, lambda page: page.locator("h1").text_content())
    assert headline == answers["feedback"]["headline"]


@pytest.mark.parametrize("locale", LOCALES)
def test_movements_are_folded_together_in_either_language(browser: Browser, locale: Locale) -> None:
    """However its labels are put together, most of what is sent is under one heading."""
    fields = SCENES["review"].agent(locale).answers["measured"]["sending"]["fields"]
    count = sum("action_units" in each["name"] for each in fields)
    title = shown(
        browser, "review", locale, lambda page: page.locator("summary").first.text_content()
    )
    assert count > 200
    assert title == words_of(locale)("review.movements").replace("{count}", str(count))


@pytest.mark.parametrize("scene", ["measured", "review", "waiting", "ready", "withdrawn"])
def test_the_questionnaire_is_offered_with_the_feedback_and_not_before(
    browser: Browser, scene: str
) -> None:
    """Nobody is asked about themselves as a step of a check."""

    def offers(page: Page) -> str | None:
        offered = page.get_by_role("button", name=WORD("feedback.questionnaire_go"))
        return str(offered.count())

    assert shown(browser, scene, "en", offers) == "0"
    assert shown(browser, "feedback", "en", offers) == "1"
