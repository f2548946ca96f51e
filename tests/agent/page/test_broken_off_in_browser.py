"""Recordings broken off half-way: each is thrown away, said so, and can be made anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.page.visit import Stage
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.walking import Walk, nothing_is_kept, walking

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

ENDED = "document.querySelector('video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
ASLEEP = "HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0"


@pytest.fixture
def walk(with_camera: Browser, tmp_path: Path) -> Iterator[Walk]:
    """Somebody in the middle of a recording."""
    with walking(with_camera, tmp_path / "state") as walk:
        walk.stays_here()
        walk.agrees("score")
        walk.begins_to_record()
        yield walk
        assert walk.visit.stage is Stage.CAMERA
        nothing_is_kept(walk)


def broken_off(walk: Walk, why: str) -> None:
    """It is said that the recording is gone, and why; and there is a way back to the camera."""
    walk.is_told("problem_title.interrupted")
    walk.reads("problem_lead.interrupted", f"interruption.{why}", "problem_next.interrupted")
    assert walk.visit.interrupted == why
    walk.press("problem.record_again")
    walk.is_told("camera.title")
    is_seen(walk, "camera.turn_on")


def is_seen(walk: Walk, button: str) -> None:
    """The camera goes on again, and is looked at."""
    walk.press(button)
    walk.page.locator(".guidance[role=status]").wait_for()
    walk.page.get_by_role("button", name=walk.word("camera.start"), exact=True).wait_for()


def test_a_reload(walk: Walk) -> None:
    """The page that is loaded anew says what became of the recording."""
    walk.page.reload()
    broken_off(walk, "CLOSED")


def test_a_laptop_that_sleeps(walk: Walk) -> None:
    """No picture comes for more than three seconds."""
    walk.page.evaluate(ASLEEP)
    walk.is_told("problem_title.interrupted")
    walk.page.reload()  # as it was before it slept
    broken_off(walk, "STALLED")


def test_a_camera_that_is_unplugged(walk: Walk) -> None:
    """The screen names the camera; plugged in again, it can be turned on."""
    walk.page.evaluate(ENDED)
    walk.is_told("camera_fault.unplugged")
    walk.reads("camera_next.unplugged", "camera.nothing_kept")
    assert walk.visit.interrupted == "UNPLUGGED"
    is_seen(walk, "camera.again")


def test_somebody_who_stops(walk: Walk) -> None:
    """Stopping throws it away, and leads back to before the camera."""
    walk.press("camera.stop")
    walk.is_told("camera.title")
    is_seen(walk, "camera.turn_on")


def test_a_tab_that_was_duplicated(walk: Walk) -> None:
    """Begun with a copy of the first one's storage, it is another tab all the same."""
    with walk.page.expect_popup() as popup:
        walk.page.evaluate("window.open('/')")
    first, walk.page = walk.page, popup.value
    walk.is_told("problem_title.another_tab")
    first.close()
    walk.press("problem.take_over")
    walk.is_told("problem_title.interrupted")


def test_a_second_tab(walk: Walk) -> None:
    """It is told of the first, which goes on; only when it takes over is the recording gone."""
    first, world = walk.page, walk.served.world
    second = first.context.new_page()
    second.goto(world.rules.address)
    walk.page = second
    walk.is_told("problem_title.another_tab")
    walk.reads("problem_lead.another_tab", "problem_next.another_tab")
    assert walk.visit.stage is Stage.RECORDING
    walk.press("problem.take_over")
    broken_off(walk, "ANOTHER_TAB")
    walk.page = first
    walk.is_told("problem_title.another_tab")
    assert first.evaluate("document.querySelector('video')") is None
    second.close()
    walk.press("problem.take_over")
    walk.is_told("problem_title.interrupted")
