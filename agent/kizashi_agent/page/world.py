"""What the page's handlers may touch; built once, where the page is served."""

from dataclasses import dataclass, field, replace

from anyio import Lock
from kizashi_protocol import Invite

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.extract.clip import Measurer
from kizashi_agent.loopback.guard import Rules
from kizashi_agent.loopback.ticket import Ticket
from kizashi_agent.page.tabs import DrivingTab
from kizashi_agent.page.visit import CurrentVisit


@dataclass(frozen=True, slots=True)
class PageWorld:
    """The page's surroundings.

    Attributes:
        base: as of a command, with nobody at the terminal.
        measurer: of the camera's frames; opened once.
        rules: where the page is and what opens it.
        ticket: opens the page once, in the browser that is started for it.
        visit: the one under way.
        tab: the one that drives.
        one_step: held while a step is taken, since a step may wait for the network.
        invite: what the page was opened with, for who types none; None to use the one last used.
    """

    base: Surroundings
    measurer: Measurer
    rules: Rules
    ticket: Ticket
    visit: CurrentVisit
    tab: DrivingTab = field(default_factory=DrivingTab)
    one_step: Lock = field(default_factory=Lock)
    invite: Invite | None = None

    @property
    def surroundings(self) -> Surroundings:
        """The same in the language that is spoken now."""
        return replace(self.base, locale=self.visit.now.locale)
