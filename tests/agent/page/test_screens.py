"""Every screen of the page in Chromium: it comes, it can be used by anybody, and errors lead on."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from kizashi_agent.page.words import page_words
from kizashi_protocol import Locale
from playwright.sync_api import Browser, Page, expect

from tests.agent.page.browser import BROWSER, chromium
from tests.agent.page.intercepted import NARROW, TOKEN, WIDE, opened, visit
from tests.agent.page.scenes import SCENES, agent, played, press, words_of

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

ENGLISH = words_of("en")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all screens."""
    with chromium(None) as started:
        yield started


def heads(page: Page, key: str) -> None:
    """The screen is the one with this heading, which has the focus."""
    title = page.get_by_role("heading", level=1, name=page_words()["en"][key])
    expect(title).to_be_focused()


@pytest.mark.parametrize("scene", SCENES)
def test_screen_is_usable_by_anybody(browser: Browser, scene: str) -> None:
    """Axe finds nothing on a screen, which starts with its focused heading and fits its width."""
    shown = SCENES[scene]
    # Both languages, widths and schemes are looked at, each on every other screen.
    even = list(SCENES).index(scene) % 2 == 0
    locale: Locale = "ja" if even else "en"
    viewport, scheme = (NARROW, "dark") if even else (WIDE, "light")
    with opened(
        browser,
        shown.agent(locale),
        locale=locale,
        viewport=viewport,
        scheme=scheme,
        token=shown.token,
    ) as page:
        shown.walk(page, words_of(locale))
        page.wait_for_function("document.querySelectorAll('main h1').length === 1")
        for fold in page.locator("main > details > summary").all():
            fold.click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert page.evaluate("document.documentElement.lang") == locale


def test_token_leaves_the_address_and_goes_along_with_each_call(browser: Browser) -> None:
    """The token is no part of what the browser's history keeps, and a reload still has it."""
    with opened(browser, agent("welcome", "en")) as page:
        assert TOKEN not in page.url
        with page.expect_request("**/api/visit") as asked:
            page.reload()
        assert asked.value.headers["authorization"] == f"Bearer {TOKEN}"
        heads(page, "welcome.title")


def test_without_a_token_nothing_is_asked(browser: Browser) -> None:
    """The page says how to open it, in the language of the browser, and calls nothing."""
    silent = agent("welcome", "en")
    with opened(browser, silent, token=None) as page:
        heads(page, "problem_title.token")
        assert silent.asked == []


@pytest.mark.parametrize(
    ("status", "reason", "title"),
    [(401, "TOKEN", "problem_title.token"), (409, "ANOTHER_TAB", "problem_title.another_tab")],
)
def test_refusals_of_the_whole_page_have_their_screens(
    browser: Browser, status: int, reason: str, title: str
) -> None:
    """An old token and a second tab are told, wherever they are noticed."""
    refusing = agent("measured", "en")
    refusing.refusals["measured"] = (status, {"reason": reason, "message": "No."})
    with opened(browser, refusing) as page:
        heads(page, title)


def test_second_tab_can_take_over(browser: Browser) -> None:
    """The tab that is told of another claims the visit only when the person says so."""
    there = agent("welcome", "en")
    there.answers["visit"]["visit"]["tab"] = "another"
    with opened(browser, there) as page:
        heads(page, "problem_title.another_tab")
        assert [call for call, _ in there.asked] == ["visit"]
        there.answers["visit"] = visit("welcome")
        press(page, ENGLISH("problem.take_over"))
        heads(page, "welcome.title")
        assert ("tab/claim", {"take_over": True}) in there.asked


def test_ended_program_is_told(browser: Browser) -> None:
    """A page whose process is gone says how to start it again."""
    ending = agent("welcome", "en")
    with opened(browser, ending) as page:
        ending.is_gone = True
        press(page, ENGLISH("page.menu"))
        press(page, ENGLISH("menu.history"))
        heads(page, "problem_title.gone")


