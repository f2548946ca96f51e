"""Writes the README's picture: how the face of the bundled clip moved, as the page shows it.

usage: python -m tests.picture FILE.png

Each version of Chromium draws letters a little otherwise, so a new picture is no older one byte for
byte; tests/test_readme.py holds it to its size alone.
"""

import sys
from pathlib import Path

import cv2
from playwright.sync_api import FloatRect, Page, ViewportSize

from tests.agent.page.browser import BROWSER, chromium
from tests.screens import NO_BROWSER, Shot, shown

SHOT = Shot("measured", "en", ViewportSize(width=840, height=800))
SCALE = 2
"""Dots a pixel: sharp where a README is read."""

_SMALL = [
    *(cv2.IMWRITE_PNG_COMPRESSION, 9),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
]
_BENEATH = 32  # pixels under the last words of the picture


def main(words: list[str], browser: str | None = BROWSER) -> int:
    """The file is the one word."""
    if browser is None:
        print(NO_BROWSER, file=sys.stderr)
        return 2
    file = Path(words[0])
    with chromium(None) as opened, shown(opened, SHOT, SCALE) as page:
        page.screenshot(path=file, full_page=True, clip=_until_the_scale(page))
    # The same dots, in fewer bytes than a browser takes the time for.
    dots = cv2.imread(str(file))
    assert dots is not None
    cv2.imwrite(str(file), dots, _SMALL)
    return 0


def _until_the_scale(page: Page) -> FloatRect:
    """The top of the page with the study's movements; what is folded away is left out."""
    box = page.locator(".study .scale").bounding_box()
    assert box is not None
    height = box["y"] + box["height"] + _BENEATH
    return FloatRect(x=0, y=0, width=SHOT.viewport["width"], height=round(height))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
