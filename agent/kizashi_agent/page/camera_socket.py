"""The WebSocket between the browser's camera and the extractor, both on this laptop.

From the page come one text that opens ({"type": "open", "token", "tab"}), then frames
(`frame_wire`) and two wishes: {"type": "record"} and {"type": "stop", "reason"}. Back go texts:
"ack" for every frame, "guidance" and "phase" when they change, "measured", "refused",
"interrupted" and "error".
"""

from collections.abc import Callable

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from kizashi_agent.errors import AgentError
from kizashi_agent.extract.clip import Measurer
from kizashi_agent.page.camera_connection import CameraConnection
from kizashi_agent.page.camera_messages import (
    NOT_ADMITTED_CODE,
    UNREADABLE_CODE,
    error_text,
    not_understood,
    read_text,
)
from kizashi_agent.page.camera_visit import CameraVisit

_FIRST_MESSAGE_WITHIN = 10.0  # seconds


class CameraSocket:
    """The endpoint; one connection measures at a time, with one extractor.

    Args:
        measurer: opened once for all recordings.
        visit: whom to ask and tell.
        wall_clock: seconds that go on while the laptop sleeps, such as `time.time`.
    """

    def __init__(
        self, measurer: Measurer, visit: CameraVisit, wall_clock: Callable[[], float]
    ) -> None:
        self._measurer = measurer
        self._visit = visit
        self._wall_clock = wall_clock
        self._turn = anyio.Lock()

    async def serve(self, websocket: WebSocket) -> None:
        """Serves one connection to its end; an endpoint of a Starlette `WebSocketRoute`."""
        await websocket.accept()
        try:
            tab = await self._opened(websocket)
            if tab is not None:
                async with self._turn:
                    await CameraConnection(
                        websocket, self._measurer, self._visit, self._wall_clock
                    ).run(tab)
        except WebSocketDisconnect:
            return

    async def _opened(self, websocket: WebSocket) -> str | None:
        """The tab that opened the connection; None where it was closed instead."""
        code, fault = NOT_ADMITTED_CODE, None
        with anyio.move_on_after(_FIRST_MESSAGE_WITHIN):
            try:
                message = read_text((await websocket.receive()).get("text"))
                if message.get("type") != "open":
                    raise not_understood()
            except AgentError as error:
                code, fault = UNREADABLE_CODE, error
            else:
                try:
                    return self._visit.admit(message.get("token"), message.get("tab"))
                except AgentError as error:
                    fault = error
        if fault is not None:
            await websocket.send_json(error_text(fault))
        await websocket.close(code)
        return None
