"""What the camera's socket asks of a visit to the page, and tells it."""

from typing import Protocol

from kizashi_agent.errors import RecordingRefused
from kizashi_agent.page.profile import Course
from kizashi_agent.page.recording import Interruption
from kizashi_agent.pipeline import Measured


class CameraVisit(Protocol):
    """A visit, as far as the camera goes; called in the event loop."""

    def admit(self, token: object, tab: object) -> str:
        """The tab, where it may open the camera now; raises an `AgentError` where it may not."""
        ...

    async def moved_from(self, tab: str) -> None:
        """Returns once another tab than this one drives."""
        ...

    def may_record(self) -> None:
        """Returns where a recording may begin now; raises an `AgentError` where it may not."""
        ...

    def recording(self) -> None:
        """A recording has begun; raises an `AgentError` where it may not."""
        ...

    def measured(self, measured: Measured, course: Course, dropped: int) -> None:
        """A recording passed the gate; so many frames of it were not measured.

        Raises an `AgentError` where nobody waits for it any more.
        """
        ...

    def refused(self, error: RecordingRefused) -> None:
        """A recording did not pass the gate and is gone."""
        ...

    def interrupted(self, reason: Interruption) -> None:
        """A recording was thrown away half-way."""
        ...
