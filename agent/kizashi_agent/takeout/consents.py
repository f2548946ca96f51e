"""What was agreed to, and the receipts: Consent, the Organizations it names, erasure statements."""

from base64 import b64encode
from collections.abc import Iterable

from kizashi_protocol import ConsentRecord, consent_text

from kizashi_agent.takeout import names
from kizashi_agent.takeout.elements import Export, Resource, day, instant, narrative, own
from kizashi_agent.takeout.holdings import ConsentState, HeldConsent, HeldErasure
from kizashi_agent.words import say


def consent_resource(export: Export, held: HeldConsent) -> Resource:
    """A consent: its scope, everybody it names, how long it lasts, its words and its receipt."""
    record, terms = held.record, held.record.terms
    scope = own(f"scope-{record.scope}", say(export.locale, f"scope_{record.scope}"))
    recipient = record.recipient
    check = None if record.report_id is None else record.report_id.hex()
    period = {"start": instant(record.given_time), "end": instant(record.expire_time)}
    return export.resource(
        "Consent",
        names.consent(record),
        language=export.locale,
        text=narrative(_told(export, held, scope["text"])),
        identifier=None if check is None else [{"value": check}],
        status="active" if held.state is ConsentState.HOLDS else "inactive",
        category=[scope],
        subject=export.subject,
        date=day(record.given_time),
        period=period,
        grantor=[export.subject],
        grantee=None if recipient is None else [export.reference("Organization", recipient.name)],
        controller=[export.reference("Organization", terms.owner)],
        manager=[export.reference("Organization", terms.scoring_operator)],
        sourceAttachment=_attachments(export, held),
        decision="permit",
        provision=[{"period": period, "purpose": scope["coding"]}],
    )


def organizations(export: Export, consents: Iterable[HeldConsent]) -> list[Resource]:
    """Everybody whom consents name, each once."""
    named: dict[str, None] = {}
    for record in (each.record for each in consents):
        named |= dict.fromkeys((record.terms.owner, record.terms.scoring_operator))
        if record.recipient is not None:
            named[record.recipient.name] = None
    return [
        export.resource(
            "Organization", name, language=export.locale, active=True, name=name.strip()
        )
        for name in named
    ]


def erasure_document(export: Export, erasure: HeldErasure) -> Resource:
    """A server's statement that something was erased."""
    title = export.say("erasure")
    return export.resource(
        "DocumentReference",
        erasure.name,
        language=export.locale,
        identifier=[{"value": erasure.name}],
        status="current",
        type={"text": title},
        subject=export.subject,
        content=[{"attachment": _attachment("application/json", title, erasure.receipt)}],
    )


def _told(export: Export, held: HeldConsent, scope: str) -> Iterable[str]:
    record, terms = held.record, held.record.terms
    given, until = instant(record.given_time), instant(record.expire_time)
    yield export.say("consent", scope=scope, given=given, until=until)
    yield export.say(
        "consent_parties",
        programme=terms.display_name,
        owner=terms.owner,
        operator=terms.scoring_operator,
    )
    if record.recipient is not None:
        yield export.say("consent_recipient", recipient=record.recipient.name)
    if record.report_id is not None:
        yield export.say("consent_check", check=record.report_id.hex())
    yield export.say(f"consent_{held.state}")


def _attachments(export: Export, held: HeldConsent) -> list[Resource]:
    words = _agreed_words(held.record)
    found = []
    if words is not None:
        title = export.say("consent_words")
        found.append(_attachment("text/plain", title, words) | {"language": held.record.locale})
    found.append(_attachment("application/jose", export.say("consent_token"), held.token))
    for receipt in held.receipts:
        if receipt.bundle is None:
            title = export.say("consent_receipt_alone")
            found.append(_attachment("application/jose", title, receipt.token))
        else:
            title = export.say("consent_receipt")
            found.append(_attachment("application/json", title, receipt.bundle))
    return found


def _agreed_words(record: ConsentRecord) -> str | None:
    """The words, where this version of the program still has the same ones."""
    text = consent_text(record.scope, record.locale, record.terms, record.recipient)
    return text.text if text.digest == record.text_digest else None


def _attachment(kind: str, title: str, content: str) -> Resource:
    data = b64encode(content.encode()).decode("ascii")
    return {"contentType": kind, "title": title, "data": data}
