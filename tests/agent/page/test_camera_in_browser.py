"""The page's camera in a real browser: measured frame by frame, and every way it can fail."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from kizashi_agent.extractor import open_extractor
from kizashi_agent.frames import Frame
from kizashi_agent.measurement import FrameMeasurement
from playwright.sync_api import Browser, Page

from tests.agent.measurements import Face
from tests.agent.page.browser import BROWSER, chromium, clip_as_camera
from tests.agent.page.camera_app import TAB, PlayedMeasurer, PlayedVisit, served
from tests.agent.page.camera_page import camera_routes

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium before the bundled clip."""
    with chromium(clip_as_camera(tmp_path_factory.mktemp("camera"))) as opened:
        yield opened


def opened_page(browser: Browser, port: int) -> Page:
    """The page at this port."""
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    until(page, "window.camera !== undefined")
    return page


def heard(page: Page, name: str) -> list[Any]:
    """The details of the events of this name."""
    found: list[Any] = page.evaluate(
        "name => heard.filter(e => e.name === name).map(e => e.detail)", name
    )
    return found


def until(page: Page, holds: str) -> None:
    """Returns once this JavaScript holds; asked from outside, as the policy forbids eval."""
    end = time.monotonic() + 120
    while not page.evaluate(holds):
        assert time.monotonic() < end, holds
        page.wait_for_timeout(20)


def wait_for(page: Page, name: str) -> None:
    """Returns once there was such an event."""
    until(page, f"heard.some(e => e.name === '{name}')")


class Keeping:
    """The real extractor, and what it measured.

    Attributes:
        kept: of every frame, preview and recording.
    """

    def __init__(self) -> None:
        self._extractor = open_extractor()
        self.extractor_id = self._extractor.extractor_id
        self.mode = self._extractor.mode
        self.kept: list[FrameMeasurement] = []

    def restart(self) -> None:
        """See `Measurer`."""
        self._extractor.restart()

    def measure(self, frame: Frame) -> FrameMeasurement:
        """See `Measurer`."""
        self.kept.append(self._extractor.measure(frame))
        return self.kept[-1]


def test_a_recording_in_a_browser_is_measured(browser: Browser) -> None:
    """The clip as a camera is measured as the clip itself is, and then the camera is off.

    A machine that is too busy for 24 frames a second gets no summary, and is told just that.
    """
    visit, measurer = PlayedVisit(), Keeping()
    with served(measurer, visit, routes=camera_routes()) as port:
        page = opened_page(browser, port)
        assert page.evaluate("camera.open()") is True
        page.evaluate("camera.record()")
        until(page, "heard.some(e => ['measured', 'refused', 'interrupted'].includes(e.name))")
        page.evaluate("camera.close()")
        assert page.evaluate("video.srcObject") is None
        assert heard(page, "state")[-1] == {"state": "closed"}
        assert heard(page, "error") == []
        phases = [each["phase"] for each in heard(page, "phase")]
        page.close()
    assert phases[:2] == ["preview", "neutral"]
    seen = [each.face.figures for each in measurer.kept if each.face is not None]
    assert len(seen) == len(measurer.kept) > 10
    wanted = [each.face.figures for each in of_the_clip() if each.face is not None]
    for figure, margin in (("luma", 2.0), ("face_width", 3.0), ("centre_x", 3.0)):
        found = [getattr(each, figure) for each in seen]
        expected = [getattr(each, figure) for each in wanted]
        assert min(expected) - margin < min(found) <= max(found) < max(expected) + margin
    if visit.measurement is not None:
        measured, course, _ = visit.measurement
        assert phases == ["preview", "neutral", "speaking", "done"]
        assert measured.summary.of(12).mean > 0.5
        assert len(course.seconds) > 300
    elif visit.refusal is not None:
        assert set(visit.refusal.reasons) & {"FRAME_RATE_LOW", "FRAMES_MISSING"}
    else:
        assert visit.told[-1] == "interrupted STALLED"


def of_the_clip() -> list[FrameMeasurement]:
    """Every fourth frame of the clip, measured from its file."""
    extractor = open_extractor()
    with demo_clip() as clip, VideoFile(clip) as video:
        return [extractor.measure(frame) for frame in video if frame.index % 4 == 0]


