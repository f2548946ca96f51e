"""The person's own history: checks kept on the laptop, for them alone, once they turned it on.

One sealed file a check. No server has it or is told of it; withdrawing a check leaves it here, and
only the person erases it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from kizashi_protocol import Feedback, Summary

from kizashi_agent.device.device_state import HISTORY_FOLDER, DeviceState
from kizashi_agent.device.sealed_files import KeptUnreadable, SealedFiles, sealed_files
from kizashi_agent.device.state_folder import StateFolder
from kizashi_agent.errors import StateError
from kizashi_agent.history.entry import HistoryEntry

_LABEL = b"kizashi/v1 check in the history"
_SWITCH = "history-on"


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """A check in the history.

    Attributes:
        name: by which it is removed.
        entry: what is kept of it.
    """

    name: str
    entry: HistoryEntry


@dataclass(frozen=True, slots=True)
class Kept:
    """What a history holds.

    Attributes:
        checks: the oldest first.
        damaged: an error for each file that does not open.
    """

    checks: Sequence[KeptCheck]
    damaged: Sequence[KeptUnreadable]

    @property
    def entries(self) -> list[HistoryEntry]:
        """The checks without their names."""
        return [each.entry for each in self.checks]


@dataclass(frozen=True, slots=True)
class History:
    """The history of a laptop.

    Attributes:
        sealed: its files.
        files: how the switch is kept.
        switch: the file that is there while checks are kept.
    """

    sealed: SealedFiles = field(repr=False)
    files: StateFolder
    switch: Path

    def is_on(self) -> bool:
        """Whether checks are kept; off until the person chooses."""
        return self.files.read(self.switch) is not None

    def turn(self, *, on: bool) -> None:
        """Has checks be kept from now on, or no longer; what is kept already stays."""
        if on:
            self.files.write(self.switch, b"on\n")
        else:
            self.files.remove(self.switch)

    def keep(self, entry: HistoryEntry) -> bool:
        """Keeps a check if that was chosen, once however often it is called; whether it did.

        Raises:
            StateError: the seed is missing or out of reach.
            OSError: it cannot be written.
        """
        if not self.is_on():  # asked first without the lock, which is a file itself
            return False
        with self.files.sole():
            if not self.is_on():
                return False
            name = None if entry.report_id is None else entry.report_id.hex()
            self.sealed.add(entry.encode(), name)
            return True

    def read(self) -> Kept:
        """Every check that can be read, and every file that cannot; errors as `SealedFiles.read`."""
        found, damaged = self.sealed.read()
        checks: list[KeptCheck] = []
        for each in found:
            try:
                checks.append(KeptCheck(each.name, HistoryEntry.decode(each.content)))
            except ValueError:
                damaged.append(KeptUnreadable(self.sealed.path(each.name)))
        return Kept(sorted(checks, key=lambda check: check.entry.time), damaged)

    def remove(self, name: str) -> bool:
        """Erases one check, readable or not; whether it was there."""
        return self.sealed.remove(name)

    def clear(self) -> int:
        """Erases every check and returns how many there were; the switch stays as it is."""
        return self.sealed.clear()


class HistoryOutcome(Enum):
    """What became of a check in the history."""

    KEPT = "kept"
    OFF = "off"
    """The person has not turned it on, or nothing of this check is to stay."""
    FAILED = "failed"


def history_of(state: DeviceState) -> History:
    """The history of a laptop, sealed with a key grown from its seed."""
    sealed = sealed_files(state, HISTORY_FOLDER, _LABEL)
    return History(sealed, state.files, state.folder / _SWITCH)


def keep_check(
    state: DeviceState,
    summary: Summary,
    feedback: Feedback,
    time: int,
    report_id: bytes | None = None,
) -> HistoryOutcome:
    """Keeps a check that was answered, if the person chose that.

    The feedback is on its way to them: what goes wrong here does not stop it.

    Args:
        state: of the laptop; one that ends with the process keeps nothing.
        summary: what was measured.
        feedback: what is shown.
        time: when they agreed to the check, in seconds since the epoch.
        report_id: 16 bytes; None where it was scored on the laptop.
    """
    try:
        kept = history_of(state).keep(HistoryEntry(time, summary, feedback, report_id))
    except (StateError, OSError):
        return HistoryOutcome.FAILED
    return HistoryOutcome.KEPT if kept else HistoryOutcome.OFF
