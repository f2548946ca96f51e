"""First use by pressing: an invite, wrong invites, and a no to each question."""

from pathlib import Path

import pytest
from kizashi_agent.page.visit import Stage
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.site import Site
from tests.agent.page.walking import Walk, nothing_is_kept, walking

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

OTHER_ROOT = "root=" + "0" * 64


def test_an_invite_leads_to_the_first_question(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """Who offers and who scores is said before anything is asked; nothing is kept or sent yet."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.joins(site.invite)
        walk.reads("consents.checked", "consents.personal", "consents.adult")
        shown = walk.page.locator("main").inner_text()
        assert site.invite.address in shown
        assert "Self-check" in shown
        nothing_is_kept(walk)
    assert site.reports() == []


def test_a_wrong_invite_is_told_where_it_was_typed(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """What is wrong with it stands above the button, what was typed is there, and one may go on."""
    address, root = str(site.invite).split("#")
    with walking(with_camera, tmp_path / "state") as walk:
        walk.press("welcome.go_on", "join.go_programme")
        walk.reads("join.invite_needed")
        typed = walk.page.get_by_role("textbox")
        assert typed.get_attribute("aria-invalid") == "true"
        typed.fill("h")
        assert typed.get_attribute("aria-invalid") is None
        for wrong, reason in (
            ("hello", "INVITE_MALFORMED"),
            ("kizashi://127.0.0.1:1/self-check", "INVITE_MALFORMED"),
            (f"{address}#{OTHER_ROOT}", "DIRECTORY_WRONG_ROOT"),
            (f"kizashi://127.0.0.1:1/self-check#{OTHER_ROOT}", "SERVER_UNREACHABLE"),
            (f"{address}x#{root}", "PROGRAMME_UNKNOWN"),
        ):
            typed.fill(wrong)
            walk.press("join.go_programme")
            walk.page.get_by_role("alert").get_by_text(walk.word(f"refusal.{reason}")).wait_for()
            walk.is_at("join")
            assert typed.input_value() == wrong
            assert walk.visit.stage is Stage.WELCOME
            nothing_is_kept(walk)
        typed.fill(str(site.invite))
        walk.press("join.go_programme")
        walk.page.get_by_role("button", name=walk.word("consents.adult"), exact=True).wait_for()
    assert site.reports() == []


def _no_to_age(walk: Walk) -> None:
    walk.press("consents.no")


def _no_to_score(walk: Walk) -> None:
    walk.press("consents.adult")
    walk.is_told("consent_title.score")
    walk.press("consents.no")


def _no_to_feedback(walk: Walk) -> None:
    walk.press("consents.adult")
    walk.is_told("consent_title.score")
    walk.press("consents.yes")
    walk.is_told("consent_title.feedback")
    walk.press("consents.no")


def test_a_no_to_any_question_ends_it_and_costs_nothing(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """It is said that this is fine; nothing is held, kept or sent, and one may begin again."""
    with walking(with_camera, tmp_path / "state") as walk:
        for no in (_no_to_age, _no_to_score, _no_to_feedback):
            walk.joins(site.invite)
            no(walk)
            walk.is_told("declined.title")
            told = ("under_age", "close") if no is _no_to_age else ("close", "under_age")
            walk.reads("declined.lead", f"declined.{told[0]}")
            assert walk.page.get_by_text(walk.word(f"declined.{told[1]}")).count() == 0
            visit = walk.visit
            assert (visit.stage, visit.where, visit.agreement) == (Stage.WELCOME, None, None)
            nothing_is_kept(walk)
            walk.press("declined.go_back")
            walk.is_at("welcome")
    assert site.reports() == []
