"""Consents that outlast a check, by pressing: given, going along with a check, taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.scenes import press
from tests.agent.page.site import Site
from tests.agent.page.walking import walking

pytestmark = [
    pytest.mark.tools,
    pytest.mark.proof,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


def test_a_standing_consent_is_given_and_withdrawn(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """Off until chosen; the server holds something under it from the next check on, and no more."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.opens("standing")
        walk.reads("standing.none")
        walk.world.state.remember_invite(site.invite)
        walk.press("page.to_menu", "menu.standing", "scope_title.trend", "consents.no")
        walk.reads("standing.lead")
        walk.press("scope_title.trend", "consents.yes", "consents.no")  # not of age
        walk.is_told("menu.standing")
        assert not (walk.folder / "standing").exists()
        walk.press("scope_title.trend", "consents.yes", "consents.adult")
        walk.is_told("standing.given")
        walk.press("recovery.have")
        walk.reads("recovery.noted")
        walk.press("page.back", "page.to_menu", "page.to_check")
        walk.is_at("welcome")
        walk.press("welcome.go_on", "join.go_programme")  # joined: the invite is known
        walk.reads("consents.along")
        walk.agrees()
        walk.has_recorded()
        walk.sends()
        walk.reads_the_answer()
        assert site.holdings() == 1
        walk.opens("standing")
        given = walk.word(
            "standing.at", name=walk.word("scope_title.trend"), programme="Self-check"
        )
        press(walk.page, given)
        walk.press("standing.look")
        walk.reads("standing.trend")
        assert walk.page.locator("tbody tr").count() == 1
        walk.press("page.back")
        press(walk.page, given)
        walk.press("standing.take_back")
        walk.is_told("withdrawn.done")
        walk.reads("standing.taken_back")
        assert site.holdings() == 0


def test_what_was_sent_is_taken_back(with_camera: Browser, site: Site, tmp_path: Path) -> None:
    """A check's withdrawal erases it at the server, says so, and leaves the laptop no record."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.joins(site.invite)
        walk.agrees()
        walk.has_recorded()
        walk.sends()
        walk.reads_the_answer()
        assert "ERASED" not in site.reports()
        walk.opens("withdrawal")
        walk.press("withdraw.all", "withdrawal.do")
        walk.is_told("withdrawn.done")
        assert site.invite.address in walk.page.locator("main").inner_text()
        assert site.reports().count("ERASED") == 1
        assert walk.world.state.checks() == []
        walk.press("page.to_check")
        walk.is_at("welcome")
