"""The camera's socket, really served: what is measured, told, dropped and thrown away."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator

import pytest
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from kizashi_agent.extractor import open_extractor
from kizashi_agent.page.camera_connection import MOST_UNDER_WAY
from kizashi_agent.pipeline import measure
from kizashi_agent.segments import DEFAULT_NEUTRAL
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.agent.measurements import Face
from tests.agent.page.camera_app import TAB, TOKEN, Page, PlayedMeasurer, PlayedVisit, page, served
from tests.agent.page.frame_messages import of_image, plain


@contextlib.contextmanager
def opened(
    measurer: PlayedMeasurer | None = None, visit: PlayedVisit | None = None
) -> Iterator[tuple[Page, PlayedMeasurer, PlayedVisit]]:
    """A page on a played visit."""
    measurer, visit = measurer or PlayedMeasurer(Face()), visit or PlayedVisit()
    with served(measurer, visit) as port, page(port) as one:
        yield one, measurer, visit


def send_evenly(one: Page, start: float, seconds: float, rate: float = 30.0) -> None:
    """Frames at an even rate on the camera's clock, from a sequence that goes on with it."""
    for index in range(round(seconds * rate)):
        timestamp = start + index / rate
        one.send(plain(round(timestamp * 1000), timestamp, round(timestamp * rate)))


def close_code(one: Page) -> int:
    """What the socket was closed with."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            one.hear()
    code = one.socket.close_code
    assert code is not None
    return code


def figures(value: object) -> dict[str, float]:
    """Every figure of a summary, by its way down to it."""
    match value:
        case int() | float():
            return {"": float(value)}
        case tuple():
            parts = {str(index): each for index, each in enumerate(value)}
        case _ if dataclasses.is_dataclass(value):
            parts = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        case _:
            return {}
    return {
        f"{name}.{way}": figure
        for name, part in parts.items()
        for way, figure in figures(part).items()
    }


@pytest.mark.proof
def test_the_page_measures_what_the_command_measures() -> None:
    """The bundled clip's frames, sent as the page sends them, come to the same summary."""
    extractor = open_extractor()
    with demo_clip() as clip, VideoFile(clip) as video:
        expected = measure(video, extractor, DEFAULT_NEUTRAL, lambda _: None)
    visit = PlayedVisit()
    with (
        demo_clip() as clip,
        VideoFile(clip) as video,
        served(extractor, visit) as port,
        page(port) as one,
    ):
        one.say(type="record")
        for frame in video:
            if frame.index == 0:
                one.send(of_image(frame.image, 0, 40.0))  # the camera warms up
            one.send(of_image(frame.image, 1 + frame.index, 41.0 + frame.timestamp))
        one.socket.send(plain(900, 41.0 + 13.5))
        one.hear_until("measured")
    assert visit.measurement is not None
    measured, course, dropped = visit.measurement
    found, wanted = figures(measured.summary), figures(expected.summary)
    assert len(wanted) > 18 * 12
    # The browser's timestamps are whole microseconds.
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-5)
    assert measured.summary.extractor_id == expected.summary.extractor_id
    assert (measured.cautions, measured.frames) == (expected.cautions, expected.frames)
    assert dropped == 0
    assert len(course.seconds) == 315
    smile = next(each for each in course.units if each.unit == 12)
    assert smile.intensity is not None
    assert None not in smile.intensity
    assert smile.mean == measured.summary.of(12).mean


def test_a_recording_is_told_step_by_step() -> None:
    """Guidance, phases with their ends, every frame acknowledged, measured, and then closed."""
    with opened() as (one, measurer, visit):
        send_evenly(one, 10.0, 1.0)
        one.say(type="record")
        send_evenly(one, 11.0, 13.5)
        one.socket.send(plain(99_000, 24.5, 735))
        assert close_code(one) == 1000
    assert [(each["phase"], each["ends_at"]) for each in one.of("phase")] == [
        ("preview", None),
        ("neutral", 14.0),
        ("speaking", 24.5),
        ("done", None),
    ]
    assert [each["message"] for each in one.of("guidance")] == ["LOOKING", "WELL"]
    assert len(one.of("ack")) == 30 + 405 + 1
    assert len(one.of("measured")) == 1
    assert visit.told == [f"admitted {TAB}", "recording", "measured"]
    assert visit.measurement is not None
    assert visit.measurement[0].frames == 405
    # Once for the connection and once before the recording's first frame.
    assert measurer.restarts == [0, 30]