def test_no_costs_nothing(browser: Browser) -> None:
    """A no to a consent is sent as a no and answered with "that is fine"."""
    asking = agent("welcome", "en")
    asking.refusals["consents"] = (409, {"reason": "NO_CONSENT_SCORE", "message": "Fine."})
    with opened(browser, asking) as page:
        SCENES["consent"].walk(page, ENGLISH)
        press(page, ENGLISH("consents.no"))
        heads(page, "declined.title")
        assert asking.asked[-1] == ("consents", {"adult": True, "scopes": {"score": False}})


def test_a_no_is_not_asked_again_in_another_language(browser: Browser) -> None:
    """Who said no reads that it is fine in the other language too; nothing begins anew."""
    asking = agent("welcome", "en")
    asking.refusals["consents"] = (409, {"reason": "NO_CONSENT_SCORE", "message": "Fine."})
    with opened(browser, asking) as page:
        SCENES["declined"].walk(page, ENGLISH)
        heads(page, "declined.title")
        press(page, ENGLISH("page.other_language"))
        title = page.get_by_role("heading", level=1, name=words_of("ja")("declined.title"))
        expect(title).to_be_focused()
        assert [call for call, _ in asking.asked].count("start") == 1


def test_consents_are_sent_together_once_all_are_given(browser: Browser) -> None:
    """Each consent has a screen of its own, and the camera comes after the last yes."""
    asking = agent("welcome", "en")
    with opened(browser, asking) as page:
        SCENES["consent"].walk(page, ENGLISH)
        press(page, ENGLISH("consents.yes"))
        heads(page, "consent_title.feedback")
        press(page, ENGLISH("consents.yes"))
        heads(page, "camera.title")
        given = {"adult": True, "scopes": {"score": True, "feedback": True}}
        assert asking.asked[-1] == ("consents", given)


def test_recording_leads_to_what_was_measured(browser: Browser) -> None:
    """Start comes with good guidance, and the end of the recording shows the profile."""
    with opened(browser, agent("camera", "en")) as page:
        press(page, ENGLISH("camera.turn_on"))
        start = page.get_by_role("button", name=ENGLISH("camera.start"), exact=True)
        expect(start).to_be_disabled()
        played(page, "guidance", {"message": "WELL"})
        start.press("Enter")
        expect(page.locator(".prompt")).to_have_text(ENGLISH("camera.neutral"))
        expect(page.locator(".prompt")).to_be_focused()
        played(page, "phase", {"phase": "speaking", "seconds": 10.4})
        expect(page.locator(".prompt")).to_have_text(ENGLISH("camera.speaking"))
        expect(page.locator(".prompt")).to_be_focused()
        played(page, "measured", {})
        heads(page, "measured.title")


def test_leaving_the_preview_turns_the_camera_off(browser: Browser) -> None:
    """No other screen is seen while the camera is on."""
    with opened(browser, agent("camera", "en")) as page:
        SCENES["preview"].walk(page, ENGLISH)
        press(page, ENGLISH("page.menu"))
        heads(page, "page.menu")
        assert page.evaluate("played.state") == "closed"


def test_server_away_keeps_the_check_and_says_so(browser: Browser) -> None:
    """What could not be sent waits, and goes when asked."""
    away = agent("measured", "en")
    away.answers["send"] = {
        "visit": {"stage": "waiting"},
        "reason": "SERVER_UNREACHABLE",
        "message": "No answer.",
    }
    away.answers["waiting/send"] = {"visit": {"stage": "feedback"}}
    with opened(browser, away) as page:
        press(page, ENGLISH("measured.review"))
        press(page, ENGLISH("review.send"))
        heads(page, "waiting.title")
        press(page, ENGLISH("waiting.send_now"))
        heads(page, "ready.title")


def test_feedback_is_not_fetched_before_it_is_asked_for(browser: Browser) -> None:
    """The answer is shown only when the person asks to see it."""
    answered = agent("feedback", "en")
    with opened(browser, answered) as page:
        heads(page, "ready.title")
        assert "feedback" not in [call for call, _ in answered.asked]


