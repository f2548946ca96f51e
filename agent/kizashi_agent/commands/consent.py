"""Gives, shows and takes back consents that outlast a check, and shows the trend one of them keeps."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kizashi_protocol import (
    STANDING,
    ConsentRecipient,
    Invite,
    Programme,
    ReceiptBundle,
    Scope,
    Terms,
    TrendEntry,
    read_consent,
)

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.recovery_code import unseen_code
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.errors import AgentError, ConsentRefused, ServerRefused
from kizashi_agent.submit.consents import Agreement, no_consent
from kizashi_agent.submit.research_answers import answers_for_research
from kizashi_agent.submit.riding import look
from kizashi_agent.submit.scope_requests import fetch_trend, withdraw_scope
from kizashi_agent.submit.standing import (
    Life,
    StandingConsent,
    researcher_of,
    restored_programmes,
    sign_standing,
    standing_consents,
)
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_agent.words import say

Agree = Callable[[Scope, Programme, Terms, ConsentRecipient | None], Agreement]
"""Asks for one standing consent."""


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """A standing consent that was given.

    Attributes:
        consent: as it is kept.
        code: the recovery code as it is written down; None where it was seen before.
    """

    consent: StandingConsent
    code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScopeErased:
    """A scope that was taken back.

    Attributes:
        receipt: where the server's signed statement is kept.
    """

    scope: Scope
    invite: Invite
    receipt: Path


@dataclass(frozen=True, slots=True)
class ScopesWithdrawn:
    """What was taken back, and what could not be, which no longer rides along either.

    Attributes:
        erased: on the server's word.
        failed: each with what stopped it.
        damaged: records that cannot be read.
        thrown_away: how many checks waited to be sent with such a consent, and now do not.
    """

    erased: tuple[ScopeErased, ...]
    failed: tuple[tuple[Scope, Invite, AgentError], ...]
    damaged: tuple[AgentError, ...] = ()
    thrown_away: int = 0

    @property
    def fault(self) -> AgentError | None:
        """The first of what went wrong."""
        faults = [error for *_, error in self.failed] + list(self.damaged)
        return faults[0] if faults else None


def give_consent(
    scope: Scope, invite: Invite, agree: Agree, surroundings: Surroundings
) -> GivenConsent:
    """Asks for a standing consent, signs it and keeps it; it is sent with the next check.

    Given again, it takes the place of the one before: that is how it is renewed.

    Raises:
        AgentError: whatever stopped it; nothing was kept then. Where one holds already, a no says
        that it goes on holding.
    """
    connection = surroundings.connect(invite)
    programme, now, state = connection.programme, surroundings.now(), surroundings.state
    terms = programme.terms(invite.root_fingerprint)
    recipient = None
    if scope is Scope.RESEARCH:
        researcher = researcher_of(connection, now)
        if researcher is None:
            raise ServerRefused(
                "the programme has no research key",
                "This programme has nobody certified who could receive summaries for research, so "
                "there is nothing to consent to.",
                reason="NO_RESEARCHER",
            )
        recipient = ConsentRecipient(researcher.name, researcher.fingerprint)
    kept = standing_consents(state)
    try:
        agreement = agree(scope, programme, terms, recipient)
    except ConsentRefused as error:
        held = [each.consent for each in look(kept.given_to(invite), connection, now) if each.rides]
        before = next((each for each in held if each.record.scope is scope), None)
        if before is None or error.reason != no_consent(scope):
            raise
        raise ConsentRefused(error.log, _kept(before, surroundings), reason=error.reason) from None
    with state.files.sole():
        token = sign_standing(scope, agreement, state.seed(), terms, recipient, now)
        consent = StandingConsent(invite, token)
        kept.keep(consent)
        state.remember_invite(invite)
    return GivenConsent(consent, unseen_code(state))


def _kept(consent: StandingConsent, surroundings: Surroundings) -> str:
    until = datetime.fromtimestamp(consent.record.expire_time, UTC).astimezone()
    return say(
        surroundings.locale,
        "standing_kept",
        scope=say(surroundings.locale, f"scope_{consent.record.scope}"),
        display_name=consent.record.terms.display_name,
        date=until.strftime("%Y-%m-%d"),
        name=consent.record.scope,
    )


def list_consents(surroundings: Surroundings) -> list[tuple[StandingConsent, Life]]:
    """What was given on this laptop, as far as can be told without asking anybody."""
    now = surroundings.now()
    return [(each, each.life(now)) for each in standing_consents(surroundings.state).every()]


def withdraw_scopes(
    scopes: tuple[Scope, ...], surroundings: Surroundings, *, only_given: bool = False
) -> ScopesWithdrawn:
    """Takes back scopes wherever they were given, and in the programme last used.

    With `only_given` that programme is left alone unless something may have been given to it that
    is not on record: where a record is damaged, or a backup was restored. A consent stays on record
    until a server has answered, so that one whose giving or taking back was cut short is not left
    out.

    What waits to be sent with such a consent is thrown away first, answers added for research too,
    and none rides along any more, whatever a server answers. A server that does not answer, or a
    damaged record, does not hold up the others; it is asked again next time.
    """
    kept = standing_consents(surroundings.state)
    # In one step: a check that begins meanwhile either waits already or goes without them.
    with surroundings.state.files.sole():
        if Scope.RESEARCH in scopes:
            answers_for_research(surroundings.state).drop()
        thrown_away = _drop_waiting(scopes, surroundings)
        readable, damaged = kept.readable()
        given = [each for each in readable if each.record.scope in scopes]
        for consent in given:
            kept.take_back(consent)
    erased: list[ScopeErased] = []
    failed: list[tuple[Scope, Invite, AgentError]] = []
    restored = restored_programmes(surroundings.state)
    known, unreadable = restored.readable()
    damaged += unreadable
    incomplete = bool(damaged) or not only_given
    for scope, invite in _places(scopes, given, known, incomplete, surroundings):
        here = [each for each in given if (each.record.scope, each.invite) == (scope, invite)]
        given_time = max((each.record.given_time for each in here), default=0)
        try:
            exchanger = surroundings.exchanger(surroundings.connect(invite))
            receipt = withdraw_scope(scope, given_time, exchanger, surroundings.locale)
        except AgentError as error:
            failed.append((scope, invite, error))
            continue
        path = _keep_receipt(receipt, surroundings)
        erased.append(ScopeErased(scope, invite, path))
        for consent in here:
            kept.forget(consent)
    for invite in known:
        if scopes == STANDING and invite not in {place for _, place, _ in failed}:
            restored.forget(invite)
    surroundings.state.drop_unused_seed()
    return ScopesWithdrawn(tuple(erased), tuple(failed), tuple(damaged), thrown_away)


def fetch_own_trend(invite: Invite, surroundings: Surroundings) -> tuple[TrendEntry, ...]:
    """The person's own trend in a programme, the oldest entry first; errors as `fetch_trend`."""
    exchanger = surroundings.exchanger(surroundings.connect(invite))
    return fetch_trend(exchanger, surroundings.locale)


