"""A check in Japanese from start to end: no screen on the way says anything in English."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.site import Site
from tests.agent.page.walking import Walk, walking

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

# Names of protocol, programme and people stay as they are; a sentence of English does not.
ENGLISH = re.compile(r"[A-Za-z']{2,}(?: [A-Za-z']{2,}){3,}")
SAID = """() => {
  const shown = document.querySelector('main').cloneNode(true);
  shown.querySelectorAll('[lang=en], .command, .code').forEach((each) => each.remove());
  return shown.innerText + document.title
    + document.querySelector('header').innerText + document.querySelector('footer').innerText;
}"""


def speaks_japanese(walk: Walk, screen: str) -> None:
    """This screen is in Japanese, and says so to who reads it aloud."""
    walk.is_at(screen)
    assert walk.page.evaluate("document.documentElement.lang") == "ja", screen
    for fold in walk.page.locator("main details:not([open]) > summary").all():
        if fold.is_visible():
            fold.click()
    said = walk.page.evaluate(SAID)
    assert ENGLISH.findall(said) == [], screen
    assert re.search("[ぁ-ん]", said), screen


def test_a_check_in_japanese(with_camera: Browser, site: Site, tmp_path: Path) -> None:
    """From the welcome to the answer, with a caution on the way; and each place of the menu."""
    with walking(with_camera, tmp_path / "state", locale="ja") as walk:
        speaks_japanese(walk, "welcome")
        walk.press("welcome.go_on")
        speaks_japanese(walk, "join")
        walk.page.get_by_role("textbox").fill(str(site.invite))
        walk.press("join.go_programme")
        for button in ("adult", "yes", "yes"):
            speaks_japanese(walk, "consents")
            walk.press(f"consents.{button}")
        speaks_japanese(walk, "camera")
        walk.press("camera.turn_on")
        speaks_japanese(walk, "preview")
        walk.press("camera.start")
        for phase in ("neutral", "speaking"):
            walk.page.locator(f"body[data-phase={phase}]").wait_for()
            speaks_japanese(walk, "preview")
        walk.press("camera.stop")
        speaks_japanese(walk, "camera")
        walk.has_recorded()
        speaks_japanese(walk, "measured")
        walk.reads("gate.FACE_SMALL")
        walk.press("measured.review")
        speaks_japanese(walk, "review")
        walk.press("review.send")
        speaks_japanese(walk, "ready")
        walk.press("ready.show")
        speaks_japanese(walk, "feedback")
        walk.press("feedback.go_on")
        speaks_japanese(walk, "sharing")
        walk.press("sharing.nobody")
        speaks_japanese(walk, "welcome")
        for place in (
            *("history", "questionnaire", "ledger", "standing", "withdrawal", "take_out", "clear"),
        ):
            walk.press("page.menu")
            speaks_japanese(walk, "menu")
            walk.press(f"menu.{place}")
            speaks_japanese(walk, place)


def test_the_language_can_be_changed_on_the_way(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """Begun in English; from the change on nothing is left of it, nor in what would be sent."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.joins(site.invite)
        walk.press("consents.adult")
        walk.is_told("consent_title.score")
        walk.press("page.other_language")
        walk.locale = "ja"
        walk.page.locator("html[lang=ja]").wait_for()
        speaks_japanese(walk, "consents")
        walk.agrees()
        walk.locale = "ja"
        walk.press("page.other_language")
        walk.locale = "en"
        walk.is_told("camera.title")
        walk.has_recorded()
        walk.press("measured.review")
        walk.is_told("review.title")
        walk.press("page.other_language")
        walk.locale = "ja"
        walk.is_told("review.title")
        speaks_japanese(walk, "review")
