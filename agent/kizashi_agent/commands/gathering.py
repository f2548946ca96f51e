"""Looks up all that is held about a person: on the laptop, and at the servers that can show it.

Whatever cannot be read is left out and named; the rest is taken along all the same.
"""

from dataclasses import dataclass, replace

from kizashi_protocol import (
    AddedForResearch,
    Invite,
    ProtocolError,
    ReceiptBundle,
    ResearchAnswers,
    ResearchTotal,
    Scope,
)
from kizashi_protocol.moments import DAY, is_moment

from kizashi_agent.commands.consent import fetch_own_trend
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.device_state import DeviceState, SentCheck
from kizashi_agent.device.sealed_files import KeptUnreadable
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.errors import AgentError
from kizashi_agent.history.store import history_of
from kizashi_agent.ledger.store import Contents
from kizashi_agent.questionnaire.kept import kept_questionnaires
from kizashi_agent.submit.research_answers import answers_for_research
from kizashi_agent.submit.standing import StandingConsent, standing_consents
from kizashi_agent.submit.waiting import WaitingCheck, waiting_checks
from kizashi_agent.takeout.holdings import (
    Answered,
    EnteredTotal,
    HeldCheck,
    HeldErasure,
    HeldTrend,
    Holdings,
    KeptReceipt,
    LeftOut,
    Programme,
    Source,
    Where,
)
from kizashi_agent.takeout.joining import joined_checks, joined_consents, records_alone
from kizashi_agent.takeout.ledger_reading import read_ledger


@dataclass(frozen=True, slots=True)
class OnRecord:
    """The laptop's records of what was sent, given, kept and not sent yet.

    Attributes:
        checks: as sent.
        waiting: not sent, or not answered yet.
        standing: consents that outlast a check.
        receipts: consents' receipts.
        erasures: erasure statements.
        history: the checks that the person keeps.
        answered: questionnaires kept, or waiting to go along for research, the oldest first.
        entered: totals waiting to go along for research, the oldest first.
        invite: last used; None where there is none.
        left_out: what cannot be read.
    """

    checks: tuple[SentCheck, ...]
    waiting: tuple[WaitingCheck, ...]
    standing: tuple[StandingConsent, ...]
    receipts: tuple[KeptReceipt, ...]
    erasures: tuple[HeldErasure, ...]
    history: tuple[HeldCheck, ...]
    answered: tuple[Answered, ...]
    entered: tuple[EnteredTotal, ...]
    invite: Invite | None
    left_out: tuple[LeftOut, ...]


def gather(world: Surroundings) -> Holdings:
    """Everything that is held; servers are asked for the trends that consents keep there.

    Raises:
        StateError: the seed is missing or out of reach, so that nothing sealed with it opens.
    """
    contents = world.ledger().read()
    record = on_record(world.state)
    trends, unanswered = _trends(world, record.standing)
    holdings = joined(contents, record, world.now())
    return replace(holdings, trends=trends, left_out=holdings.left_out + unanswered)


def joined(contents: Contents, record: OnRecord, now: int) -> Holdings:
    """What the ledger and the records say together, each check and consent once."""
    reading = read_ledger(contents)
    sent = {each.report_id.hex() for each in record.checks}
    live = sent.union(each.report_id.hex() for each in record.waiting) - reading.erased
    waiting = [token for each in record.waiting for token in each.consents]
    tokens = dict.fromkeys([*reading.consents, *waiting])
    consents, unread = joined_consents(record.standing, tokens, record.receipts, live, now)
    checks = joined_checks(reading.checks, record.waiting, record.history)
    return Holdings(
        checks=checks,
        answered=record.answered,
        entered=record.entered,
        records=records_alone(record.checks, checks),
        consents=consents,
        erasures=record.erasures,
        programmes=_programmes(record),
        left_out=(*reading.left_out, *record.left_out, *unread),
        ledger_messages=len(contents.entries),
    )


def on_record(state: DeviceState) -> OnRecord:
    """Reads the laptop's records."""
    with state.files.sole():
        checks = state.checks()
        left_out = [_unread(Where.RECORDS, each) for each in state.damaged_checks()]
        standing, damaged = standing_consents(state).readable()
        left_out += [_unread(Where.CONSENTS, each) for each in damaged]
        waiting = _waiting(state, left_out)
        receipts = _receipts(state, checks, left_out)
        erasures = _erasures(state, left_out)
        history = _history(state, left_out)
        going = _going_for_research(state, waiting)
        answered = _answered(state, going, left_out)
        invite = _invite(state, left_out)
    left_out += [
        LeftOut(Where.RECORDS, each.report_id.hex(), "time")
        for each in checks
        if not is_moment(each.sent_time)
    ]
    return OnRecord(
        checks=tuple(each for each in checks if is_moment(each.sent_time)),
        waiting=tuple(waiting),
        standing=tuple(standing),
        receipts=tuple(receipts),
        erasures=tuple(erasures),
        history=tuple(history),
        answered=tuple(sorted(answered, key=lambda each: each.time)),
        entered=tuple(
            EnteredTotal(time, each.total)
            for time, each in going
            if isinstance(each, ResearchTotal)
        ),
        invite=invite,
        left_out=tuple(left_out),
    )


