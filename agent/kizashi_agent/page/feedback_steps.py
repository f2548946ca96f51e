"""The steps after a check: what came of it, whom it is shared with, and what waited."""

from dataclasses import asdict
from typing import Any

from kizashi_protocol import Feedback, Recipient, Scope, consent_text
from kizashi_protocol.consent import readable_fingerprint
from starlette.routing import Route

from kizashi_agent.commands.cancel_shares import cancel_shares
from kizashi_agent.commands.check import Sent
from kizashi_agent.commands.send import SentLate, send_waiting
from kizashi_agent.commands.share import scoring_consent, sharing_offered
from kizashi_agent.device.recovery_code import code_was_seen, unseen_code
from kizashi_agent.errors import ConsentRefused
from kizashi_agent.history.store import HistoryOutcome
from kizashi_agent.loopback.given import Given
from kizashi_agent.loopback.page_errors import BadRequest, OutOfTurn
from kizashi_agent.page import visit as visits
from kizashi_agent.page.answering import Answer, looking, stepping
from kizashi_agent.page.steps import notice
from kizashi_agent.page.visit import Answered, Left, Stage, Visit
from kizashi_agent.page.world import PageWorld
from kizashi_agent.submit.sharing import counsellor_named, leave_feedback
from kizashi_agent.submit.waiting import waiting_checks


def feedback_routes(world: PageWorld) -> list[Route]:
    """The calls from the feedback on, and of what waited to be sent."""
    return [
        looking("/api/feedback", world, feedback),
        looking("/api/recovery", world, recovery),
        stepping("/api/recovery/seen", world, recovery_seen),
        stepping("/api/share", world, share),
        stepping("/api/share/cancel", world, cancel_share),
        stepping("/api/waiting/send", world, send_what_waits),
    ]


def feedback(world: PageWorld) -> Answer:
    """What came of the check, in words; and whom it can be shared with, which is offered once.

    From now on it can be shared.
    """
    answered = _answered(world.visit.turn(visits.shown))
    left = answered.left
    return _feedback_json(answered.feedback) | {
        "sent": None if answered.sent is None else _sent_json(answered.sent),
        "earlier": [_feedback_json(each.feedback) for each in answered.earlier],
        "sharing": [] if answered.offered else _offers(answered),
        "left": None if left is None else _left_json(left),
        **recovery(world),
    }


def recovery(world: PageWorld) -> Answer:
    """The recovery code and the invite it goes with, until the person says that they have it."""
    code = unseen_code(world.base.state)
    join = None if code is None else str(world.base.state.invite())
    return {"recovery_code": code, "recovery_join": join}


def recovery_seen(world: PageWorld, _: Given) -> Answer:
    """The person has the code; it is shown no more."""
    code_was_seen(world.base.state)
    return {}


def share(world: PageWorld, given: Given) -> Answer:
    """Leaves the feedback for one counsellor, who was named in the text that was agreed to.

    Raises:
        ConsentRefused: it was not agreed to.
        OutOfTurn: nothing can be shared, it was not read yet, or it was offered already.
    """
    answered = _answered(world.visit.now)
    sent, exchanger = answered.sent, answered.exchanger
    if not given.flag("agreed"):
        raise _not_agreed()
    if sent is None or exchanger is None or not answered.shown or answered.offered:
        raise OutOfTurn("share", Stage.FEEDBACK)
    counsellor = _named(given.text("recipient"), sharing_offered(sent.submitted, exchanger))
    if sent.submitted.opening_nonce is None:
        raise OutOfTurn("share", Stage.FEEDBACK)
    kept = leave_feedback(sent.submitted, sent.submitted.opening_nonce, counsellor, exchanger)
    left = Left(counsellor.name, kept)
    world.visit.turn(lambda visit: visits.left_for(visit, left))
    return _left_json(left)


