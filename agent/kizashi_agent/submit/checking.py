"""Submits a check: consents signed, summary sealed, reply opened, receipts kept."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from kizashi_protocol import (
    CHECK_VALIDITY,
    Feedback,
    Locale,
    Summary,
    read_consent,
)
from kizashi_protocol.context import REPORT_ID_BYTES

from kizashi_agent.device.device_state import SentCheck
from kizashi_agent.errors import (
    AgentError,
    BrokenOff,
    ConsentRefused,
    ServerRefused,
    ServerUnreachable,
    StateError,
    TrustBroken,
)
from kizashi_agent.history.store import HistoryOutcome, keep_check
from kizashi_agent.submit.consents import Agreement, sign_agreement, signing_keys
from kizashi_agent.submit.erasing import acknowledge, score_key_of
from kizashi_agent.submit.exchange import KEY_OUTDATED, Attempt, Exchanged, Exchanger
from kizashi_agent.submit.receipt_checks import check_receipts
from kizashi_agent.submit.research_answers import answers_for_research
from kizashi_agent.submit.riding import check_content
from kizashi_agent.submit.standing import standing_consents
from kizashi_agent.submit.waiting import WaitingCheck, WaitingChecks, waiting_checks
from kizashi_agent.words import minute

_PASSING = frozenset(
    {
        "RATE_LIMITED",
        "REPORT_IN_PROGRESS",
        "DEADLINE_PASSED",
        "STORE_UNAVAILABLE",
        "INTERNAL",
        "REPLY_TAMPERED",
        "REPLY_MALFORMED",
    }
)
"""Reasons that may be gone at another time, or on another network."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A check that was answered.

    Attributes:
        report_id: 16 bytes.
        feedback: for the person alone.
        receipts: consents, countersigned.
        sent_bytes: size of the sealed report.
        received_bytes: size of the sealed reply.
        acknowledged: the server was told to drop its sealed copy of the reply.
        consents: as they were sent, scoring first.
        opening_nonce: from beside the feedback, 32 bytes; None where nothing can be shared. It is
            kept for as long as the command runs, and encrypted in the ledger's copy of the reply.
        receipt_files: the receipts with what it takes to verify them offline.
        history: whether it was kept in the person's own history.
    """

    report_id: bytes
    feedback: Feedback = field(repr=False)
    receipts: tuple[str, ...] = field(repr=False)
    sent_bytes: int
    received_bytes: int
    acknowledged: bool
    consents: tuple[str, ...] = field(default=(), repr=False)
    opening_nonce: bytes | None = field(default=None, repr=False)
    receipt_files: tuple[Path, ...] = ()
    history: HistoryOutcome = HistoryOutcome.OFF


def submit_check(  # noqa: PLR0913 - what is sent, under what, to whom, told in which language
    summary: Summary,
    agreement: Agreement,
    exchanger: Exchanger,
    standing: tuple[str, ...] = (),
    report_id: bytes | None = None,
    *,
    locale: Locale | None = None,
) -> Submitted:
    """Sends one check and returns its feedback.

    Args:
        summary: what was measured.
        agreement: the consents for this check.
        exchanger: connected to the programme's server.
        standing: consents that outlast a check and ride along, as tokens; one that was taken back
            while the check was recorded stays behind. Answers that the person added for research
            ride with the consent they were added under.
        report_id: of the recording, 16 bytes, for whoever may try more than once: what waits under
            it is sent as it was, and no server scores it twice. None to draw a new one.
        locale: the language to be answered in; that of the agreement unless it is given.

    Raises:
        AgentError: as `send_check`.
    """
    report_id = report_id or exchanger.random_bytes(REPORT_ID_BYTES)
    waiting = waiting_checks(exchanger.state)
    try:
        # In one step, so that a withdrawal meanwhile finds all of the check or nothing.
        with exchanger.state.files.sole():
            check = waiting.find(report_id) or _put_to_wait(
                summary, agreement, exchanger, standing, report_id=report_id, locale=locale
            )
    except KeyboardInterrupt:
        # Ctrl-C may come when the check is kept and not yet being sent.
        kept = waiting.find(report_id) if exchanger.state.lasting else None
        if kept is None:
            raise
        raise _broken_off(kept, waits=True) from None
    return send_check(check, exchanger)


def _put_to_wait(  # noqa: PLR0913 - as `submit_check`
    summary: Summary,
    agreement: Agreement,
    exchanger: Exchanger,
    standing: tuple[str, ...],
    *,
    report_id: bytes,
    locale: Locale | None,
) -> WaitingCheck:
    connection, state, now = exchanger.connection, exchanger.state, exchanger.now()
    # Kept before sending, so that a check whose reply is lost can still be withdrawn.
    seed = state.open_check(SentCheck(report_id, connection.invite, now))
    check = prepared_check(
        summary,
        agreement,
        exchanger,
        standing,
        seed=seed,
        report_id=report_id,
        now=now,
        locale=locale or agreement.locale,
    )
    answers_for_research(state).spend(check.consents, now)
    waiting_checks(state).keep(check)
    return check


def prepared_check(  # noqa: PLR0913 - what is sent, under what, by whom, when
    summary: Summary,
    agreement: Agreement,
    exchanger: Exchanger,
    standing: tuple[str, ...],
    *,
    seed: bytes,
    report_id: bytes,
    now: int,
    locale: Locale,
) -> WaitingCheck:
    """A check with its consents signed; nothing is kept or sent.

    Args:
        summary: as for `submit_check`, and likewise the next three.
        agreement: the consents for this check.
        exchanger: connected to the programme's server.
        standing: consents that ride along, as tokens.
        seed: of the keys that sign, 32 bytes.
        report_id: of the check, 16 bytes.
        now: seconds since the epoch.
        locale: the language to be answered in; the consents keep that in which they were given.
    """
    connection = exchanger.connection
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    # Without an account nobody has the code, so no tag is sent either.
    recoverable = exchanger.state.lasting
    consents = sign_agreement(
        agreement, seed, terms, report_id=report_id, now=now, recoverable=recoverable
    )
    riding = _still_given(standing, exchanger)
    return WaitingCheck(
        report_id=report_id,
        invite=connection.invite,
        locale=locale,
        consents=(*consents.tokens, *riding),
        scorer_id=connection.programme.scorer_id,
        summary=summary,
        agreed_time=now,
        expire_time=now + CHECK_VALIDITY,
        added=answers_for_research(exchanger.state).riding(riding, now),
    )


def send_check(check: WaitingCheck, exchanger: Exchanger) -> Submitted:
    """Sends a check that waits, for the first time or again, and returns its feedback.

    It waits on the laptop from before it is sent until it is answered, or can no longer be; in a
    check without an account it waits in memory, for whoever tries again at once. Its answer goes
    into the history where the person has turned that on.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when a receipt does not hold;
            `ConsentRefused` when it was given up meanwhile; `BrokenOff` on Ctrl-C. The person is told
            where the check still waits.
    """
    waiting = waiting_checks(exchanger.state)
    try:
        answer = _answer(check, exchanger, waiting)
        submitted = _submitted(check, answer, exchanger)
    except AgentError as error:
        if not _worth_another_try(error):
            waiting.drop(check.report_id)
        elif exchanger.state.lasting and waiting.is_kept(check.report_id):
            raise _still_waiting(error, check) from None
        raise
    except KeyboardInterrupt:
        waits = exchanger.state.lasting and waiting.is_kept(check.report_id)
        raise _broken_off(check, waits=waits) from None
    waiting.drop(check.report_id)
    history = keep_check(
        exchanger.state, check.summary, submitted.feedback, check.agreed_time, check.report_id
    )
    return replace(submitted, history=history)


def _answer(check: WaitingCheck, exchanger: Exchanger, waiting: WaitingChecks) -> Exchanged:
    seed = exchanger.state.seed()
    content = check_content(check, seed, exchanger.connection, exchanger.now())
    keys = signing_keys(check.consents, seed)

    def sealed(by: Exchanger) -> Attempt:
        return by.seal(content, keys, locale=check.locale, report_id=check.report_id)

    def sent(attempt: Attempt, by: Exchanger) -> Exchanged:
        # A withdrawal after this finds it on its way: the server, when asked, counts it as erased.
        if not waiting.renew(replace(check, attempt=attempt)):
            raise _given_up()
        return by.send(attempt)

    try:
        return sent(check.attempt or sealed(exchanger), exchanger)
    except ServerRefused as error:
        if error.reason != KEY_OUTDATED:
            raise
    renewed = exchanger.renewed(content)
    return sent(sealed(renewed), renewed)


def _submitted(check: WaitingCheck, answer: Exchanged, exchanger: Exchanger) -> Submitted:
    feedback, receipts = answer.reply.outcome, answer.reply.consent_receipts
    if not isinstance(feedback, Feedback):
        raise ServerRefused(
            "the server returned no feedback",
            "The server returned no feedback on this check. Tell your site's contact.",
            reason="NO_FEEDBACK",
        )
    given = [read_consent(token) for token in check.consents]
    check_receipts(receipts, given, answer.directory, _untrue)
    sent = SentCheck(check.report_id, check.invite, check.agreed_time, receipts)
    with exchanger.state.files.sole():
        if not exchanger.state.is_on_record(check.report_id):
            raise _withdrawn_meanwhile()
        exchanger.state.remember_check(sent)
        kept = tuple(
            exchanger.state.keep_receipt(check.report_id, read_consent(consent).scope, bundle)
            for consent, bundle in zip(check.consents, answer.bundles, strict=True)
        )
    return Submitted(
        check.report_id,
        feedback,
        receipts,
        answer.sent_bytes,
        answer.received_bytes,
        acknowledge(check.report_id, score_key_of(sent, exchanger), check.locale, exchanger),
        check.consents,
        answer.reply.opening_nonce,
        kept,
    )


def _still_given(standing: tuple[str, ...], exchanger: Exchanger) -> tuple[str, ...]:
    given = standing_consents(exchanger.state).given_to(exchanger.connection.invite)
    tokens = {each.token for each in given if not each.taken_back}
    return tuple(token for token in standing if token in tokens)


def _given_up() -> ConsentRefused:
    return ConsentRefused(
        "a check was given up while it was about to be sent",
        "This check no longer waits on this laptop: another command withdrew or sent it meanwhile. "
        "So it was not sent by this one. What was sent and came back, kizashi ledger shows.",
        reason="CHECK_GIVEN_UP",
    )


def _withdrawn_meanwhile() -> ConsentRefused:
    return ConsentRefused(
        "a check was withdrawn while its answer was under way",
        "This check was withdrawn by another command while its answer was under way, so the answer "
        "is not shown. Nothing more needs to be done; the erasure receipt is with the withdrawal.",
        reason="CHECK_WITHDRAWN",
    )


def _worth_another_try(error: AgentError) -> bool:
    return isinstance(error, ServerUnreachable | StateError) or error.reason in _PASSING


def _still_waiting(error: AgentError, check: WaitingCheck) -> AgentError:
    kind = StateError if isinstance(error, StateError) else type(error)
    return kind(error.log, f"{error.person} {_waits(check)}", reason=error.reason)


def _broken_off(check: WaitingCheck, *, waits: bool) -> BrokenOff:
    if waits:
        return BrokenOff(f"Broken off. {_waits(check)}")
    # Without an account, or given up by another command meanwhile.
    return BrokenOff(
        "Broken off. The check may have reached the server; it does not wait on this laptop."
    )


def _waits(check: WaitingCheck) -> str:
    until = minute(check.expire_time)
    return (
        f"The check waits on this laptop, encrypted, until {until}. Send it with: kizashi send. "
        "Throw it away with: kizashi withdraw --all"
    )


def _untrue(log: str) -> TrustBroken:
    return TrustBroken(
        log,
        "A receipt the server signed does not hold, so its answer was not shown. "
        "Tell your site's contact.",
        reason="RECEIPT_INVALID",
    )
