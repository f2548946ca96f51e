"""Checks that leave nothing: scored on this laptop alone, or with no account at a server."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.site import Site
from tests.agent.page.walking import walking

pytestmark = [
    pytest.mark.tools,
    pytest.mark.proof,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


def test_scored_on_this_laptop_alone(with_camera: Browser, tmp_path: Path) -> None:
    """No server is named or asked; the answer says that nothing was sent, and nothing is kept."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.stays_here()
        walk.reads("consents.local")
        walk.agrees("score")
        walk.has_recorded()
        walk.reads("measured.stays_local")
        walk.press("measured.score_here")
        walk.reads_the_answer()
        walk.page.locator("summary", has_text=walk.word("feedback.basis")).click()
        walk.reads("feedback.local")
        assert walk.page.locator(".code").count() == 0
        walk.press("feedback.finish")
        walk.is_at("welcome")
        assert not walk.folder.exists()


def test_with_no_account(with_camera: Browser, site: Site, tmp_path: Path) -> None:
    """The server scores it, and on the laptop stays neither a record, a key nor a code."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.press("welcome.go_on")
        walk.page.get_by_role("checkbox").check()
        walk.page.get_by_role("textbox").fill(str(site.invite))
        walk.press("join.go_programme")
        walk.agrees()
        walk.has_recorded()
        walk.sends()
        walk.reads_the_answer()
        assert walk.page.locator(".code").count() == 0
        walk.press("feedback.finish")  # nothing can be shared, so sharing is not offered
        walk.is_at("welcome")
        assert not walk.folder.exists()
    assert len(site.reports()) == 2, "the check, and word that its answer arrived"
