"""Takes back every consent and has each server erase what it holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kizashi_protocol import Invite

from kizashi_agent.commands.ledger import clear_ledger
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.device_state import DeviceState, SentCheck
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.errors import AgentError, SealedRefusal
from kizashi_agent.submit.erasing import withdraw_check
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.waiting import waiting_checks

T = TypeVar("T")

NOTHING_HELD = "REPORT_UNKNOWN"
"""The reason of a sealed refusal by a server that holds nothing of a check."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A check that was erased.

    Attributes:
        check: what was withdrawn.
        receipt: the server's signed statement, or None where it held nothing any more.
    """

    check: SentCheck
    receipt: Path | None


@dataclass(frozen=True, slots=True)
class WithdrawalOutcome:
    """What was withdrawn, and what could not be and is still on record for the next try.

    Attributes:
        withdrawn: erased, or no longer held.
        failed: on record, each with what stopped it.
        damaged: records that cannot be read, so that nobody knows which check they are of.
        ledger: the ledger is still on this laptop.
        cleared: how many messages of the ledger were erased.
        thrown_away: how many checks were waiting to be sent, and now are not.
    """

    withdrawn: tuple[Withdrawn, ...]
    failed: tuple[tuple[SentCheck, AgentError], ...]
    damaged: tuple[StateUnreadable, ...]
    ledger: bool
    cleared: int
    thrown_away: int

    @property
    def fault(self) -> AgentError | None:
        """The first thing that went wrong, or None."""
        return next((error for _, error in self.failed), None) or next(iter(self.damaged), None)


def withdraw_all(surroundings: Surroundings, *, ledger: bool = False) -> WithdrawalOutcome:
    """Withdraws each check this laptop has sent.

    A server that does not answer, or a damaged record, does not hold up the other checks. What
    waits to be sent is thrown away first, whoever answers. The ledger stays: it is the person's
    own, no server has it, and it is what shows that the withdrawals were sent and answered.

    Args:
        surroundings: of the command.
        ledger: erase the ledger too, once everything is withdrawn.
    """
    checks, thrown_away = _taken(surroundings.state)
    withdrawn, failed = _withdraw_each(checks, surroundings)
    damaged = surroundings.state.damaged_checks()
    cleared = clear_ledger(surroundings) if ledger and not (failed or damaged) else 0
    kept = surroundings.ledger().exists()
    return WithdrawalOutcome(withdrawn, failed, tuple(damaged), kept, cleared, thrown_away)


def withdraw_one(surroundings: Surroundings, report_id: bytes) -> WithdrawalOutcome:
    """Withdraws this check alone; no server is asked about one that is not on record.

    If it waits to be sent it is thrown away first. The server is asked all the same, since it may
    have had it.
    """
    state = surroundings.state
    with state.files.sole():
        checks = [each for each in state.checks() if each.report_id == report_id]
        thrown_away = waiting_checks(state).is_kept(report_id)
        waiting_checks(state).drop(report_id)
    withdrawn, failed = _withdraw_each(checks, surroundings)
    kept = surroundings.ledger().exists()
    return WithdrawalOutcome(withdrawn, failed, (), kept, 0, int(thrown_away))


def _withdraw_each(
    checks: Iterable[SentCheck], surroundings: Surroundings
) -> tuple[tuple[Withdrawn, ...], tuple[tuple[SentCheck, AgentError], ...]]:
    return for_each(
        checks, lambda check, exchanger: _withdraw(check, exchanger, surroundings), surroundings
    )


def _taken(state: DeviceState) -> tuple[list[SentCheck], int]:
    # In one step: of a check that begins meanwhile, either all is here or nothing is yet.
    with state.files.sole():
        return state.checks(), waiting_checks(state).drop_all()


def for_each(
    checks: Iterable[SentCheck],
    ask: Callable[[SentCheck, Exchanger], T],
    surroundings: Surroundings,
) -> tuple[tuple[T, ...], tuple[tuple[SentCheck, AgentError], ...]]:
    """Asks the server of each check, over one connection a server; a fault stops no other.

    Returns:
        What came of each, and what stopped the others.
    """
    done: list[T] = []
    failed: list[tuple[SentCheck, AgentError]] = []
    connections: dict[Invite, Exchanger | AgentError] = {}
    for check in checks:
        reached = connections.get(check.invite) or _reach(check.invite, surroundings)
        connections[check.invite] = reached
        if isinstance(reached, AgentError):
            failed.append((check, reached))
            continue
        try:
            done.append(ask(check, reached))
        except AgentError as error:
            failed.append((check, error))
    return tuple(done), tuple(failed)


def _reach(invite: Invite, surroundings: Surroundings) -> Exchanger | AgentError:
    try:
        return surroundings.exchanger(surroundings.connect(invite))
    except AgentError as error:
        return error


def _withdraw(check: SentCheck, exchanger: Exchanger, surroundings: Surroundings) -> Withdrawn:
    state = surroundings.state
    try:
        receipt = withdraw_check(check, exchanger, surroundings.locale)
    except SealedRefusal as error:
        # Only under seal: outside it anybody on the way could say this, and the record would go.
        if error.reason != NOTHING_HELD:
            raise
        state.forget_check(check.report_id)
        return Withdrawn(check, None)
    path = state.keep_erasure(check.report_id, receipt)
    state.forget_check(check.report_id)
    return Withdrawn(check, path)
