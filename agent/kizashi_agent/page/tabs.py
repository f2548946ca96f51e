"""Which of a browser's tabs drives: one at a time, so that no two undo each other's steps."""

import re

from anyio import Event

from kizashi_agent.errors import AgentError
from kizashi_agent.loopback.page_errors import BadRequest

TAB_HEADER = "x-kizashi-tab"
"""Carries the random id that a tab gave itself."""

_TAB = re.compile(r"[A-Za-z0-9_-]{8,64}")


class AnotherTab(AgentError):
    """A request of a tab that does not drive; nothing was done."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "a request of a tab that does not drive",
            "The self-check is open in another tab. Go on there, or have it moved to this one.",
            reason="ANOTHER_TAB",
        )


def read_tab(given: object) -> str:
    """The id of a tab.

    Raises:
        BadRequest: it has another form.
    """
    if isinstance(given, str) and _TAB.fullmatch(given):
        return given
    raise BadRequest("a request without the id of its tab")


class DrivingTab:
    """The tab that drives; none before the first has claimed. For the event loop alone."""

    def __init__(self) -> None:
        self._tab: str | None = None
        self._moved: Event | None = None

    @property
    def is_claimed(self) -> bool:
        """Whether a tab drives."""
        return self._tab is not None

    def drives(self, tab: str) -> bool:
        """Whether it is this one."""
        return self._tab == tab

    def check(self, tab: str) -> None:
        """Returns where this tab drives.

        Raises:
            AnotherTab: it does not.
        """
        if not self.drives(tab):
            raise AnotherTab

    def claim(self, tab: str, *, take_over: bool) -> None:
        """Has this tab drive from now on.

        Raises:
            AnotherTab: another does, and was not to be taken over.
        """
        if self.is_claimed and not self.drives(tab) and not take_over:
            raise AnotherTab
        moved = not self.drives(tab)
        self._tab = tab
        if moved and self._moved is not None:
            self._moved.set()
            self._moved = None

    async def moved_from(self, tab: str) -> None:
        """Returns once another tab than this one drives."""
        while self.drives(tab):
            if self._moved is None:
                self._moved = Event()
            await self._moved.wait()