def test_a_recording_that_is_not_fit_is_refused() -> None:
    """Every reason is told, the visit hears of it, and the person is guided on."""
    with opened(PlayedMeasurer(None)) as (one, measurer, visit):
        one.say(type="record")
        send_evenly(one, 5.0, 14.5)
        one.socket.send(plain(99_000, 19.5, 735))
        refused = one.hear_until("refused")
        assert refused["reason"] == "NO_FACE"
        assert refused["reasons"][0] == "NO_FACE"
        assert "No face was found" in refused["message"]
        measurer.face = Face()
        send_evenly(one, 100.0, 1.2)
        assert one.of("guidance")[-1]["message"] == "WELL"
        assert one.of("phase")[-1]["phase"] == "preview"
    assert visit.told == [f"admitted {TAB}", "recording", "refused NO_FACE"]
    assert visit.measurement is None


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ({"type": "open", "token": "x", "tab": TAB}, 4003, "TOKEN_WRONG"),
        ({"type": "open", "tab": TAB}, 4003, "TOKEN_WRONG"),
        ({"type": "record", "token": TOKEN, "tab": TAB}, 4000, "MESSAGE_MALFORMED"),
        ([], 4000, "MESSAGE_MALFORMED"),
        ("x" * 2000, 4000, "MESSAGE_MALFORMED"),
    ],
)
def test_a_socket_opens_with_the_token(text: object, code: int, reason: str) -> None:
    """Whoever has it not is told so and sent away, and nothing was measured or told."""
    measurer, visit = PlayedMeasurer(Face()), PlayedVisit()
    with (
        served(measurer, visit) as port,
        connect(f"ws://127.0.0.1:{port}/api/camera") as socket,
    ):
        socket.send(json.dumps(text))
        one = Page(socket)
        assert close_code(one) == code
    assert one.heard[-1]["reason"] == reason
    assert visit.told == []
    assert measurer.restarts == []


def test_a_frame_before_the_token_is_not_looked_at() -> None:
    """A socket that begins with a picture is closed."""
    measurer, visit = PlayedMeasurer(Face()), PlayedVisit()
    with (
        served(measurer, visit) as port,
        connect(f"ws://127.0.0.1:{port}/api/camera") as socket,
    ):
        socket.send(plain(1, 0.5))
        assert close_code(Page(socket)) == 4000
    assert measurer.measured == []


def test_a_recording_has_its_turn() -> None:
    """Where the visit says no, the reason is told and the camera goes on unrecorded."""
    with opened(visit=PlayedVisit(record_allowed=False)) as (one, _, visit):
        one.say(type="record")
        assert one.hear_until("error")["reason"] == "OUT_OF_TURN"
        send_evenly(one, 5.0, 1.5)
    assert visit.told == [f"admitted {TAB}"]


@pytest.mark.parametrize("begun", [False, True])
def test_a_visit_that_went_on_takes_no_recording(begun: bool) -> None:
    """Where the visit is elsewhere when a recording begins or ends, it is dropped, and said so."""
    with opened() as (one, _, visit):
        visit.gone_on = not begun
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        visit.gone_on = True
        send_evenly(one, 7.0, 12.5)
        one.socket.send(plain(99_000, 19.6, 588))
        one.hear_until("ack")
        send_evenly(one, 100.0, 0.2)
        assert [each["reason"] for each in one.of("error")] == ["OUT_OF_TURN"]
        assert one.of("phase")[-1]["phase"] == "preview"
    assert visit.measurement is None
    assert visit.told == [f"admitted {TAB}", *(["recording"] if begun else [])]


def test_late_frames_are_dropped_and_counted() -> None:
    """With three under way the fourth is not queued, and the recording counts it as dropped."""
    with opened() as (one, measurer, visit):
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        before = len(measurer.measured)
        measurer.let.clear()
        for index in range(10):
            timestamp = 7.0 + index / 30
            one.socket.send(plain(round(timestamp * 1000), timestamp, round(timestamp * 30)))
        # What is dropped is acknowledged at once, while nothing is being measured.
        dropped = [one.hear_until("ack")["sequence"] for _ in range(10 - MOST_UNDER_WAY)]
        assert len(measurer.measured) == before
        measurer.let.set()
        measured = [one.hear_until("ack")["sequence"] for _ in range(MOST_UNDER_WAY)]
        assert measured < dropped
        assert len(measurer.measured) == before + MOST_UNDER_WAY
        send_evenly(one, 7.0 + 10 / 30, 12.1)
        one.socket.send(plain(99_000, 19.6, 588))
        one.hear_until("measured")
    assert visit.measurement is not None
    assert visit.measurement[2] == 10 - MOST_UNDER_WAY