def cancel_share(world: PageWorld, _: Given) -> Answer:
    """Takes back what waits for counsellors, of this check and of earlier ones.

    Raises:
        AgentError: the first thing that stopped one of them; those stay on record for another try.
    """
    outcome = cancel_shares(world.surroundings)
    if outcome.fault is not None:
        raise outcome.fault
    world.visit.turn(lambda visit: visits.left_for(visit, None))
    return {"taken_back": len(outcome.taken_back)}


def send_what_waits(world: PageWorld, _: Given) -> Answer:
    """Sends each check that waits; the newest feedback is shown first, and alone can be shared.

    Raises:
        AgentError: what stopped the first of them, where none was answered.
    """
    world.visit.now.require("send what waits", Stage.WELCOME, Stage.WAITING)
    outcome = send_waiting(world.surroundings)
    if outcome.sent:
        late = _answered_late(outcome.sent)
        visit = world.visit.turn(lambda visit: visits.late_feedback_came(visit, late))
        failed = [each.submitted.history for each in outcome.sent]
        history = HistoryOutcome.FAILED if HistoryOutcome.FAILED in failed else failed[-1]
        return notice(history, visit.locale) | {
            "not_sent": [{"reason": each.reason, "message": each.person} for each in outcome.failed]
        }
    if not waiting_checks(world.base.state).paths():
        world.visit.turn(visits.nothing_waits)
    if outcome.failed:
        raise outcome.failed[0]
    raise OutOfTurn("send what waits", world.visit.now.stage)


def _answered(visit: Visit) -> Answered:
    visit.require("feedback", Stage.FEEDBACK)
    if visit.answered is None:
        raise OutOfTurn("feedback", visit.stage)
    return visit.answered


def _answered_late(sent: tuple[SentLate, ...]) -> Answered:
    *earlier, newest = sent
    exchanger = newest.exchanger
    return Answered(
        newest.feedback,
        Sent(newest.address, exchanger.connection.programme, newest.submitted, account=True),
        exchanger,
        tuple(each.submitted for each in reversed(earlier)),
    )


def _offers(answered: Answered) -> list[dict[str, Any]]:
    sent, exchanger = answered.sent, answered.exchanger
    if sent is None or exchanger is None:
        return []
    # In the language of the consent to score, in which the consent to share will be recorded.
    scoring = scoring_consent(sent.submitted)
    offers = []
    for each in sharing_offered(sent.submitted, exchanger):
        named = counsellor_named(each)
        text = consent_text(Scope.SHARE, scoring.locale, scoring.terms, named)
        offers.append(
            {
                "name": each.name,
                "fingerprint": readable_fingerprint(each.fingerprint),
                "locale": scoring.locale,
                "text": text.text.strip(),
                "version": text.version,
                "digest": text.digest.hex(),
            }
        )
    return offers


def _named(fingerprint: str | None, offered: tuple[Recipient, ...]) -> Recipient:
    for each in offered:
        if fingerprint == readable_fingerprint(each.fingerprint):
            return each
    raise BadRequest("a recipient who was not offered")


def _not_agreed() -> ConsentRefused:
    return ConsentRefused(
        "no consent for share",
        "That is fine: nothing was shared, and nobody is told.",
        reason="NO_CONSENT_SHARE",
    )


def _feedback_json(given: Feedback) -> dict[str, Any]:
    return asdict(given)


def _left_json(left: Left) -> dict[str, Any]:
    return {
        "name": left.name,
        "code": left.feedback.code.written(),
        "until": left.feedback.expire_time,
    }


def _sent_json(sent: Sent) -> dict[str, Any]:
    submitted = sent.submitted
    receipts = submitted.receipt_files
    return {
        "address": sent.address,
        "operator": sent.programme.scoring_operator,
        "sent_bytes": submitted.sent_bytes,
        "received_bytes": submitted.received_bytes,
        "acknowledged": submitted.acknowledged,
        "account": sent.account,
        "receipts": str(receipts[0].parent) if receipts else None,
    }
