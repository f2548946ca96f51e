"""A whole check by pressing: the page as served, a real browser, and a real server process."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.history.store import history_of
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER, chromium, clip_as_camera
from tests.agent.page.site import Site
from tests.agent.page.walking import Walk, walking
from tests.agent.takeout.reading import checked, of_kind

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Chromium before the bundled clip."""
    with chromium(clip_as_camera(tmp_path)) as opened:
        yield opened


def test_a_check_is_made_sent_kept_taken_along_and_taken_back(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    """Welcome, invite, consents, camera, recording, review, feedback, and what the menu leads to."""
    with walking(browser, tmp_path / "state") as walk:
        history_of(walk.world.state).turn(on=True)
        walk.joins(site.invite)
        walk.agrees()
        walk.records()
        walk.sends()
        walk.reads_the_answer()
        _writes_the_code_down(walk)
        walk.press("feedback.go_on", "sharing.nobody")
        walk.is_at("welcome")
        _looks_around(walk, tmp_path / "mine.fhir.json")
        _takes_back(walk)
    assert site.reports().count("ERASED") == 1
    assert walk.world.state.checks() == []
    assert len(history_of(walk.world.state).read().checks) == 1


def _writes_the_code_down(walk: Walk) -> None:
    assert walk.page.locator(".code").inner_text().count("-") == 8
    walk.press("recovery.have")
    walk.reads("recovery.noted")


def _looks_around(walk: Walk, file: Path) -> None:
    walk.opens("history")
    walk.reads("history.stop")
    walk.opens("ledger")
    walk.page.locator(".entries button").first.click()
    walk.page.locator("details").first.wait_for()
    walk.opens("take_out")
    with walk.page.expect_download() as download:
        walk.press("take_out.download")
    download.value.save_as(file)
    bundle = json.loads(file.read_text("utf-8"))
    assert of_kind(checked(bundle), "RiskAssessment")


def _takes_back(walk: Walk) -> None:
    walk.opens("withdrawal")
    walk.press("withdraw.all", "withdrawal.do")
    walk.is_told("withdrawn.done")
