"""Somebody who presses their way through the page, as it is served, in a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kizashi_agent.commands.check import local_scorer
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.edge import Common, SeedChoice, surroundings
from kizashi_agent.extract.clip import Measurer
from kizashi_agent.page.visit import Stage, Visit
from kizashi_protocol import Locale
from playwright.sync_api import Browser, Page, expect

from tests.agent.measurements import Face
from tests.agent.page.camera_app import PlayedMeasurer
from tests.agent.page.running import Browser as Served
from tests.agent.page.running import unclaimed
from tests.agent.page.scenes import press, words_of
from tests.models.scoring import summary_at

PATIENCE = 60_000
"""Milliseconds for a screen to come; a recording alone takes fourteen seconds."""


class QuickMeasurer(PlayedMeasurer):
    """As quick as a camera on any machine; its figures are those the server has norms for."""

    (extractor_id,) = local_scorer().extractor_ids


@dataclass
class Walk:
    """Somebody before the page.

    Attributes:
        page: their tab.
        served: the page's other side.
        world: of their laptop.
        locale: the language they read.
        faults: errors of the page's scripts so far.
    """

    page: Page
    served: Served
    world: Surroundings
    locale: Locale
    faults: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """What the laptop keeps is in it."""
        return self.world.state.folder

    @property
    def visit(self) -> Visit:
        """Where the agent says they are."""
        return self.served.world.visit.now

    def word(self, key: str, **values: object) -> str:
        """The page's sentence of this key, filled in."""
        return words_of(self.locale)(key).format(**values)

    def press(self, *keys: str) -> None:
        """Presses the buttons of these words, each when it comes."""
        for key in keys:
            press(self.page, self.word(key))

    def is_at(self, screen: str) -> None:
        """Returns once this screen is shown."""
        self.page.locator(f"body[data-screen={screen}] main h1").wait_for()

    def is_told(self, key: str, **values: object) -> None:
        """Returns once the screen's heading is this."""
        wanted = self.word(key, **values)
        self.page.get_by_role("heading", level=1, name=wanted, exact=True).wait_for()

    def reads(self, *keys: str) -> None:
        """Returns once these sentences are on the screen."""
        for key in keys:
            shown = self.page.locator("main")
            expect(shown).to_contain_text(self.word(key), timeout=PATIENCE)

    def opens(self, place: str) -> None:
        """Goes to a place of the menu."""
        self.press("page.menu", f"menu.{place}")
        self.is_at(place)

    def joins(self, invite: object) -> None:
        """From the welcome, with an invite."""
        self.press("welcome.go_on")
        self.page.get_by_role("textbox").fill(str(invite))
        self.press("join.go_programme")

    def stays_here(self) -> None:
        """From the welcome, with this laptop alone."""
        self.press("welcome.go_on", "join.go_local")

    def agrees(self, *scopes: str) -> None:
        """To all that is asked, up to the camera; both consents unless they are named."""
        self.press("consents.adult")
        for scope in scopes or ("score", "feedback"):
            self.is_told(f"consent_title.{scope}")
            self.press("consents.yes")
        self.is_at("camera")

    def begins_to_record(self) -> None:
        """Up to the silent seconds; a busy machine's pictures may do no better than they do."""
        self.press("camera.turn_on", "camera.start")
        self.page.locator("body[data-phase=neutral]").wait_for()

    def records(self) -> None:
        """Up to what was measured.

        A machine that is too busy for 24 frames a second is told just that; what its camera would
        come to is then played.
        """
        self.begins_to_record()
        self.page.locator("body[data-phase=speaking]").wait_for()
        self.page.locator("body:not([data-screen=preview]) main h1").wait_for()
        if self.page.locator("body[data-screen=measured]").count() == 0:
            self.is_told("camera.refused")
            busy = {self.word(f"gate.{each}") for each in ("FRAME_RATE_LOW", "FRAMES_MISSING")}
            assert set(self.page.locator("main .note li").all_inner_texts()) <= busy
            self.has_recorded()
        self.is_at("measured")

    def has_recorded(self) -> None:
        """What the camera would come to, at once: for flows that are about something else.

        A recording that was stopped is waited for: the page is back before its camera's socket is.
        """
        for _ in range(100):
            if self.visit.stage is not Stage.RECORDING:
                break
            self.page.wait_for_timeout(100)
        self.served.record(replace(summary_at(2.0), extractor_id=QuickMeasurer.extractor_id))
        self.page.reload()
        self.is_at("measured")

    def sends(self) -> None:
        """Reads what would be sent, and sends it."""
        self.press("measured.review")
        self.is_at("review")
        self.press("review.send")

    def reads_the_answer(self) -> None:
        """Asks to see it."""
        self.is_at("ready")
        self.press("ready.show")
        self.is_at("feedback")


@contextmanager
def walking(
    browser: Browser,
    folder: Path,
    measurer: Measurer | None = None,
    *,
    locale: Locale = "en",
    script: str | None = None,
) -> Iterator[Walk]:
    """Somebody with an empty laptop who has just opened the page.

    Args:
        browser: theirs.
        folder: of what the laptop keeps.
        measurer: of their face; sees one that is well unless it is given.
        locale: the language of terminal and browser.
        script: run in the browser before the page's own, such as to break something.
    """
    world = surroundings(Common(folder, locale, SeedChoice.FILE), quiet=True)
    with unclaimed(world, measurer or QuickMeasurer(Face())) as served:
        context = browser.new_context(locale=locale)
        context.set_default_timeout(PATIENCE)
        if script is not None:
            context.add_init_script(script)
        walk = Walk(context.new_page(), served, world, locale)
        walk.page.on("pageerror", lambda fault: walk.faults.append(str(fault)))
        walk.page.goto(served.world.ticket.address(served.world.rules))
        walk.is_at("welcome")
        yield walk
        context.close()
    assert walk.faults == []


def nothing_is_kept(walk: Walk) -> None:
    """Neither a recording in memory nor a file on the laptop."""
    visit: Any = walk.visit
    assert (visit.recorded, visit.answered) == (None, None)
    assert not walk.folder.exists()
