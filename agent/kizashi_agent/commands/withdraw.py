"""Takes back every consent and has each server erase what it holds."""

from dataclasses import dataclass
from pathlib import Path

from kizashi_protocol import Invite

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import AgentError, SealedRefusal
from kizashi_agent.submit.checking import withdraw_check
from kizashi_agent.submit.device_state import SentCheck
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.waiting import waiting_checks

_NOTHING_HELD = "REPORT_UNKNOWN"


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
        thrown_away: how many checks were waiting to be sent, and now are not.
    """

    withdrawn: tuple[Withdrawn, ...]
    failed: tuple[tuple[SentCheck, AgentError], ...]
    thrown_away: int = 0


def withdraw_all(surroundings: Surroundings) -> WithdrawalOutcome:
    """Withdraws each check this laptop has sent.

    One server that does not answer keeps no other check from being withdrawn. What waits to be
    sent is thrown away first, whoever answers.
    """
    thrown_away = waiting_checks(surroundings.state).drop_all()
    withdrawn: list[Withdrawn] = []
    failed: list[tuple[SentCheck, AgentError]] = []
    connections: dict[Invite, Exchanger | AgentError] = {}
    for check in surroundings.state.checks():
        reached = connections.get(check.invite) or _reach(check.invite, surroundings)
        connections[check.invite] = reached
        if isinstance(reached, AgentError):
            failed.append((check, reached))
            continue
        try:
            withdrawn.append(_withdraw(check, reached, surroundings))
        except AgentError as error:
            failed.append((check, error))
    return WithdrawalOutcome(tuple(withdrawn), tuple(failed), thrown_away)


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
        # Only under seal: anybody on the way could say so outside, and the record would be lost.
        if error.reason != _NOTHING_HELD:
            raise
        state.forget_check(check.report_id)
        return Withdrawn(check, None)
    path = state.keep_erasure(check.report_id, receipt)
    state.forget_check(check.report_id)
    return Withdrawn(check, path)
