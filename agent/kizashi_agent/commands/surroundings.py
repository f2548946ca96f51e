"""The world a command runs in: clock, randomness, state, terminal. Built once, in `edge`."""

from collections.abc import Callable
from dataclasses import dataclass

from kizashi_protocol import Invite, Locale
from rich.console import Console

from kizashi_agent.errors import TrustBroken
from kizashi_agent.show.asking import Confirm
from kizashi_agent.submit.device_state import DeviceState
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.trust import Connection, connect


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command may touch.

    Attributes:
        state: the agent's folder.
        now: seconds since the epoch.
        random_bytes: gives that many unpredictable bytes.
        console: where the person reads.
        confirm: puts a question to the person; None where nobody is there to answer.
        locale: the language spoken.
    """

    state: DeviceState
    now: Callable[[], int]
    random_bytes: Callable[[int], bytes]
    console: Console
    confirm: Confirm | None
    locale: Locale

    def invite(self, given: str | None) -> Invite:
        """The invite given, or else the one last used.

        Raises:
            MalformedInvite: the one given cannot be read.
            TrustBroken: there is none, so there is no pin.
        """
        if given is not None:
            return Invite.parse(given)
        kept = self.state.invite()
        if kept is None:
            raise TrustBroken(
                "no invite, so no pin",
                "This laptop has not joined a programme. Add --join with the invite from your "
                "site, or --local to be scored on this laptop.",
                reason="NO_PIN",
            )
        return kept

    def connect(self, invite: Invite) -> Connection:
        """A verified connection; errors as `trust.connect`."""
        return connect(invite, self.state, self.now)

    def exchanger(self, connection: Connection) -> Exchanger:
        """Sends and receives over a connection."""
        return Exchanger(connection, self.state, self.random_bytes, self.now)
