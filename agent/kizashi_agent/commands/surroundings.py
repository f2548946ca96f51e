"""The world a command runs in: clock, randomness, state, terminal. Built once, in `edge`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from kizashi_protocol import Invite, Locale
from rich.console import Console

from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import TrustBroken
from kizashi_agent.ledger.store import Ledger, ledger_of
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.recorder import NotRecorded, Recorder
from kizashi_agent.submit.trust import Connection, connect

Confirm = Callable[[str], bool]
"""Puts a question to the person and returns their answer."""


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
        recorder: keeps each message.
        account: something is kept on the laptop; False for a command that keeps nothing.
    """

    state: DeviceState
    now: Callable[[], int]
    random_bytes: Callable[[int], bytes]
    console: Console
    confirm: Confirm | None
    locale: Locale
    recorder: Recorder
    account: bool

    def without_account(self, invite: Invite) -> Self:
        """The same world for a command that leaves nothing on the laptop.

        A directory version older than one this laptop has seen is refused all the same.
        """
        state = DeviceState.in_memory(self.random_bytes)
        root = invite.root_fingerprint
        state.remember_directory_version(root, self.state.highest_directory_version(root))
        return replace(self, state=state, recorder=NotRecorded(), account=False)

    def ledger(self) -> Ledger:
        """The ledger in the agent's folder."""
        return ledger_of(self.state, self.random_bytes)

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
                "site; a check can also be scored on this laptop alone, with --local.",
                reason="NO_PIN",
            )
        return kept

    def connect(self, invite: Invite) -> Connection:
        """A verified connection; errors as `trust.connect`."""
        return connect(invite, self.state, self.now, self.recorder)

    def exchanger(self, connection: Connection) -> Exchanger:
        """Sends and receives over a connection."""
        return Exchanger(connection, self.state, self.random_bytes, self.now, self.recorder)
