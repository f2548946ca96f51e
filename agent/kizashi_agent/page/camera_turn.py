"""What the camera's socket asks of the current visit, and tells it; see `CameraVisit`."""

from functools import partial

from kizashi_protocol.context import REPORT_ID_BYTES

from kizashi_agent.errors import AgentError, RecordingRefused
from kizashi_agent.page import visit as visits
from kizashi_agent.page.profile import Course, course_json
from kizashi_agent.page.recording import Interruption
from kizashi_agent.page.tabs import read_tab
from kizashi_agent.page.visit import Recorded, Stage
from kizashi_agent.page.world import PageWorld
from kizashi_agent.pipeline import Measured


class WrongToken(AgentError):
    """A socket that did not show the token."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "a socket without the token",
            "This page was not opened with its key. Go to where you started Kizashi, and open the "
            "whole address that it printed.",
            reason="TOKEN_WRONG",
        )


class CameraTurn:
    """The page's one visit, as the camera sees it; for the event loop alone.

    Connections come one after the other, so that there is one recording at a time. One that another
    step has ended meanwhile ends in no later one's place.
    """

    def __init__(self, world: PageWorld) -> None:
        self._world = world
        self._recording = 0

    def admit(self, token: object, tab: object) -> str:
        """See `CameraVisit`."""
        if not isinstance(token, str) or not self._world.rules.is_token(token):
            raise WrongToken
        opened = read_tab(tab)
        self._world.tab.check(opened)
        # Reloaded, the page may come back before the socket before it has ended.
        self._world.visit.now.require("camera", Stage.CAMERA, Stage.RECORDING)
        return opened

    async def moved_from(self, tab: str) -> None:
        """See `CameraVisit`."""
        await self._world.tab.moved_from(tab)

    def may_record(self) -> None:
        """See `CameraVisit`."""
        self._world.visit.now.require("record", Stage.CAMERA)

    def recording(self) -> None:
        """See `CameraVisit`."""
        self._recording = self._world.visit.turn(visits.recording_begun).recordings

    def measured(self, measured: Measured, course: Course, dropped: int) -> None:
        """See `CameraVisit`."""
        report_id = self._world.base.random_bytes(REPORT_ID_BYTES)
        recorded = Recorded(measured, partial(course_json, course), dropped, report_id)
        number = self._recording
        self._world.visit.turn(lambda visit: visits.recording_ended(visit, number, recorded))

    def refused(self, error: RecordingRefused) -> None:
        """See `CameraVisit`."""
        del error
        self._broken_off(None)

    def interrupted(self, reason: Interruption) -> None:
        """See `CameraVisit`; who stopped it need not be told so."""
        self._broken_off(None if reason is Interruption.STOPPED else reason)

    def _broken_off(self, why: str | None) -> None:
        number = self._recording
        self._world.visit.turn(lambda visit: visits.broken_off(visit, number, why))
