"""What a browser writes of the page to its own folder, which the page has no say in but by asking."""

import shutil
from pathlib import Path

import pytest
from kizashi_agent.edge import Common, SeedChoice, surroundings
from playwright.sync_api import Page, sync_playwright

from tests.agent.page.browser import BROWSER
from tests.agent.page.running import served
from tests.agent.page.scenes import press, words_of

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

WORD = words_of("en")
PLANTED = "planted-answer"
"""Written into a control that a browser may keep, beside those that it may not."""

PLANTS = f"""
const control = document.createElement("textarea");
control.name = "{PLANTED}";
control.value = "{PLANTED}";
document.querySelector("main").append(control);
"""


def in_files(folder: Path, text: str) -> list[str]:
    """The files below a folder that hold a text, in one of the encodings that Chromium writes."""
    sought = [text.encode(), text.encode("utf-16-le")]
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(each in path.read_bytes() for each in sought)
    ]


def test_a_profile_holds_no_answer(tmp_path: Path) -> None:
    """Answers that were chosen and not sent are in no file of the browser; what is planted is."""
    profile, copied = tmp_path / "profile", tmp_path / "copied"
    world = surroundings(Common(tmp_path / "state", "en", SeedChoice.FILE), quiet=True)
    with served(world) as running, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=BROWSER, args=["--no-sandbox"], locale="en"
        )
        page = context.pages[0]
        page.goto(running.world.ticket.address(running.world.rules))
        press(page, WORD("problem.take_over"))
        _answer(page)
        page.evaluate(PLANTS)
        press(page, WORD("page.menu"))
        page.wait_for_timeout(5_000)  # a browser writes its sessions every few seconds
        context.close()
        shutil.copytree(profile, copied)
    assert in_files(copied, PLANTED) != []
    assert in_files(copied, "item-8") == []


def _answer(page: Page) -> None:
    press(page, WORD("page.menu"))
    press(page, WORD("menu.questionnaire"))
    press(page, WORD("questionnaire.begin"))
    for item in range(9):
        page.locator(f"[name=item-{item}]").nth(1).check()
