"""Sends the checks that wait on this laptop."""

from dataclasses import dataclass, field

from kizashi_protocol import Feedback, read_consent

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import AgentError, BrokenOff, ConsentRefused, TrustBroken
from kizashi_agent.submit.checking import Submitted, send_check
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.waiting import WaitingCheck, WaitingChecks, waiting_checks


@dataclass(frozen=True, slots=True)
class SentLate:
    """A check that waited and was answered.

    Attributes:
        agreed_time: seconds since the epoch.
        submitted: what came of it.
        exchanger: to the server that answered, for what the person may want of it next.
    """

    agreed_time: int
    submitted: Submitted
    exchanger: Exchanger = field(repr=False)

    @property
    def address(self) -> str:
        """Where it went."""
        return self.exchanger.connection.invite.address

    @property
    def feedback(self) -> Feedback:
        """What was answered."""
        return self.submitted.feedback


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What was sent, and why the rest was not."""

    sent: tuple[SentLate, ...]
    failed: tuple[AgentError, ...]


def send_waiting(surroundings: Surroundings) -> SendOutcome:
    """Sends each check that waits, the oldest first; one that fails does not stop the others.

    Ctrl-C does: the checks that are left go on waiting, and what was answered before can be shown.
    """
    waiting = waiting_checks(surroundings.state)
    sent: list[SentLate] = []
    failed: list[AgentError] = []
    readable: list[WaitingCheck] = []
    for path in waiting.paths():
        try:
            readable.append(waiting.read(path))
        except AgentError as error:
            # A file that another command took away meanwhile is not a damaged one.
            if path in waiting.paths():
                failed.append(error)
    for check in sorted(readable, key=lambda each: each.agreed_time):
        try:
            sent.append(_send(check, waiting, surroundings))
        except (BrokenOff, KeyboardInterrupt) as error:
            failed.append(error if isinstance(error, BrokenOff) else BrokenOff())
            break
        except AgentError as error:
            failed.append(error)
    return SendOutcome(tuple(sent), tuple(failed))


def _send(check: WaitingCheck, waiting: WaitingChecks, surroundings: Surroundings) -> SentLate:
    if surroundings.now() >= check.expire_time:
        waiting.drop(check.report_id)
        raise ConsentRefused(
            "the consent of a waiting check has ended",
            "A check waited longer than its consent holds, so it was thrown away unsent. Start a "
            "new check if you still want one.",
            reason="CONSENT_EXPIRED",
        )
    connection = surroundings.connect(check.invite)
    terms = connection.programme.terms(check.invite.root_fingerprint)
    same_terms = all(read_consent(each).terms == terms for each in check.consents)
    if not same_terms or connection.programme.scorer_id != check.scorer_id:
        waiting.drop(check.report_id)
        raise TrustBroken(
            "the programme changed while a check waited",
            "The programme's terms or scorer changed while a check waited, so it was thrown away "
            "unsent. Start a new check, and read who scores it.",
            reason="TERMS_CHANGED",
        )
    exchanger = surroundings.exchanger(connection)
    return SentLate(check.agreed_time, send_check(check, exchanger), exchanger)
