"""One connection of the browser's camera: frames in, what was made of them out.

Frames are measured one at a time, in a thread, so that the page is answered meanwhile. What is
measured is at most `MOST_UNDER_WAY` frames old: a frame that finds as many before it is dropped and
counted, never queued. The page holds itself to the same number by the acknowledgements.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, assert_never

import anyio
import anyio.lowlevel
import anyio.to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect

from kizashi_agent.errors import AgentError, InputError, RecordingRefused
from kizashi_agent.extract.clip import Measurer
from kizashi_agent.page.camera_messages import (
    MEASURED_CODE,
    MOVED_CODE,
    UNREADABLE_CODE,
    error_text,
    not_understood,
    phase_text,
    read_stop,
    read_text,
    refused_text,
)
from kizashi_agent.page.camera_visit import CameraVisit
from kizashi_agent.page.frame_wire import FrameHeader, read_frame, read_header
from kizashi_agent.page.profile import Course, course_of
from kizashi_agent.page.recording import (
    LONGEST_STALL,
    NEUTRAL,
    Complete,
    Interrupted,
    Interruption,
    Live,
    Moment,
    Phase,
    Preview,
    Running,
    arrive,
    ask,
    begins,
    take,
)
from kizashi_agent.pipeline import Measured, conclude
from kizashi_agent.segments import split

MOST_UNDER_WAY = 3
"""Frames received and not yet measured, the one being measured among them."""

_LOOKED_FOR_STALLS = 0.25  # seconds between looks


@dataclass(frozen=True, slots=True)
class _Received:
    """A frame that waits to be measured."""

    header: FrameHeader
    message: bytes = field(repr=False)
    arrived: float


class CameraConnection:
    """One connection that was admitted; see `CameraSocket` for the arguments.

    All but the measuring happens in the event loop.
    """

    def __init__(
        self,
        websocket: WebSocket,
        measurer: Measurer,
        visit: CameraVisit,
        wall_clock: Callable[[], float],
    ) -> None:
        self._websocket = websocket
        self._measurer = measurer
        self._visit = visit
        self._wall_clock = wall_clock
        self._state: Live = Preview()
        self._newest: FrameHeader | None = None
        self._last_came = anyio.current_time()
        self._told: list[dict[str, Any]] = []
        # Beside those in the stream one more is being measured.
        self._put, self._received = anyio.create_memory_object_stream[_Received](MOST_UNDER_WAY - 1)
        self._why_ended = Interruption.CLOSED

    async def run(self, tab: str) -> None:
        """Until the page goes, another tab takes over, or a recording has been measured."""
        self._measurer.restart()
        with self._put, self._received:
            try:
                async with anyio.create_task_group() as tasks:

                    async def until_done(work: Callable[[], Awaitable[None]]) -> None:
                        await work()
                        tasks.cancel_scope.cancel()

                    for work in (self._receive, self._measure_all, self._watch):
                        tasks.start_soon(until_done, work)
                    await self._visit.moved_from(tab)
                    self._why_ended = Interruption.ANOTHER_TAB
                    tasks.cancel_scope.cancel()
            finally:
                if isinstance(self._state, Running):
                    self._visit.interrupted(self._why_ended)
        if self._why_ended is Interruption.ANOTHER_TAB:
            await self._websocket.close(MOVED_CODE)

    async def _receive(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                if message.get("bytes") is not None:
                    await self._hold(message["bytes"])
                else:
                    await self._hear(read_text(message.get("text")))
            except InputError as error:
                self._why_ended = Interruption.UNREADABLE
                await self._send(error_text(error))
                await self._websocket.close(UNREADABLE_CODE)
                return

    async def _hold(self, message: bytes) -> None:
        header = self._newest = read_header(message, self._newest)
        self._last_came = anyio.current_time()
        try:
            self._put.send_nowait(_Received(header, message, self._wall_clock()))
        except anyio.WouldBlock:  # dropped; counted by what the browser says it showed
            await self._acknowledge(header)

    async def _hear(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "record":
                try:
                    self._visit.may_record()
                except AgentError as error:
                    await self._send(error_text(error))
                else:
                    self._state = ask(self._state)
            case "stop":
                await self._interrupt(read_stop(message))
            case _:
                raise not_understood()

    async def _watch(self) -> None:
        """Looks for a camera that gives nothing, which no frame tells."""
        while True:
            await anyio.sleep(_LOOKED_FOR_STALLS)
            if anyio.current_time() - self._last_came > LONGEST_STALL:
                await self._interrupt(Interruption.STALLED)

    async def _measure_all(self) -> None:
        await self._tell()
        async for received in self._received:
            is_over = await self._measure(received)
            await self._acknowledge(received.header)
            if is_over:
                await self._websocket.close(MEASURED_CODE)
                return

    async def _measure(self, received: _Received) -> bool:
        """Whether a recording was measured with this frame, and all is done."""
        header = received.header
        moment = Moment(header.timestamp, header.captured, received.arrived)
        state = arrive(self._state, moment)
        match state:
            case Complete():
                return await self._conclude(state)
            case Interrupted():
                await self._interrupt(state.reason)
                return False
            case Preview() | Running():
                pass
            case _:
                assert_never(state)
        if begins(state):
            try:
                self._visit.recording()
            except AgentError as error:  # the visit went on since it was asked for
                self._state = Preview()
                await self._send(error_text(error))
                return False
        self._state = state
        looked = await anyio.to_thread.run_sync(self._look, state, received)
        if self._state is state:  # or else it was stopped meanwhile
            self._state = looked
        await self._tell()
        return False

    def _look(self, state: Live, received: _Received) -> Live:
        """In the thread: the picture lives in this call alone."""
        if begins(state):
            self._measurer.restart()
        return take(state, self._measurer.measure(read_frame(received.header, received.message)))

    async def _conclude(self, recording: Complete) -> bool:
        running = self._state
        concluded = await anyio.to_thread.run_sync(self._concluded, recording)
        await anyio.lowlevel.checkpoint()  # where another tab took over, this ends here
        if self._state is not running:  # it was stopped meanwhile
            return False
        self._state = Preview()
        if isinstance(concluded, RecordingRefused):
            self._visit.refused(concluded)
            await self._send(refused_text(concluded))
            await self._tell()
            return False
        try:
            self._visit.measured(*concluded, recording.dropped)
        except AgentError as error:  # likewise
            await self._send(error_text(error))
            await self._tell()
            return False
        await self._send({"type": "phase", "phase": Phase.DONE, "ends_at": None})
        await self._send({"type": "measured"})
        return True

    def _concluded(self, recording: Complete) -> tuple[Measured, Course] | RecordingRefused:
        try:
            measured = conclude(recording.measurements, NEUTRAL, self._measurer.extractor_id)
        except RecordingRefused as error:
            return error
        introduction = split(recording.measurements, NEUTRAL).introduction
        return measured, course_of(introduction, measured.summary)

    async def _interrupt(self, reason: Interruption) -> None:
        """Throws away what was recorded, where something was."""
        was_running = isinstance(self._state, Running)
        self._state = Preview()
        if was_running:
            self._visit.interrupted(reason)
            await self._send({"type": "interrupted", "reason": reason})
        await self._tell()

    async def _tell(self) -> None:
        """Guidance and phase, where they changed."""
        guidance = {"type": "guidance", "message": self._state.guidance.message}
        told = [guidance, phase_text(self._state)]
        changed = [each for each in told if each not in self._told]
        self._told = told
        for each in changed:
            await self._send(each)

    async def _acknowledge(self, header: FrameHeader) -> None:
        await self._send({"type": "ack", "sequence": header.sequence})

    async def _send(self, text: dict[str, Any]) -> None:
        try:
            await self._websocket.send_json(text)
        except WebSocketDisconnect:
            return  # which the receiving end is told as well