def _unread(where: Where, error: StateUnreadable | KeptUnreadable) -> LeftOut:
    return LeftOut(where, error.path.name, error.reason)


def _waiting(state: DeviceState, left_out: list[LeftOut]) -> list[WaitingCheck]:
    kept, found = waiting_checks(state), []
    for path in kept.paths():
        try:
            found.append(kept.read(path))
        except StateUnreadable as error:
            left_out.append(_unread(Where.WAITING, error))
    return found


def _receipts(
    state: DeviceState, checks: list[SentCheck], left_out: list[LeftOut]
) -> list[KeptReceipt]:
    """Receipts in files, and those that only the record of a check holds."""
    found = {}
    for path in state.receipt_files():
        try:
            bundle = ReceiptBundle.parse(state.files.read(path) or b"")
        except ProtocolError as error:
            left_out.append(LeftOut(Where.RECEIPTS, path.name, error.reason))
            continue
        found[bundle.token] = KeptReceipt(path.stem, bundle.token, bundle.to_text())
    for check in checks:
        for token in check.receipts:
            found.setdefault(token, KeptReceipt(check.report_id.hex(), token))
    return list(found.values())


def _erasures(state: DeviceState, left_out: list[LeftOut]) -> list[HeldErasure]:
    found = []
    for path in state.erasure_files():
        try:
            bundle = ReceiptBundle.parse(state.files.read(path) or b"")
        except ProtocolError as error:
            left_out.append(LeftOut(Where.RECEIPTS, path.name, error.reason))
            continue
        found.append(HeldErasure(path.stem, bundle.to_text()))
    return found


def _history(state: DeviceState, left_out: list[LeftOut]) -> list[HeldCheck]:
    kept = history_of(state).read()
    left_out += [_unread(Where.KEPT, each) for each in kept.damaged]
    return [
        HeldCheck(
            name=each.name,
            source=Source.HISTORY,
            time=each.entry.time,
            sent_to=None,
            summary=each.entry.summary,
            feedback=each.entry.feedback,
        )
        for each in kept.checks
    ]


def _going_for_research(
    state: DeviceState, waiting: list[WaitingCheck]
) -> list[tuple[int, AddedForResearch]]:
    """What waits to go along for research, each with when it was answered; the oldest first."""
    added = answers_for_research(state).waiting()
    found = [] if added is None else [(added.answered_time, added.answers)]
    found += [
        (each.agreed_time - each.added.days_before * DAY, each.added)
        for each in waiting
        if each.added is not None
    ]
    return sorted(found, key=lambda each: each[0])


def _answered(
    state: DeviceState, going: list[tuple[int, AddedForResearch]], left_out: list[LeftOut]
) -> list[Answered]:
    """Those kept, and those that wait to go along for research where they are not kept as well."""
    kept, damaged = kept_questionnaires(state).read()
    left_out += [_unread(Where.KEPT, each) for each in damaged]
    found = [Answered(each.time, each.answers.items, each.answers.difficulty) for each in kept]
    for time, each in going:
        if isinstance(each, ResearchAnswers) and (each.items, each.difficulty) not in {
            (one.answers, one.difficulty) for one in found
        }:
            found.append(Answered(time, each.items, each.difficulty))
    return found


def _invite(state: DeviceState, left_out: list[LeftOut]) -> Invite | None:
    try:
        return state.invite()
    except StateUnreadable as error:
        left_out.append(_unread(Where.RECORDS, error))
        return None


def _programmes(record: OnRecord) -> tuple[Programme, ...]:
    """Every programme on record; the one last used even where nothing is left of it here."""
    used = [] if record.invite is None else [record.invite]
    given = [each.invite for each in record.standing]
    invites = dict.fromkeys([*(each.invite for each in record.checks), *given, *used])
    return tuple(
        Programme(
            invite,
            checks=sum(each.invite == invite for each in record.checks),
            shared=sum(each.invite == invite and each.shared for each in record.checks),
            scopes=tuple(each.record.scope for each in record.standing if each.invite == invite),
        )
        for invite in invites
    )


def _trends(
    world: Surroundings, standing: tuple[StandingConsent, ...]
) -> tuple[tuple[HeldTrend, ...], tuple[LeftOut, ...]]:
    trends, unanswered = [], []
    for invite in [each.invite for each in standing if each.record.scope is Scope.TREND]:
        try:
            trends.append(HeldTrend(invite, fetch_own_trend(invite, world)))
        except (AgentError, ProtocolError) as error:
            unanswered.append(LeftOut(Where.SERVER, invite.address, error.reason))
    return tuple(trends), tuple(unanswered)
