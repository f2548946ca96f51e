"""Consents that outlast a check, taking back, the ledger and clearing, as the page shows them."""

from typing import Any

from kizashi_protocol import (
    STANDING,
    ConsentRecipient,
    Programme,
    Scope,
    Terms,
    TrendEntry,
    consent_text,
)

from kizashi_agent.commands.clear import clear_everything, on_record
from kizashi_agent.commands.consent import (
    fetch_own_trend,
    give_consent,
    list_consents,
    withdraw_scopes,
)
from kizashi_agent.commands.history import holds_own
from kizashi_agent.commands.ledger import ledger_contents, ledger_entry
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all, withdraw_one
from kizashi_agent.errors import AgentError, ConsentRefused
from kizashi_agent.loopback.given import Given
from kizashi_agent.loopback.page_errors import BadRequest
from kizashi_agent.page.keeping_words import page_say
from kizashi_agent.show.as_json import scopes_json, withdrawal_json
from kizashi_agent.show.asking import under_age
from kizashi_agent.show.ledger import contents_json, entry_json
from kizashi_agent.submit.consents import Agreement
from kizashi_agent.submit.standing import Life, StandingConsent, researcher_of
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_agent.words import say

Answer = dict[str, Any]
_HOLDS = (Life.HOLDS, Life.ENDS_SOON)


def show_standing(world: Surroundings) -> Answer:
    """Each standing consent that can be given to the programme last used, and those given.

    Where the server cannot be asked for its terms, those given are shown all the same.
    """
    given = list_consents(world)
    try:
        offered, fault = _offered(world), None
    except AgentError as error:
        offered, fault = {}, {"reason": error.reason, "message": error.person}
    return {
        "consents": [
            *[_consent(world, scope, text, given) for scope, text in offered.items()],
            *[_given(world, *each) for each in given if not _is_offered(each[0], offered, world)],
        ],
        "age_question": say(world.locale, "age_question"),
        "fault": fault,
    }


def choose_standing(world: Surroundings, given: Given) -> Answer:
    """Gives one standing consent, or takes it back.

    Raises:
        ConsentRefused: whoever agrees is not of age, or the words are not those that were shown.
        AgentError: what stopped it.
    """
    scope = _scope(given.text("scope"))
    if not given.flag("agreed"):
        return _take_back(world, scope)
    if not given.flag("adult"):
        raise under_age()
    shown = given.text("digest")

    def agree(
        scope: Scope, programme: Programme, terms: Terms, recipient: ConsentRecipient | None
    ) -> Agreement:
        del programme
        if consent_text(scope, world.locale, terms, recipient).digest.hex() != shown:
            raise ConsentRefused(
                "a consent was given to words that are not those of now",
                "The words of this consent have changed since they were shown to you, so nothing "
                "was given. Reload the page and read them again.",
                reason="TEXT_CHANGED",
            )
        return Agreement((scope,), world.locale, "interactive", adult=True)

    made = give_consent(scope, world.invite(None), agree, world)
    until = made.consent.record.expire_time
    join = None if made.code is None else str(made.consent.invite)
    return {"given": True, "until": until, "recovery_code": made.code, "recovery_join": join}


def show_checks(world: Surroundings) -> Answer:
    """The checks that can be withdrawn, the newest first."""
    waiting = waiting_checks(world.state)
    return {
        "checks": [
            {
                "report_id": each.report_id.hex(),
                "time": each.sent_time,
                "address": each.invite.address,
                "waits": waiting.is_kept(each.report_id),
            }
            for each in reversed(world.state.checks())
        ]
    }


def withdraw(world: Surroundings, given: Given) -> Answer:
    """Takes back a check, a scope, or everything; says what was erased and what stays."""
    what = given.text("what")
    if what == "check":
        one = withdraw_one(world, named_check(given))
        return {**withdrawal_json(one), "stays": [page_say(world.locale, "other_checks_stay")]}
    if what != "all":
        scope = _scope(what)
        outcome = withdraw_scopes((scope,), world, only_given=True)
        return {**scopes_json(outcome), "stays": [page_say(world.locale, "other_consents_stay")]}
    scopes = withdraw_scopes(STANDING, world, only_given=True)
    checks = withdraw_all(world)
    stays = [("ledger_stays", checks.ledger), ("history_stays", holds_own(world.state))]
    return {
        **withdrawal_json(checks),
        **scopes_json(scopes),
        "stays": [page_say(world.locale, key) for key, there in stays if there],
    }


