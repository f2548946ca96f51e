"""What is the person's own, by pressing: the questionnaire, the history, and clearing both."""

from pathlib import Path

import pytest
from kizashi_agent.history.store import history_of
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.walking import Walk, walking

pytestmark = [
    pytest.mark.tools,
    pytest.mark.proof,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


def answers(walk: Walk, last: int) -> None:
    """Every item "not at all" but the last one, and how difficult it was made."""
    for item in range(8):
        walk.page.locator(f"[name=item-{item}]").first.check()
    walk.page.locator("[name=item-8]").nth(last).check()
    walk.page.locator("[name=difficulty]").first.check()


def test_the_last_item_shows_help_at_once_and_tells_nobody(
    with_camera: Browser, tmp_path: Path
) -> None:
    """Help is there before anything is sent off the screen; nothing is kept unless chosen."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.opens("questionnaire")
        walk.press("questionnaire.begin")
        walk.page.locator("[name=item-8]").first.wait_for()
        asked: list[str] = []
        walk.page.on("request", lambda request: asked.append(request.url))
        answers(walk, 1)
        walk.page.locator(".help").wait_for()
        assert asked == []
        walk.press("questionnaire.done")
        walk.is_told("questionnaire.result")
        walk.page.locator(".help").wait_for()
        assert not walk.folder.exists()
        walk.press("page.to_check")
        walk.is_at("welcome")


def test_history_and_answers_are_kept_when_chosen_and_cleared(
    with_camera: Browser, tmp_path: Path
) -> None:
    """Off until turned on; a check and answers are then there, and gone when all is cleared."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.opens("history")
        walk.reads("history.not_kept", "history.empty")
        walk.press("history.keep")
        walk.reads("history.kept")
        walk.press("page.to_menu", "menu.questionnaire", "questionnaire.begin")
        walk.page.locator("[name=item-8]").first.wait_for()
        answers(walk, 0)
        walk.page.get_by_label(walk.word("questionnaire.keep")).check()
        walk.press("questionnaire.done", "page.to_check")
        walk.is_at("welcome")
        walk.stays_here()
        walk.agrees("score")
        walk.has_recorded()
        walk.press("measured.score_here")
        walk.reads_the_answer()
        walk.opens("history")
        walk.reads("history.lead")
        assert len(history_of(walk.world.state).read().checks) == 1
        walk.press("page.to_menu", "menu.questionnaire")
        walk.reads("questionnaire.kept")
        walk.press("questionnaire.leave")
        walk.opens("clear")
        assert walk.page.get_by_role("button", name=walk.word("clear.do"), exact=True).is_disabled()
        walk.page.get_by_role("checkbox").check()
        walk.press("clear.do")
        walk.is_told("clear.done")
        assert history_of(walk.world.state).read().checks == []
        walk.press("page.to_check")
        walk.is_at("welcome")
        walk.opens("history")
        walk.reads("history.not_kept", "history.empty")
        walk.press("page.to_menu", "menu.questionnaire")
        walk.is_at("questionnaire")
        assert walk.page.get_by_text(walk.word("questionnaire.kept")).count() == 0
