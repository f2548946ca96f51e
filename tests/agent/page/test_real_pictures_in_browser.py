"""`kizashi page` as it is typed, with its own extractor, before a camera without one face.

The process is then ended, which the page has to notice and tell.
"""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kizashi_agent.page.words import page_words
from playwright.sync_api import expect

from tests.agent.page.browser import BROWSER, Changed, chromium, clip_as_camera
from tests.agent.page.scenes import press, words_of
from tests.agent.page.test_serving import ADDRESS, running
from tests.agent.page.walking import PATIENCE

pytestmark = [
    pytest.mark.tools,
    pytest.mark.proof,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

WORD = words_of("en")
PICTURES = 60
"""Two seconds of the clip, played again and again."""


def grey(picture: Any) -> Any:
    """Nobody, nor anything else."""
    return np.full_like(picture, 110)


def two(picture: Any) -> Any:
    """The same person twice, side by side."""
    return np.hstack((picture, picture))


@pytest.mark.parametrize(
    ("changed", "message"), [(grey, "NOBODY_SEEN"), (two, "ONE_PERSON")], ids=["nobody", "two"]
)
def test_it_is_seen_and_the_process_may_end(tmp_path: Path, changed: Changed, message: str) -> None:
    """The guidance names it; and when the program ends, the page says so and how to go on."""
    camera = clip_as_camera(tmp_path, changed, PICTURES)
    with running(tmp_path / "home") as (process, line), chromium(camera) as browser:
        found = ADDRESS.search(line)
        assert found is not None
        page = browser.new_page(locale="en")
        page.set_default_timeout(PATIENCE)
        page.goto(found[0])
        for key in ("welcome.go_on", "join.go_local", "consents.adult", "consents.yes"):
            press(page, WORD(key))
        press(page, WORD("camera.turn_on"))
        told = page_words()["en"][f"guidance.{message}"]
        expect(page.locator(".guidance")).to_have_text(told, timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        title = WORD("problem_title.gone")
        page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
        expect(page.locator(".command")).to_have_text("kizashi page")
        assert page.evaluate("document.querySelector('video')") is None
        page.close()
    assert not (tmp_path / "home" / "state").exists()
