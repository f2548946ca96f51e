"""A rater in a real browser: two clips, a reload in between, and the table at the end."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from kizashi_study.rating.ratings import ITEMS, order_of
from playwright.sync_api import Browser, Page, expect

from tests.agent.page.browser import BROWSER, chromium
from tests.study.rated import (
    PEOPLE,
    TOKEN,
    AtWork,
    add_sound_to_mp4,
    at_work,
    served,
    write_playable,
)

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="no chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a camera."""
    with chromium(None, allowed=False) as opened:
        yield opened


def watch(page: Page) -> None:
    """Plays the clip to its end."""
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Save and go on")).to_be_enabled(timeout=20_000)


def score(page: Page, keys: str) -> None:
    """Scores one item after another by keys."""
    for key in keys:
        page.keyboard.press(key)


def answer_own(page: Page) -> None:
    """The last question: without a questionnaire no total, and none that cannot be."""
    expect(page.get_by_role("heading", name="One last question")).to_be_visible()
    expect(page.get_by_role("spinbutton")).to_have_count(0)
    page.get_by_label("Questionnaire").select_option("BDI-II")
    page.get_by_label("Total, from 0 to 63").fill("64")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("alert")).to_contain_text("0 to 63")
    page.get_by_label("Total, from 0 to 63").fill("9")
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("spinbutton", name="合計点(0から63)")).to_have_value("9")
    page.get_by_role("button", name="English").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Finish").click()


def sound_of(page: Page) -> list[int]:
    """Sound tracks of the clip, and bytes of sound that were decoded."""
    found: list[int] = page.evaluate(
        "() => { const video = document.querySelector('video');"
        " return [video.captureStream().getAudioTracks().length,"
        " video.webkitAudioDecodedByteCount]; }"
    )
    return found


def test_two_clips_are_rated(browser: Browser, tmp_path: Path) -> None:
    """By keys alone and by mouse; a reload goes on at the same clip; nothing else is asked for."""
    add_sound_to_mp4(write_playable(tmp_path / "clip_of_p02.mp4"))
    work = at_work(tmp_path)
    faults: list[str] = []
    asked: list[str] = []
    with (
        served(work.session) as rules,
        browser.new_context(locale="en", reduced_motion="reduce") as context,
    ):
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(rules.address)
        page.get_by_role("button", name="Begin").click()

        expect(page.get_by_role("heading", name="Clip 1 of 2")).to_be_visible()
        expect(page.get_by_role("button", name="Save and go on")).to_be_disabled()
        page.keyboard.press("3")  # before the clip was seen no key scores
        watch(page)
        assert sound_of(page) == [0, 0]
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        score(page, "1234567")
        told = page.get_by_role("status")
        expect(told).to_have_text("Nervous: 7")
        place = told.bounding_box()
        assert place is not None
        assert (place["width"], place["height"]) == (1, 1)  # it is to be heard, not seen
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", name="Clip 2 of 2")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Clip 2 of 2")).to_be_visible()
        watch(page)
        assert sound_of(page) == [0, 0]
        page.get_by_role("button", name="Save and go on").click()
        expect(page.get_by_role("alert")).to_have_text("Choose a score from 1 to 7.")
        for item in ITEMS:
            page.get_by_role("group", name=item.capitalize()).get_by_label("4").check()
        page.get_by_role("button", name="Save and go on").click()

        answer_own(page)
        expect(page.get_by_role("heading", name="That was the last clip")).to_be_visible()
        expect(page.get_by_role("status")).to_be_empty()
        page.get_by_role("button", name="日本語").click()
        expect(page.get_by_role("heading", name="これで最後です")).to_be_visible()
    assert faults == []
    assert all(each.startswith(rules.origin) for each in asked)
    assert not any(name in each for each in asked for name in (*PEOPLE, "clip_of", TOKEN))
    with work.files.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [each["participant"] for each in rows[:: len(ITEMS)]] == list(
        order_of(PEOPLE, "anna", 0)
    )
    assert [int(each["score"]) for each in rows] == [1, 2, 3, 4, 5, 6, 7] + [4] * 7


def damage(work: AtWork) -> tuple[Path, bytes]:
    """Spoils the clip that comes first, after it was looked through; where it is, and as it was."""
    first = order_of(PEOPLE, "anna", 0)[0]
    path = next(work.folder.glob(f"clip_of_{first}.*"))
    sound = path.read_bytes()
    path.write_bytes(bytes(len(sound)))
    return path, sound


def test_a_clip_that_cannot_be_played_ends_nobodys_work(browser: Browser, tmp_path: Path) -> None:
    """Repaired, it is played when tried again; else it is left out, and the end says so."""
    work = at_work(tmp_path)
    path, sound = damage(work)
    with served(work.session) as rules, browser.new_context(locale="en") as context:
        page = context.new_page()
        page.goto(rules.address)
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading", name="This clip cannot be played")).to_be_visible()
        expect(page.locator("video")).to_be_hidden()
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", name="This clip cannot be played")).to_be_visible()
        path.write_bytes(sound)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", name="Clip 1 of 2")).to_be_visible()
        watch(page)
        path.write_bytes(b"gone again")
        page.reload()
        page.get_by_role("button", name="Leave this clip out").click()
        expect(page.get_by_role("heading", name="Clip 2 of 2")).to_be_visible()
        watch(page)
        score(page, "1234567")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_text("Scored and saved: 1 of 2.")).to_be_visible()


def test_what_was_chosen_is_neither_lost_nor_called_saved(browser: Browser, tmp_path: Path) -> None:
    """Another language keeps it; another tab that was faster is told."""
    work = at_work(tmp_path)
    with served(work.session) as rules, browser.new_context(locale="en") as context:
        page = context.new_page()
        page.goto(rules.address)
        page.get_by_role("button", name="Begin").click()
        watch(page)
        score(page, "123")
        page.get_by_role("group", name="Fake").get_by_label("6", exact=True).check()
        page.get_by_role("button", name="日本語").click()
        for name, chosen in (("表情が豊か", "1"), ("親しみやすい", "3"), ("わざとらしい", "6")):
            group = page.get_by_role("group", name=name)
            expect(group.locator(f"input[value='{chosen}']")).to_be_checked()
        expect(page.get_by_role("group", name="硬い").locator("input:checked")).to_have_count(0)
        page.get_by_role("button", name="English").click()
        work.session.rate(work.session.now()["clip"], dict.fromkeys(ITEMS, 4))
        for item in ITEMS:
            page.get_by_role("group", name=item.capitalize()).get_by_label("2").check()
        page.get_by_role("button", name="Save and go on").click()
        expect(page.get_by_role("alert")).to_contain_text("what you chose here is not saved")
        page.get_by_role("button", name="Look again").click()
        expect(page.get_by_role("heading", name="Clip 2 of 2")).to_be_visible()
    with work.files.table.open(newline="") as file:
        assert {each["score"] for each in csv.DictReader(file)} == {"4"}


def test_without_its_key_or_its_program_the_page_says_so(browser: Browser, tmp_path: Path) -> None:
    """And what to do."""
    work = at_work(tmp_path)
    with browser.new_context(locale="en") as context:
        page = context.new_page()
        with served(work.session) as rules:
            page.goto(rules.origin)
            expect(page.get_by_role("heading", name="This page has no key")).to_be_visible()
            page.goto("about:blank")
            page.goto(rules.address)
            expect(page.get_by_role("button", name="Begin")).to_be_visible()
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading", name="The program has ended")).to_be_visible()