def test_a_hidden_tab_interrupts(browser: Browser) -> None:
    """A recording that nobody looks at is thrown away, and the preview goes on afterwards."""
    visit = PlayedVisit()
    with served(PlayedMeasurer(Face()), visit, routes=camera_routes()) as port:
        page = opened_page(browser, port)
        page.evaluate("camera.open().then(() => camera.record())")
        until(page, "heard.some(e => e.detail.phase === 'neutral')")
        # Headless tabs are never hidden; the browser's word is played.
        page.evaluate(
            "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        wait_for(page, "interrupted")
        assert heard(page, "interrupted") == [{"reason": "HIDDEN"}]
        page.evaluate(
            "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"
        )
        until(page, "heard.findLast(e => e.name === 'guidance').detail.message === 'WELL'")
        states = [each["state"] for each in heard(page, "state")]
        page.close()
    assert states == ["asking", "open", "hidden", "open"]
    assert visit.told == [f"admitted {TAB}", "recording", "interrupted HIDDEN"]


def test_an_unplugged_camera_interrupts(browser: Browser) -> None:
    """A track that ends in mid-recording is told by name, and the recording is thrown away."""
    visit = PlayedVisit()
    with served(PlayedMeasurer(Face()), visit, routes=camera_routes()) as port:
        page = opened_page(browser, port)
        page.evaluate("camera.open().then(() => camera.record())")
        until(page, "heard.some(e => e.detail.phase === 'neutral')")
        page.evaluate("video.srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
        assert page.evaluate("video.srcObject") is None
        assert heard(page, "state")[-1] == {"state": "unplugged"}
        visit.wait_for("interrupted UNPLUGGED")
        page.close()


def test_a_reload_interrupts(browser: Browser) -> None:
    """A page that is loaded again in mid-recording leaves nothing, and can begin anew."""
    visit = PlayedVisit()
    with served(PlayedMeasurer(Face()), visit, routes=camera_routes()) as port:
        page = opened_page(browser, port)
        page.evaluate("camera.open().then(() => camera.record())")
        until(page, "heard.some(e => e.detail.phase === 'neutral')")
        page.reload()
        visit.wait_for("interrupted CLOSED")
        until(page, "window.camera !== undefined")
        assert page.evaluate("camera.open()") is True
        wait_for(page, "guidance")
        page.close()


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("NotAllowedError", "denied"),
        ("NotFoundError", "none"),
        ("OverconstrainedError", "none"),
        ("NotReadableError", "in_use"),
        ("TypeError", "failed"),
    ],
)
def test_a_camera_that_cannot_be_had_is_named(browser: Browser, fault: str, state: str) -> None:
    """What the browser says of a camera becomes a state; the agent hears of no socket."""
    visit = PlayedVisit()
    with served(PlayedMeasurer(Face()), visit, routes=camera_routes()) as port:
        page = opened_page(browser, port)
        page.evaluate(
            "fault => { navigator.mediaDevices.getUserMedia = () =>"
            " Promise.reject(new DOMException('no', fault)); }",
            fault,
        )
        assert page.evaluate("camera.open()") is False
        assert [each["state"] for each in heard(page, "state")] == ["asking", state]
        page.close()
    assert visit.told == []


def test_a_denied_camera_is_a_denied_one(browser: Browser) -> None:
    """Where the page has no right to a camera, the real browser's refusal is told as that."""
    visit = PlayedVisit()
    with served(PlayedMeasurer(Face()), visit, routes=camera_routes()) as port:
        page = browser.new_page()
        page.route(
            "**/",
            lambda route: route.fulfill(
                response=(answer := route.fetch()),
                headers=answer.headers | {"permissions-policy": "camera=()"},
            ),
        )
        page.goto(f"http://127.0.0.1:{port}/")
        until(page, "window.camera !== undefined")
        assert page.evaluate("camera.open()") is False
        assert heard(page, "state")[-1] == {"state": "denied"}
        page.close()


def test_a_browser_without_the_means_is_told(browser: Browser) -> None:
    """No access to cameras at all is a state of its own, before anything is asked for."""
    with served(PlayedMeasurer(Face()), PlayedVisit(), routes=camera_routes()) as port:
        page = opened_page(browser, port)
        page.evaluate("delete window.VideoFrame")
        assert page.evaluate("camera.open()") is False
        assert heard(page, "state") == [{"state": "unsupported"}]
        page.close()


def test_an_agent_that_ends_is_told(browser: Browser) -> None:
    """When another tab takes over, the camera goes off and the code says why."""
    visit = PlayedVisit()
    with served(PlayedMeasurer(Face()), visit, routes=camera_routes()) as port:
        page = opened_page(browser, port)
        page.evaluate("camera.open()")
        wait_for(page, "guidance")
        visit.taken_over.set()
        wait_for(page, "closed")
        assert heard(page, "closed")[0]["code"] == 4001
        assert page.evaluate("video.srcObject") is None
        page.close()
