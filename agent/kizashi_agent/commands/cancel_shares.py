"""Takes back what waits for a counsellor; the checks that were shared stay as they are."""

from dataclasses import dataclass, replace
from pathlib import Path

from kizashi_protocol import Scope

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import NOTHING_HELD, for_each
from kizashi_agent.device.device_state import SentCheck
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.errors import AgentError, SealedRefusal
from kizashi_agent.submit.erasing import withdraw_share
from kizashi_agent.submit.exchange import Exchanger


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A check whose feedback no longer waits for a counsellor.

    Attributes:
        check: whose feedback was shared.
        receipt: the server's signed statement, or None where it held nothing of the check.
    """

    check: SentCheck
    receipt: Path | None


@dataclass(frozen=True, slots=True)
class CancelOutcome:
    """What was taken back, and what could not be and is still on record for the next try.

    Attributes:
        taken_back: these no longer wait.
        failed: on record as shared, each with what stopped it.
        damaged: records that cannot be read, so that nobody knows whether they were shared.
    """

    taken_back: tuple[TakenBack, ...]
    failed: tuple[tuple[SentCheck, AgentError], ...]
    damaged: tuple[StateUnreadable, ...]

    @property
    def fault(self) -> AgentError | None:
        """The first thing that went wrong, or None."""
        return next((error for _, error in self.failed), None) or next(iter(self.damaged), None)


def cancel_shares(surroundings: Surroundings) -> CancelOutcome:
    """Has each server erase what this laptop left for counsellors.

    Check, receipts and what else was consented to stay. A server that does not answer does not hold
    up the others.
    """
    shared = [check for check in surroundings.state.checks() if check.shared]
    taken_back, failed = for_each(
        shared, lambda check, exchanger: _take_back(check, exchanger, surroundings), surroundings
    )
    damaged = surroundings.state.damaged_checks()
    return CancelOutcome(taken_back, failed, tuple(damaged))


def _take_back(check: SentCheck, exchanger: Exchanger, surroundings: Surroundings) -> TakenBack:
    state, path = surroundings.state, None
    try:
        receipt = withdraw_share(check, exchanger, surroundings.locale)
    except SealedRefusal as error:
        # Only under seal: outside it anybody on the way could say this, and the record would go.
        if error.reason != NOTHING_HELD:
            raise
    else:
        path = state.keep_erasure(check.report_id, receipt, Scope.SHARE)
    state.remember_check(replace(check, shared=False))
    return TakenBack(check, path)
