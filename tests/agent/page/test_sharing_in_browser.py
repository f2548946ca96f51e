"""Sharing by pressing: offered after the answer was read, left for a counsellor, taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.site import COUNSELLOR, Site
from tests.agent.page.walking import Walk, walking

pytestmark = [
    pytest.mark.tools,
    pytest.mark.proof,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


def reads_an_answer(walk: Walk, site: Site) -> None:
    """Up to the offer to share it."""
    walk.joins(site.invite)
    walk.agrees()
    walk.has_recorded()
    walk.sends()
    walk.reads_the_answer()
    walk.press("feedback.go_on")
    walk.is_told("sharing.title")


def test_an_answer_is_left_for_a_counsellor_and_taken_back(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """Nothing waits at the server before the yes, or after it was taken back."""
    with walking(with_camera, tmp_path / "state") as walk:
        reads_an_answer(walk, site)
        walk.page.get_by_role("button", name=walk.word("sharing.read", name=COUNSELLOR)).click()
        walk.page.locator(".print").wait_for()
        assert COUNSELLOR in walk.page.locator(".consent").inner_text()
        assert site.shares() == 0
        walk.press("consents.yes")
        walk.is_told("sharing.code_title")
        code = walk.page.locator(".code").inner_text()
        assert code.startswith("kizashi-share://")
        assert site.shares() == 1
        walk.page.reload()  # the code is still to be had while the answer is
        walk.reads_the_answer()
        walk.press("feedback.go_on")
        assert walk.page.locator(".code").inner_text() == code
        walk.press("sharing.take_back")
        walk.is_told("sharing.taken_back_title")
        assert site.shares() == 0
        walk.press("feedback.finish")
        walk.is_at("welcome")


def test_to_nobody_is_an_answer(with_camera: Browser, site: Site, tmp_path: Path) -> None:
    """A no leads back to the choice, and from there to the end; nothing was left."""
    with walking(with_camera, tmp_path / "state") as walk:
        reads_an_answer(walk, site)
        walk.page.get_by_role("button", name=walk.word("sharing.read", name=COUNSELLOR)).click()
        walk.page.locator(".print").wait_for()
        walk.press("consents.no")
        walk.is_told("sharing.title")
        walk.press("sharing.nobody")
        walk.is_at("welcome")
    assert site.shares() == 0