def show_trend(world: Surroundings) -> Answer:
    """What the server keeps of the person's own trend, opened here; errors as `fetch_trend`."""
    return {"entries": [_trend_entry(each) for each in fetch_own_trend(world.invite(None), world)]}


def show_ledger(world: Surroundings) -> Answer:
    """Every message, and all that is wrong with the ledger."""
    return contents_json(ledger_contents(world))


def show_message(world: Surroundings, number: int) -> Answer:
    """One message whole."""
    return entry_json(ledger_entry(world, number))


def show_clear(world: Surroundings) -> Answer:
    """What clearing erases, and what it cannot."""
    there = on_record(world.state)
    key = "clear_with_records" if there.anything else "clear_without_records"
    said = page_say(world.locale, key, checks=there.checks, consents=there.consents)
    return {
        "on_record": {"checks": there.checks, "consents": there.consents},
        "text": [page_say(world.locale, "clear"), said],
    }


def clear(world: Surroundings, given: Given) -> Answer:
    """Erases what this laptop keeps; asks no server for anything."""
    if not given.flag("confirmed"):
        raise BadRequest("clearing was not confirmed")
    cleared = clear_everything(world)
    stays = cleared.stays
    key = "cleared_with_records" if stays.anything else "cleared_without_records"
    return {
        "removed": {
            "checks": cleared.own.checks,
            "answers": cleared.own.answers,
            "waiting": cleared.waiting,
            "messages": cleared.messages,
        },
        "on_record": {"checks": stays.checks, "consents": stays.consents},
        "stays": [page_say(world.locale, key, checks=stays.checks, consents=stays.consents)],
    }


def _offered(world: Surroundings) -> dict[Scope, Answer]:
    if world.state.invite() is None:
        return {}
    connection = world.connect(world.invite(None))
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    researcher = researcher_of(connection, world.now())
    offered: dict[Scope, Answer] = {}
    for scope in STANDING:
        recipient = None
        if scope is Scope.RESEARCH:
            if researcher is None:
                continue
            recipient = ConsentRecipient(researcher.name, researcher.fingerprint)
        text = consent_text(scope, world.locale, terms, recipient)
        offered[scope] = {
            "text": text.text,
            "version": text.version,
            "digest": text.digest.hex(),
        }
    return offered


def _consent(
    world: Surroundings, scope: Scope, text: Answer, given: list[tuple[StandingConsent, Life]]
) -> Answer:
    invite = world.state.invite()
    for consent, life in given:
        if (consent.record.scope, consent.invite) == (scope, invite):
            return {**_given(world, consent, life), **text}
    return {"scope": scope, "name": say(world.locale, f"scope_{scope}"), "given": False, **text}


def _given(world: Surroundings, consent: StandingConsent, life: Life) -> Answer:
    record = consent.record
    return {
        "scope": record.scope,
        "name": say(world.locale, f"scope_{record.scope}"),
        "programme": record.terms.display_name,
        "given": life in _HOLDS,
        "life": life.name.lower(),
        "until": record.expire_time,
        "text": "",
    }


def _is_offered(
    consent: StandingConsent, offered: dict[Scope, Answer], world: Surroundings
) -> bool:
    return consent.record.scope in offered and consent.invite == world.state.invite()


def _take_back(world: Surroundings, scope: Scope) -> Answer:
    if not any(each.record.scope is scope for each, _ in list_consents(world)):
        return {"given": False, "message": page_say(world.locale, "no_thanks")}
    outcome = withdraw_scopes((scope,), world, only_given=True)
    if outcome.fault is not None:
        # No consent of this scope rides any more; what a server holds is asked for again.
        raise outcome.fault
    return {"given": False, **scopes_json(outcome)}


def _trend_entry(entry: TrendEntry) -> Answer:
    return {
        "day": entry.day,
        "band": entry.band,
        "scorer_id": entry.scorer_id,
        "norms_id": entry.norms_id,
    }


def named_check(given: Given) -> bytes:
    """The report id of the check that is asked for.

    Raises:
        BadRequest: there is none.
    """
    named = given.text("report_id")
    try:
        if named is not None:
            return bytes.fromhex(named)
    except ValueError:
        pass
    raise BadRequest("a check whose number is none")


def _scope(name: str | None) -> Scope:
    for scope in STANDING:
        if scope == name:
            return scope
    raise BadRequest("a scope that does not outlast a check")
