"""A server that goes away before a check is sent, and comes back at the same port."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from kizashi_agent.page.visit import Stage
from kizashi_agent.submit.waiting import waiting_checks
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.site import Site
from tests.agent.page.walking import Walk, walking

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


def waits(walk: Walk) -> int:
    """How many checks wait on the laptop."""
    return len(waiting_checks(walk.world.state).paths())


def comes_to_wait(walk: Walk, site: Site) -> None:
    """A check that was agreed to and seen whole, and whose server is gone at that moment."""
    walk.joins(site.invite)
    walk.agrees()
    walk.has_recorded()
    site.stop()
    walk.sends()
    walk.is_told("waiting.title")
    walk.reads("waiting.lead", "waiting.later", "refusal.SERVER_UNREACHABLE")
    assert (walk.visit.stage, walk.visit.recorded, waits(walk)) == (Stage.WAITING, None, 1)


def test_what_could_not_be_sent_is_kept_and_sent_later(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """It is said so, also after a reload and from the welcome; sent, it is answered once."""
    with walking(with_camera, tmp_path / "state") as walk:
        comes_to_wait(walk, site)
        code = walk.page.locator(".code").inner_text()
        walk.page.reload()
        walk.is_told("waiting.title")
        assert walk.page.locator(".code").inner_text() == code, "it is not lost"
        walk.press("waiting.leave")
        walk.is_at("welcome")
        walk.reads("waiting.reminder", "recovery.reminder")
        walk.press("recovery.look")
        assert walk.page.locator(".code").inner_text() == code
        found = Axe().run(walk.page)
        assert found.violations_count == 0, found.generate_report()
        walk.press("recovery.have")
        walk.reads("recovery.noted")
        walk.press("page.to_check")
        walk.is_at("welcome")
        assert walk.page.get_by_text(walk.word("recovery.reminder")).count() == 0
        walk.press("waiting.look", "waiting.send_now")
        told = walk.page.get_by_role("alert")
        told.get_by_text(walk.word("refusal.SERVER_UNREACHABLE")).wait_for()
        assert waits(walk) == 1
        site.start()
        assert site.reports() == []
        walk.press("waiting.send_now")
        walk.reads_the_answer()
        assert walk.page.locator(".code").count() == 0
        assert (waits(walk), len(walk.world.state.checks())) == (0, 1)
        assert len(site.reports()) == 2, "the check, once, and word that its answer arrived"


def test_what_waits_can_be_thrown_away(with_camera: Browser, site: Site, tmp_path: Path) -> None:
    """Nothing of it is left to send, and the server that is back has heard of nothing."""
    before = len(site.reports())
    with walking(with_camera, tmp_path / "state") as walk:
        comes_to_wait(walk, site)
        walk.press("measured.throw_away")
        walk.is_told("problem_title.thrown_away")
        walk.reads("problem_lead.thrown_away")
        site.start()
        walk.press("problem.beginning")
        walk.is_at("welcome")
        assert walk.page.get_by_text(walk.word("waiting.reminder")).count() == 0
        assert (waits(walk), walk.visit.stage) == (0, Stage.WELCOME)
    assert len(site.reports()) == before