def test_refused_step_is_told_where_it_was_asked(browser: Browser) -> None:
    """A refusal is announced beside its button, in the page's own words, and can be tried again."""
    refusing = agent("welcome", "en")
    refusing.refusals["start"] = (400, {"reason": "INVITE_MALFORMED", "message": "Other words."})
    with opened(browser, refusing) as page:
        press(page, ENGLISH("welcome.go_on"))
        page.get_by_role("textbox").fill("kizashi://nowhere")
        press(page, ENGLISH("join.go_programme"))
        expect(page.get_by_role("alert")).to_have_text(ENGLISH("refusal.INVITE_MALFORMED"))
        expect(page.get_by_role("button", name=ENGLISH("join.go_programme"))).to_be_enabled()


def test_what_takes_a_moment_is_seen_to(browser: Browser) -> None:
    """Whoever waits for an answer reads so, and no longer once it has come."""
    slow = agent("welcome", "en")
    with opened(browser, slow) as page:
        SCENES["join"].walk(page, ENGLISH)
        page.route("**/api/start", lambda _: None)
        page.get_by_role("textbox").fill("kizashi://nowhere")
        press(page, ENGLISH("join.go_programme"))
        told = page.locator("#told")
        expect(told).to_have_text(ENGLISH("page.under_way"))
        box = told.bounding_box()
        assert box is not None
        assert box["width"] > 50
        pressed = page.get_by_role("button", name=ENGLISH("join.go_programme"))
        pressed.hover(force=True)
        filled = "element => getComputedStyle(element).backgroundColor"
        assert pressed.evaluate(filled) == "rgba(0, 0, 0, 0)", "its words could not be read"


def test_an_empty_invite_is_told_beside_its_field(browser: Browser) -> None:
    """In words, and as what describes the field that has the focus."""
    with opened(browser, agent("welcome", "en")) as page:
        SCENES["join"].walk(page, ENGLISH)
        press(page, ENGLISH("join.go_programme"))
        expect(page.get_by_text(ENGLISH("join.invite_needed"))).to_be_visible()
        field = page.get_by_role("textbox")
        expect(field).to_be_focused()
        expect(field).to_have_accessible_description(ENGLISH("join.invite_needed"))


def test_a_refused_screen_leads_on_through_the_menu(browser: Browser) -> None:
    """As it says."""
    refusing = SCENES["refused"].agent("en")
    with opened(browser, refusing) as page:
        heads(page, "problem_title.refused")
        press(page, ENGLISH("page.menu"))
        heads(page, "page.menu")


def test_the_preview_has_the_shape_of_the_cameras_pictures(browser: Browser) -> None:
    """Nothing black beside them, where the window is wide too."""
    with opened(browser, agent("camera", "en")) as page:
        SCENES["preview"].walk(page, ENGLISH)
        page.wait_for_function("document.querySelector('video').videoWidth > 0")
        shape = "video => video.clientWidth / video.clientHeight"
        real = "video => video.videoWidth / video.videoHeight"
        video = page.locator("video")
        assert video.evaluate(shape) == pytest.approx(video.evaluate(real), abs=0.01)


@pytest.mark.parametrize("place", ["score", "research", "share"])
def test_consents_are_shown_word_for_word(browser: Browser, place: str) -> None:
    """To the last line break, which parts paragraphs: the digest is over what was seen."""
    scenes = {"score": "consent", "research": "standing-consent", "share": "sharing-asked"}
    answering = SCENES[scenes[place]].agent("en")
    texts = {
        "score": answering.answers["start"]["consents"][0]["text"],
        "research": next(
            each["text"]
            for each in answering.answers["standing"]["consents"]
            if each["scope"] == "research"
        ),
        "share": answering.answers["feedback"]["sharing"][0]["text"],
    }
    with opened(browser, answering) as page:
        SCENES[scenes[place]].walk(page, ENGLISH)
        shown = page.locator(".consent")
        assert shown.evaluate("element => element.textContent") == texts[place]
        assert shown.inner_text().count("\n\n") == texts[place].count("\n\n") > 0


