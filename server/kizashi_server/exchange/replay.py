"""What a remembered report means for an envelope that comes now: one pure decision."""

from enum import Enum, auto

from kizashi_server.store.replay_contract import Remembered, ReportState


class Verdict(Enum):
    """Where an envelope stands towards what is remembered under its report id."""

    NEW = auto()
    """Nothing is remembered, or the worker that had it is gone: it may be claimed."""
    IN_PROGRESS = auto()
    """The same envelope is being worked on."""
    ANSWERED = auto()
    """The same envelope was answered, and the sealed reply is kept."""
    CONFLICT = auto()
    """Another envelope has this report id."""
    GONE = auto()
    """It was answered, and the answer is erased, acknowledged or past its time."""


def verdict(remembered: Remembered | None, envelope_digest: bytes, now: int) -> Verdict:
    """Decides; `now` in seconds since the epoch.

    After an erasure every envelope under the id is GONE, whatever it holds: a laptop that lost
    its record of the check must learn that, and not that its own report is somebody else's.
    """
    if remembered is None:
        return Verdict.NEW
    if remembered.state is ReportState.ERASED:
        return Verdict.GONE
    if remembered.envelope_digest != envelope_digest:
        return Verdict.CONFLICT
    if remembered.state is ReportState.PENDING:
        return Verdict.IN_PROGRESS if now < remembered.lease_expire_time else Verdict.NEW
    kept = remembered.sealed_reply is not None and now < remembered.reply_expire_time
    return Verdict.ANSWERED if kept else Verdict.GONE
