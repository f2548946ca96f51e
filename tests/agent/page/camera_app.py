"""The camera's socket in an application that is really served, for a visit that a test plays."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import uvicorn
from kizashi_agent.errors import InputError, RecordingRefused
from kizashi_agent.extract.clip import Measurer
from kizashi_agent.frames import Frame
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.page.camera_socket import CameraSocket
from kizashi_agent.page.frame_wire import LARGEST_MESSAGE
from kizashi_agent.page.profile import Course
from kizashi_agent.page.recording import Interruption
from kizashi_agent.pipeline import Measured
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute
from websockets.sync.client import ClientConnection, connect

from tests.agent.measurements import Face

TOKEN, TAB = "t" * 43, "tab-number-one"


@dataclass
class PlayedVisit:
    """A visit that admits one token and keeps what it was told.

    Attributes:
        record_allowed: whether a recording may be asked for.
        gone_on: whether the visit is elsewhere by the time a recording begins or ends.
        told: what happened, in order.
        taken_over: set from a test to have another tab drive.
    """

    record_allowed: bool = True
    gone_on: bool = False
    told: list[str] = field(default_factory=list)
    measurement: tuple[Measured, Course, int] | None = None
    refusal: RecordingRefused | None = None
    taken_over: threading.Event = field(default_factory=threading.Event)

    def admit(self, token: object, tab: object) -> str:
        """See `CameraVisit`."""
        if token != TOKEN or not isinstance(tab, str):
            raise InputError("wrong token", "Open the address again.", reason="TOKEN_WRONG")
        self.told.append(f"admitted {tab}")
        return tab

    async def moved_from(self, tab: str) -> None:
        """See `CameraVisit`."""
        while not self.taken_over.is_set():
            await anyio.sleep(0.01)

    def may_record(self) -> None:
        """See `CameraVisit`."""
        if not self.record_allowed:
            raise _out_of_turn()

    def recording(self) -> None:
        """See `CameraVisit`."""
        if self.gone_on:
            raise _out_of_turn()
        self.told.append("recording")

    def measured(self, measured: Measured, course: Course, dropped: int) -> None:
        """See `CameraVisit`."""
        if self.gone_on:
            raise _out_of_turn()
        self.told.append("measured")
        self.measurement = (measured, course, dropped)

    def refused(self, error: RecordingRefused) -> None:
        """See `CameraVisit`."""
        self.told.append(f"refused {error.reason}")
        self.refusal = error

    def interrupted(self, reason: Interruption) -> None:
        """See `CameraVisit`."""
        self.told.append(f"interrupted {reason}")

    def wait_for(self, told: str) -> None:
        """Returns once it was told so; what the other end of a socket does takes a moment."""
        end = time.monotonic() + 10
        while told not in self.told:
            assert time.monotonic() < end, self.told
            time.sleep(0.01)


def _out_of_turn() -> InputError:
    return InputError("not now", "Agree first.", reason="OUT_OF_TURN")


class PlayedMeasurer:
    """Measures every frame as the same face, at once or when it is let.

    Attributes:
        face: what it sees; None for nobody.
        measured: sequences of the frames.
        restarts: of frames, how many had been measured at each.
        let: not set while measuring is to wait.
        begun: set when measuring of a frame begins.
    """

    extractor_id = "test/1"
    mode = "static"

    def __init__(self, face: Face | None = None) -> None:
        self.face = face
        self.measured: list[int] = []
        self.restarts: list[int] = []
        self.let = threading.Event()
        self.let.set()
        self.begun = threading.Event()

    def restart(self) -> None:
        """See `Measurer`."""
        self.restarts.append(len(self.measured))

    def measure(self, frame: Frame) -> FrameMeasurement:
        """See `Measurer`."""
        self.begun.set()
        assert self.let.wait(10)
        self.measured.append(frame.index)
        seen = None if self.face is None else self.face.measurement()
        return FrameMeasurement(frame.index, frame.timestamp, 0 if seen is None else 1, seen)


@contextlib.contextmanager
def served(
    measurer: Measurer,
    visit: PlayedVisit,
    wall_clock: Callable[[], float] = time.time,
    routes: tuple[BaseRoute, ...] = (),
) -> Iterator[int]:
    """The port of an application with the camera's socket, served for as long as the block."""
    camera = CameraSocket(measurer, visit, wall_clock)
    app = Starlette(routes=[WebSocketRoute("/api/camera", camera.serve), *routes])
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="critical",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


class Page:
    """The page's end of the socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    def say(self, **message: object) -> None:
        """Sends a text."""
        self.socket.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        """The next text."""
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
        self.heard.append(message)
        return message

    def hear_until(self, kind: str) -> dict[str, Any]:
        """The next text of this type; those before it are kept in `heard`."""
        while True:
            message = self.hear()
            if message["type"] == kind:
                return message

    def send(self, frame: bytes) -> None:
        """Sends a frame and waits until it was acknowledged."""
        self.socket.send(frame)
        self.hear_until("ack")

    def of(self, kind: str) -> list[dict[str, Any]]:
        """What was heard of this type."""
        return [each for each in self.heard if each["type"] == kind]


@contextlib.contextmanager
def page(port: int, token: str = TOKEN, tab: str = TAB) -> Iterator[Page]:
    """A page that has opened the socket."""
    with connect(f"ws://127.0.0.1:{port}/api/camera", compression=None) as socket:
        opened = Page(socket)
        opened.say(type="open", token=token, tab=tab)
        yield opened