def test_a_code_that_cannot_be_copied_stays(browser: Browser) -> None:
    """A browser that allows no clipboard costs nobody the one sight of their code."""
    with opened(browser, agent("feedback", "en")) as page:
        SCENES["sharing-code"].walk(page, ENGLISH)
        heads(page, "sharing.code_title")
        page.evaluate("() => { navigator.clipboard.writeText = async () => { throw 'no'; }; }")
        press(page, ENGLISH("sharing.copy"))
        expect(page.locator("#told")).to_have_text(ENGLISH("sharing.not_copied"))
        expect(page.locator(".code")).to_be_visible()


def test_answers_stay_when_the_language_changes(browser: Browser) -> None:
    """What was ticked so far is still ticked, and so is what is said of the last question."""
    with opened(browser, agent("welcome", "en")) as page:
        SCENES["questions"].walk(page, ENGLISH)
        page.locator("[name=item-2]").nth(3).check()
        page.locator("#keep").check()
        press(page, ENGLISH("page.other_language"))
        page.locator("html[lang=ja]").wait_for()
        expect(page.locator("[name=item-2]").nth(3)).to_be_checked()
        expect(page.locator("[name=item-8]").nth(1)).to_be_checked()
        expect(page.locator("#keep")).to_be_checked()
        expect(page.locator("form :checked")).to_have_count(2)
        expect(page.locator(".help")).to_be_visible()


def test_who_left_their_answer_for_the_questionnaire_comes_back_to_it(browser: Browser) -> None:
    """It was asked for already; loaded anew, the page asks once more."""
    with opened(browser, agent("feedback", "en")) as page:
        SCENES["feedback"].walk(page, ENGLISH)
        press(page, ENGLISH("feedback.questionnaire_go"))
        press(page, ENGLISH("questionnaire.leave"))
        page.locator("body[data-screen=feedback] .band").wait_for()
        page.reload()
        heads(page, "ready.title")


def test_language_changes_in_place(browser: Browser) -> None:
    """The other language is one press away, is remembered, and stays on the screen."""
    both = agent("welcome", "en")
    with opened(browser, both) as page:
        press(page, ENGLISH("page.other_language"))
        title = page.get_by_role("heading", level=1, name=words_of("ja")("welcome.title"))
        expect(title).to_be_focused()
        assert ("locale", {"locale": "ja"}) in both.asked


def test_back_button_leaves_the_menu(browser: Browser) -> None:
    """The browser's own way back works from the menu's screens."""
    with opened(browser, agent("welcome", "en")) as page:
        press(page, ENGLISH("page.menu"))
        press(page, ENGLISH("menu.clear"))
        heads(page, "menu.clear")
        page.go_back()
        heads(page, "page.menu")
        page.go_back()
        heads(page, "welcome.title")


def test_questionnaire_names_the_question_left_open(browser: Browser) -> None:
    """Nothing is sent before every question has an answer, and the first open one has the focus."""
    asking = agent("welcome", "en")
    with opened(browser, asking) as page:
        SCENES["questions"].walk(page, ENGLISH)
        press(page, ENGLISH("questionnaire.done"))
        expect(page.locator("[name=item-0]").first).to_be_focused()
        expect(page.locator(".missing")).to_have_count(1)
        assert asking.asked[-1] == ("questionnaire", None)


def test_nothing_is_loaded_from_elsewhere(browser: Browser) -> None:
    """All that a browser fetches for the page comes from the agent."""
    elsewhere: list[str] = []
    with opened(browser, agent("welcome", "en")) as page:
        page.on("request", lambda asked: elsewhere.append(asked.url))
        page.reload()
        heads(page, "welcome.title")
    assert {url.split("/")[2] for url in elsewhere} == {"127.0.0.1:4"}
