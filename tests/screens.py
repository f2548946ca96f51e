"""Photographs every screen of the page, in both languages and widths, and some of them in the dark.

usage: python -m tests.screens FOLDER

A file is named as feedback-ja-390.png and shows the whole page, with the answers that a real visit
got (tests/agent/page/real_answers.py). Chromium is needed: Debian's, or the one that
KIZASHI_BROWSER names.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from kizashi_protocol import LOCALES, Locale
from playwright.sync_api import Browser, Page, ViewportSize

from tests.agent.page.browser import BROWSER, chromium
from tests.agent.page.intercepted import NARROW, WIDE, opened
from tests.agent.page.scenes import SCENES, words_of

Scheme = Literal["light", "dark"]

IN_THE_DARK = ("welcome", "speaking", "measured", "feedback", "history", "questions", "clear")
NO_BROWSER = """Chromium is needed to photograph the page. On Debian or Ubuntu:
  apt install chromium
or name another one: KIZASHI_BROWSER=/path/to/chromium make screens"""

_PLAYS = "[...document.querySelectorAll('video')].every((video) => video.readyState > 2)"
_DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


@dataclass(frozen=True)
class Shot:
    """One photograph.

    Attributes:
        scene: of `SCENES`.
        locale: the language spoken.
        viewport: of the browser; the picture is as wide, and as high as the page is.
        scheme: of colours.
    """

    scene: str
    locale: Locale
    viewport: ViewportSize
    scheme: Scheme = "light"

    @property
    def name(self) -> str:
        """Of its file."""
        dark = "-dark" if self.scheme == "dark" else ""
        return f"{self.scene}-{self.locale}-{self.viewport['width']}{dark}.png"


def shots() -> Iterator[Shot]:
    """Every photograph there is."""
    for scene in SCENES:
        for locale in LOCALES:
            for viewport in (NARROW, WIDE):
                yield Shot(scene, locale, viewport)
                if scene in IN_THE_DARK:
                    yield Shot(scene, locale, viewport, "dark")


@contextmanager
def shown(browser: Browser, shot: Shot, scale: float = 1) -> Iterator[Page]:
    """The page at a screen, all of it drawn; a picture of it has `scale` dots a pixel."""
    scene = SCENES[shot.scene]
    with opened(
        browser,
        scene.agent(shot.locale),
        locale=shot.locale,
        viewport=shot.viewport,
        scheme=shot.scheme,
        token=scene.token,
        scale=scale,
    ) as page:
        scene.walk(page, words_of(shot.locale))
        page.locator("main[aria-busy]").wait_for(state="detached")
        page.wait_for_function(_PLAYS)
        page.mouse.move(0, 0)  # off the button that was pressed last
        page.evaluate(_DRAWN)
        yield page


def photograph_all(folder: Path, wanted: Iterable[Shot]) -> None:
    """Writes each into this folder; those of one screen in one language stand side by side."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium(None) as browser:
        for _, group in groupby(wanted, lambda shot: (shot.scene, shot.locale)):
            first, *others = group
            with shown(browser, first) as page:
                page.screenshot(path=folder / first.name, full_page=True)
                for shot in others:
                    page.set_viewport_size(shot.viewport)
                    page.emulate_media(color_scheme=shot.scheme)
                    page.evaluate(_DRAWN)
                    page.screenshot(path=folder / shot.name, full_page=True)


def main(words: list[str], browser: str | None = BROWSER) -> int:
    """The folder is the first word; further ones are names of scenes, all of them where none is."""
    if browser is None:
        print(NO_BROWSER, file=sys.stderr)
        return 2
    folder, *scenes = words
    wanted = [each for each in shots() if not scenes or each.scene in scenes]
    photograph_all(Path(folder), wanted)
    print(f"{len(wanted)} pictures of {len({each.scene for each in wanted})} screens in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
