"""Erases from the laptop all that is not needed to take something back from a server."""

from dataclasses import dataclass

from kizashi_agent.commands.history import Erased, clear_own
from kizashi_agent.commands.ledger import clear_ledger
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.device_state import RESTORED_FOLDER, STANDING_FOLDER, DeviceState
from kizashi_agent.history.store import history_of
from kizashi_agent.submit.waiting import waiting_checks


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What servers may still hold something of, by this laptop's records, readable or not.

    Attributes:
        checks: sent, and not withdrawn.
        consents: that outlast a check, and programmes of a backup that was restored.
    """

    checks: int
    consents: int

    @property
    def anything(self) -> bool:
        """Whether keys and records must stay, so that it can be withdrawn."""
        return bool(self.checks or self.consents)


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was erased from the laptop, and what stays on it.

    Attributes:
        own: history and answers.
        waiting: checks that were not sent yet, and now will not be.
        messages: of the ledger.
        stays: what the keys and records that stay can still take back from servers; where it is
            nothing, neither keys nor records are left.
    """

    own: Erased
    waiting: int
    messages: int
    stays: OnRecord


def on_record(state: DeviceState) -> OnRecord:
    """What the laptop's records name."""

    def count(folder: str) -> int:
        return len(state.files.files(state.folder / folder))

    return OnRecord(count("checks"), count(STANDING_FOLDER) + count(RESTORED_FOLDER))


def clear_everything(surroundings: Surroundings) -> Cleared:
    """Erases history, answers, unsent checks and the ledger, and turns the history off.

    No server is asked for anything. The records of what servers may hold stay, with their keys:
    withdrawing is another step, and needs both. Where there are none, invite, receipts, and what was
    seen of directories and logs go too.
    """
    state = surroundings.state
    with state.files.sole():
        waiting = waiting_checks(state).drop_all()
        history_of(state).turn(on=False)
        own = clear_own(surroundings)
        messages = clear_ledger(surroundings)
        stays = on_record(state)
        if not stays.anything:
            state.forget_programmes()
            state.forget_everything()
    surroundings.recorder.forget()
    return Cleared(own, waiting, messages, stays)
