"""A whole check by pressing: the page as served, a real browser, and a real server process."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.commands.check import local_scorer
from kizashi_agent.commands.demo import DemoServer, demo_server
from kizashi_agent.edge import Common, SeedChoice, surroundings
from kizashi_agent.history.store import history_of
from playwright.sync_api import Browser, Page

from tests.agent.measurements import Face
from tests.agent.page.browser import BROWSER, chromium, clip_as_camera
from tests.agent.page.camera_app import PlayedMeasurer
from tests.agent.page.running import served
from tests.agent.page.scenes import press, words_of
from tests.agent.takeout.reading import checked, of_kind

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

WORD = words_of("en")
PATIENCE = 60_000
"""Milliseconds for a screen to come; a recording alone takes fourteen seconds."""


class QuickMeasurer(PlayedMeasurer):
    """As quick as a camera on any machine; its figures are those the server has norms for."""

    (extractor_id,) = local_scorer().extractor_ids


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium before the bundled clip."""
    with chromium(clip_as_camera(tmp_path_factory.mktemp("camera"))) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[DemoServer]:
    """A server process of its own."""
    with demo_server() as running:
        yield running


def on_screen(page: Page, name: str) -> None:
    """Returns once this screen is shown."""
    page.locator(f"body[data-screen={name}] main h1").wait_for()


def test_a_check_is_made_sent_kept_taken_along_and_taken_back(
    browser: Browser, server: DemoServer, tmp_path: Path
) -> None:
    """Welcome, invite, consents, camera, recording, review, feedback, and what the menu leads to."""
    world = surroundings(Common(tmp_path / "state", "en", SeedChoice.FILE), quiet=True)
    history_of(world.state).turn(on=True)
    with served(world, QuickMeasurer(Face())) as running:
        rules, ticket = running.world.rules, running.world.ticket
        context = browser.new_context(locale="en")
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto(ticket.address(rules))
        press(page, WORD("problem.take_over"))  # from the tab that this test's other half has
        _agree(page, str(server.invite))
        _record(page)
        _send(page)
        _look_around(page, tmp_path / "mine.fhir.json")
        _take_back(page)
        context.close()
    assert faults == []
    assert world.state.checks() == []
    assert len(history_of(world.state).read().checks) == 1


def _agree(page: Page, invite: str) -> None:
    press(page, WORD("welcome.go_on"))
    page.get_by_role("textbox").fill(invite)
    press(page, WORD("join.go_programme"))
    press(page, WORD("consents.adult"))
    for scope in ("score", "feedback"):
        page.get_by_role("heading", level=1, name=WORD(f"consent_title.{scope}")).wait_for()
        press(page, WORD("consents.yes"))
    on_screen(page, "camera")


def _record(page: Page) -> None:
    press(page, WORD("camera.turn_on"))
    page.locator(".guidance[data-well=true]").wait_for()
    press(page, WORD("camera.start"))
    page.locator("body[data-phase=neutral]").wait_for()
    page.locator("body[data-phase=speaking]").wait_for()
    on_screen(page, "measured")


def _send(page: Page) -> None:
    press(page, WORD("measured.review"))
    on_screen(page, "review")
    press(page, WORD("review.send"))
    on_screen(page, "ready")
    press(page, WORD("ready.show"))
    on_screen(page, "feedback")
    assert page.locator(".code").inner_text().count("-") >= 4, "the recovery code, once"
    press(page, WORD("feedback.finish"))
    on_screen(page, "welcome")


def _open(page: Page, place: str) -> None:
    press(page, WORD("page.menu"))
    press(page, WORD(f"menu.{place}"))
    on_screen(page, place)


def _look_around(page: Page, file: Path) -> None:
    _open(page, "history")
    page.get_by_role("button", name=WORD("history.stop"), exact=True).wait_for()
    _open(page, "ledger")
    page.locator(".entries button").first.click()
    page.locator("details").first.wait_for()
    _open(page, "take_out")
    with page.expect_download() as download:
        press(page, WORD("take_out.download"))
    download.value.save_as(file)
    bundle = json.loads(file.read_text("utf-8"))
    assert of_kind(checked(bundle), "RiskAssessment")


def _take_back(page: Page) -> None:
    _open(page, "withdrawal")
    press(page, WORD("withdraw.all"))
    press(page, WORD("withdrawal.do"))
    page.get_by_role("heading", level=1, name=WORD("withdrawn.done")).wait_for()