def _places(
    scopes: tuple[Scope, ...],
    given: list[StandingConsent],
    restored: list[Invite],
    incomplete: bool,
    surroundings: Surroundings,
) -> list[tuple[Scope, Invite]]:
    places = {(each.record.scope, each.invite) for each in given}
    state = surroundings.state
    if state.seeds.read() is not None:
        # The keys can take back what is not on record; only the programme has to be known.
        elsewhere = set(restored)
        last_used = state.invite() if incomplete else None
        if last_used is not None:
            elsewhere.add(last_used)
        places |= {(scope, invite) for scope in scopes for invite in elsewhere}
    return sorted(places, key=lambda place: (place[0], str(place[1])))


def _drop_waiting(scopes: tuple[Scope, ...], surroundings: Surroundings) -> int:
    waiting, dropped = waiting_checks(surroundings.state), 0
    for path in waiting.paths():
        try:
            check = waiting.read(path)
        except StateUnreadable:
            # What cannot be read cannot be sent, and may hold what is taken back.
            waiting.remove(path)
            dropped += 1
            continue
        if any(read_consent(token).scope in scopes for token in check.consents):
            waiting.drop(check.report_id)
            dropped += 1
    return dropped


def _keep_receipt(receipt: ReceiptBundle, surroundings: Surroundings) -> Path:
    name = hashlib.sha256(receipt.token.encode()).digest()[:16]
    return surroundings.state.keep_erasure(name, receipt)