def test_a_closed_page_throws_the_recording_away() -> None:
    """A reload or a closed tab in mid-recording leaves nothing but the word of it."""
    measurer, visit = PlayedMeasurer(Face()), PlayedVisit()
    with served(measurer, visit) as port:
        with page(port) as one:
            one.say(type="record")
            send_evenly(one, 5.0, 2.0)
        visit.wait_for("interrupted CLOSED")
        with page(port) as again:
            send_evenly(again, 1.0, 0.5)
            assert again.of("phase")[0]["phase"] == "preview"
    assert visit.measurement is None


def test_a_preview_that_closes_interrupts_nothing() -> None:
    """Leaving before a recording is no interruption."""
    with opened() as (one, _, visit):
        send_evenly(one, 5.0, 0.5)
    assert visit.told == [f"admitted {TAB}"]


@pytest.mark.parametrize("reason", ["STOPPED", "HIDDEN", "UNPLUGGED"])
def test_the_page_may_stop(reason: str) -> None:
    """A person who stops, hides the tab or unplugs the camera is told what became of it."""
    with opened() as (one, _, visit):
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        one.say(type="stop", reason=reason)
        assert one.hear_until("interrupted")["reason"] == reason
        send_evenly(one, 50.0, 14.0)  # would be a whole recording, had it gone on
    assert visit.told == [f"admitted {TAB}", "recording", f"interrupted {reason}"]


def test_a_stop_while_a_frame_is_measured_holds() -> None:
    """What a frame adds that was under way when the person stopped is thrown away with the rest."""
    with opened() as (one, measurer, visit):
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        measurer.let.clear()
        measurer.begun.clear()
        one.socket.send(plain(7_000, 7.0, 210))
        assert measurer.begun.wait(10)
        one.say(type="stop")
        one.hear_until("interrupted")
        measurer.let.set()
        one.hear_until("ack")
        send_evenly(one, 7.1, 14.0)
        assert one.of("phase")[-1]["phase"] == "preview"
    assert visit.told == [f"admitted {TAB}", "recording", "interrupted STOPPED"]


def test_a_camera_that_gives_nothing_interrupts() -> None:
    """Three seconds without a frame end a recording, though no frame tells of it."""
    with opened() as (one, _, visit):
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        assert one.hear_until("interrupted")["reason"] == "STALLED"
    assert visit.told[-1] == "interrupted STALLED"


def test_a_laptop_that_slept_interrupts() -> None:
    """The wall clock goes on in sleep where the camera's does not."""
    measurer, visit = PlayedMeasurer(Face()), PlayedVisit()
    slept = [0.0]
    with served(measurer, visit, lambda: 1e9 + slept[0]) as port, page(port) as one:
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        slept[0] = 600.0
        send_evenly(one, 7.0, 0.1)
    assert one.of("interrupted")[0]["reason"] == "SLEPT"


def test_another_tab_takes_over() -> None:
    """The old tab's socket closes with a code of its own, and its recording is thrown away."""
    with opened() as (one, _, visit):
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        visit.taken_over.set()
        assert close_code(one) == 4001
    assert visit.told[-1] == "interrupted ANOTHER_TAB"


@pytest.mark.parametrize(
    "message",
    [
        b"no frame",
        plain(1, 0.5),  # older than those before it
        json.dumps({"type": "stop", "reason": "ANOTHER_TAB"}),
        json.dumps({"type": "unheard of"}),
        "{",
    ],
)
def test_what_cannot_be_read_ends_it(message: bytes | str) -> None:
    """A message that the page would not send closes the socket and names no content."""
    with opened() as (one, _, visit):
        one.say(type="record")
        send_evenly(one, 5.0, 2.0)
        one.socket.send(message)
        assert close_code(one) == 4000
    fault = one.of("error")[0]
    assert fault["reason"] in {"FRAME_MALFORMED", "FRAMES_OUT_OF_ORDER", "MESSAGE_MALFORMED"}
    assert visit.told[-1] == "interrupted UNREADABLE"
