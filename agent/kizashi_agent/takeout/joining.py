"""Joins what several places say of one check or consent, so that each is told once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kizashi_protocol import ConsentRecord, InvalidConsent, Summary, fault_of, read_consent
from kizashi_protocol.receipts import consent_within

from kizashi_agent.device.device_state import SentCheck
from kizashi_agent.submit.standing import StandingConsent
from kizashi_agent.submit.waiting import WaitingCheck
from kizashi_agent.takeout import names
from kizashi_agent.takeout.holdings import (
    ConsentState,
    HeldCheck,
    HeldConsent,
    KeptReceipt,
    LeftOut,
    RecordAlone,
    Source,
    Where,
)


def joined_checks(
    sent: Mapping[str, HeldCheck],
    waiting: Iterable[WaitingCheck],
    history: Iterable[HeldCheck],
) -> tuple[HeldCheck, ...]:
    """Every check once, the oldest first.

    A check in the history is the sent one of the same name, or of the very same figures.

    Args:
        sent: those in the ledger, by report id in hexadecimal.
        waiting: those without an answer.
        history: those kept for the person.
    """
    found = dict(sent)
    for each in map(_of_waiting, waiting):
        found[each.name] = each
    unmatched = {each.summary: name for name, each in found.items() if each.summary is not None}
    for each in history:
        same = _matched(each, found, unmatched)
        found[each.name if same is None else same.name] = (
            each
            if same is None
            else replace(
                same,
                time=min(same.time, each.time),
                summary=same.summary or each.summary,
                feedback=same.feedback or each.feedback,
            )
        )
    return tuple(sorted(found.values(), key=lambda each: (each.time, each.name)))


def records_alone(
    recorded: Iterable[SentCheck], checks: Iterable[HeldCheck]
) -> tuple[RecordAlone, ...]:
    """Those on record of which nothing else is held any more."""
    held = {each.name for each in checks}
    alone = (
        RecordAlone(each.report_id.hex(), each.sent_time, each.invite.address) for each in recorded
    )
    return tuple(each for each in alone if each.name not in held)


def joined_consents(
    standing: Iterable[StandingConsent],
    tokens: Iterable[str],
    receipts: Iterable[KeptReceipt],
    live: set[str],
    now: int,
) -> tuple[tuple[HeldConsent, ...], tuple[LeftOut, ...]]:
    """Every consent once with its receipts, the oldest first; and what cannot be read.

    Args:
        standing: those that outlast a check, on record.
        tokens: those that were sent or wait to be, on record or not.
        receipts: of consents.
        live: report ids in hexadecimal of the checks on record or waiting, and not erased.
        now: seconds since the epoch.
    """
    found: dict[str, HeldConsent] = {}
    left_out: list[LeftOut] = []
    kept = {names.consent(each.record): each for each in standing}
    for each in kept.values():
        _add(found, each.token, kept, live, now)
    for token in tokens:
        try:
            _add(found, token, kept, live, now)
        except InvalidConsent as error:
            left_out.append(LeftOut(Where.CONSENTS, token[-8:], error.reason))
    for receipt in receipts:
        try:
            name = _add(found, consent_within(receipt.token), kept, live, now)
        except InvalidConsent as error:
            left_out.append(LeftOut(Where.RECEIPTS, receipt.name, error.reason))
            continue
        found[name] = replace(found[name], receipts=(*found[name].receipts, receipt))
    ordered = sorted(found.values(), key=lambda each: (each.record.given_time, each.record.scope))
    return tuple(ordered), tuple(left_out)


def _matched(
    check: HeldCheck, found: Mapping[str, HeldCheck], unmatched: dict[Summary, str]
) -> HeldCheck | None:
    by_name = found.get(check.name)
    if by_name is not None or check.summary is None:
        return by_name
    name = unmatched.pop(check.summary, None)
    return None if name is None else found[name]


def _of_waiting(check: WaitingCheck) -> HeldCheck:
    return HeldCheck(
        name=check.report_id.hex(),
        source=Source.WAITING,
        time=check.agreed_time,
        sent_to=check.invite.address,
        summary=check.summary,
        feedback=None,
    )


def _add(
    found: dict[str, HeldConsent],
    token: str,
    standing: Mapping[str, StandingConsent],
    live: set[str],
    now: int,
) -> str:
    record = read_consent(token)
    name = names.consent(record)
    found.setdefault(name, HeldConsent(record, _state(record, standing, live, now), token))
    return name


def _state(
    record: ConsentRecord, standing: Mapping[str, StandingConsent], live: set[str], now: int
) -> ConsentState:
    if record.report_id is None:
        kept = standing.get(names.consent(record))
        if kept is None:
            return ConsentState.NOT_ON_RECORD
        if kept.taken_back:
            return ConsentState.TAKEN_BACK
    elif record.report_id.hex() not in live:
        return ConsentState.NOT_ON_RECORD
    fault = fault_of(record, record.terms, record.report_id, now)
    if fault is None:
        return ConsentState.HOLDS
    changed = fault == "CONSENT_TERMS_CHANGED"
    return ConsentState.WORDS_CHANGED if changed else ConsentState.EXPIRED
