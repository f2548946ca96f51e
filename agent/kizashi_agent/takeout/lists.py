"""Who holds what: a List for the laptop, one for each server, and one of what could not be read."""

from collections.abc import Iterable

from kizashi_protocol import Scope

from kizashi_agent.takeout import names
from kizashi_agent.takeout.elements import Export, Resource, day, instant, narrative, notes
from kizashi_agent.takeout.holdings import HeldTrend, Holdings, LeftOut, Programme, Where

_EMPTY_REASONS = "http://terminology.hl7.org/CodeSystem/list-empty-reason"


def lists(export: Export, holdings: Holdings) -> list[Resource]:
    """Every list; that of what could not be read only where there is something."""
    left_out = [_left_out(export, holdings.left_out)] if holdings.left_out else []
    servers = [_server(export, each, holdings) for each in holdings.programmes]
    return [_laptop(export, holdings), *servers, *left_out]


def _laptop(export: Export, holdings: Holdings) -> Resource:
    told = [export.say(f"laptop_{each}") for each in ("plain", "no_pictures", "no_keys")]
    if holdings.ledger_messages:
        told.append(export.say("laptop_ledger", count=holdings.ledger_messages))
    told += [
        export.say("record_alone", date=day(each.time), address=each.sent_to, name=each.name)
        for each in holdings.records
    ]
    return _list(export, "laptop", export.say("title_laptop"), told, _on_laptop(export, holdings))


def _on_laptop(export: Export, holdings: Holdings) -> Iterable[Resource]:
    for check in holdings.checks:
        if check.summary is not None:
            yield export.reference("Observation", names.joining_observation(check.name))
        if check.feedback is not None:
            yield export.reference("RiskAssessment", check.name)
    for number in range(len(holdings.answered)):
        yield export.reference("QuestionnaireResponse", names.response(number))
    for number in range(len(holdings.entered)):
        yield export.reference("Observation", names.entered_total(number))
    for consent in holdings.consents:
        yield export.reference("Consent", names.consent(consent.record))
    for erasure in holdings.erasures:
        yield export.reference("DocumentReference", erasure.name)


def _server(export: Export, programme: Programme, holdings: Holdings) -> Resource:
    invite = programme.invite
    trends = [each for each in holdings.trends if each.invite == invite]
    told = list(_on_server(export, programme, trends))
    title = export.say("title_server", address=invite.address, programme=invite.programme_id)
    entries = [
        export.reference("RiskAssessment", names.trend_entry(invite, number))
        for trend in trends
        for number in range(len(trend.entries))
    ]
    return _list(export, names.server(invite), title, told, entries)


def _on_server(export: Export, programme: Programme, trends: list[HeldTrend]) -> Iterable[str]:
    if programme.checks:
        yield export.say("server_checks", count=programme.checks)
    for trend in trends:
        yield export.say("server_trend", count=len(trend.entries))
    if Scope.COHORT in programme.scopes:
        yield export.say("server_cohort")
    if Scope.RESEARCH in programme.scopes:
        yield export.say("server_research")
    if programme.shared:
        yield export.say("server_share", count=programme.shared)
    yield export.say("server_log")


def _left_out(export: Export, left_out: tuple[LeftOut, ...]) -> Resource:
    head = export.say("ledger_head")
    told = [
        export.say(
            f"left_{each.where}",
            what=head if (each.where, each.what) == (Where.LEDGER, "") else each.what,
            why=each.why,
        )
        for each in left_out
    ]
    title = export.say("title_left_out")
    return _list(export, "left-out", title, told, [], empty="unavailable")


def _list(  # noqa: PLR0913, PLR0917 - a list's title, words and items
    export: Export,
    name: str,
    title: str,
    told: list[str],
    items: Iterable[Resource],
    empty: str = "nilknown",
) -> Resource:
    entries = [{"item": each} for each in items]
    reason = {"coding": [{"system": _EMPTY_REASONS, "code": empty}]}
    return export.resource(
        "List",
        name,
        language=export.locale,
        text=narrative([title, *told]),
        status="current",
        mode="snapshot",
        title=title,
        subject=[export.subject],
        date=instant(export.time),
        source=export.reference("Device", names.PROGRAM),
        note=notes(told),
        entry=entries,
        emptyReason=None if entries else reason,
    )
