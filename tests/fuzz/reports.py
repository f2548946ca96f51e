"""Good reports of every content, each as somebody's laptop would send it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from kizashi_protocol import (
    STANDING,
    Acknowledgement,
    Check,
    ConsentRecord,
    Content,
    Header,
    Locale,
    Recovery,
    Redemption,
    Reply,
    Report,
    Scope,
    ScopeWithdrawal,
    Share,
    Shared,
    ShareWithdrawal,
    SigningKey,
    TrendRequest,
    Withdrawal,
    consent_text,
    recovery_tag,
    write_report,
)
from kizashi_protocol.context import Label, framed, info
from kizashi_protocol.open_reply import ReplyPrivateKey
from kizashi_protocol.v1 import exchange_pb2

from tests.fuzz.participants import Participant, digest_of, somebody
from tests.models.scoring import summary_at
from tests.protocol.jws import parts
from tests.server.laptop import Laptop, Person, recovery_secret
from tests.server.sharing.opened_check import COUNSELLOR_KEY, RECIPIENT

Payloads = Mapping[str, Mapping[str, Any]]

CHECK_SCOPES = {
    "check": (Scope.SCORE, Scope.FEEDBACK),
    "check, trend": (Scope.SCORE, Scope.FEEDBACK, Scope.TREND),
    "check, cohort": (Scope.SCORE, Scope.COHORT),
    "check, research": (Scope.SCORE, Scope.RESEARCH),
    "check, all": (Scope.SCORE, Scope.FEEDBACK, *STANDING),
}
"""Checks by what is consented to; what goes with a consent comes along."""

SHARE_SCOPES = (Scope.SCORE, Scope.FEEDBACK, Scope.SHARE)

FOLLOW_UPS = {
    "acknowledgement": "Acknowledged",
    "withdrawal": "Erased",
    **{f"withdrawal of {scope}": "Erased" for scope in STANDING},
    **{f"recovery of {scope}": "Erased" for scope in STANDING},
    "recovery of checks": "Erased",
    "trend request": "Trend",
    "share": "Shared",
    "share withdrawal": "Erased",
    "redemption": "Redeemed",
}
"""What follows a check, and what comes of it."""

KINDS = (*CHECK_SCOPES, *FOLLOW_UPS)


@dataclass(frozen=True)
class Good:
    """A report that a server must take.

    Attributes:
        kind: one of `KINDS`.
        outcome: the name of what it must come to.
        plaintext: ready to be sealed.
        keys: those that signed it.
        consent_keys: those that signed its consents, in their order.
        consents: the payload of each consent, by scope.
        notices: of each consent, the notice in the other language.
        now: the laptop's clock, in seconds since the epoch.
    """

    kind: str
    outcome: str
    header: Header
    plaintext: bytes = field(repr=False)
    keys: Sequence[SigningKey]
    reply_key: ReplyPrivateKey = field(repr=False)
    consent_keys: Sequence[SigningKey]
    consents: Payloads
    notices: Payloads
    scorer_id: str
    extractor_id: str
    now: int

    def message(self) -> exchange_pb2.Report:
        """The report inside."""
        signed = exchange_pb2.SignedReport.FromString(self.plaintext)
        return exchange_pb2.Report.FromString(signed.report)

    def signed(self, content: bytes, keys: Sequence[SigningKey]) -> exchange_pb2.SignedReport:
        """Any report content, signed under this header."""
        bound = framed(info(Label.REPORT, self.header), content)
        message = exchange_pb2.SignedReport(report=content)
        for key in keys:
            signature = key.sign(Label.PARTICIPANT_SIGNATURE, bound)
            message.signatures.add(public_key=key.public, signature=signature)
        return message


@dataclass(frozen=True)
class _Agreed:
    """Consents of somebody to a check or a share."""

    tokens: tuple[str, ...] = ()
    keys: Sequence[SigningKey] = ()
    payloads: Payloads = field(default_factory=dict)
    notices: Payloads = field(default_factory=dict)


def good_report(draw: Random, laptop: Laptop, kind: str, one: Participant) -> Good:
    """A report of a kind; what follows a check is about what this participant has on the server."""
    if kind in CHECK_SCOPES:
        locale: Locale = draw.choice(("en", "ja"))
        recovery = draw.choice((None, draw.randbytes(32)))
        return good_check(draw, laptop, locale, kind, recovery=recovery)
    if kind == "share":
        return _good_share(draw, laptop, one)
    content, keys = _follow_up(draw, kind, one)
    return _good(draw, laptop, content, keys, kind=kind, outcome=FOLLOW_UPS[kind])


def good_check(
    draw: Random,
    laptop: Laptop,
    locale: Locale = "en",
    kind: str = "check",
    *,
    person: Person | None = None,
    owner: SigningKey | None = None,
    report_id: bytes | None = None,
    recovery: bytes | None = None,
) -> Good:
    """A check of a kind in `CHECK_SCOPES`; of somebody new unless said otherwise."""
    scopes, report_id = CHECK_SCOPES[kind], report_id or draw.randbytes(16)
    person = person or Person(draw.randbytes(32))
    keys = {
        scope: person.key(scope) if scope in STANDING else SigningKey.from_seed(draw.randbytes(32))
        for scope in scopes
    }
    keys[Scope.SCORE] = owner or keys[Scope.SCORE]
    agreed = _agreed(laptop, keys, report_id, locale, recovery)
    summary = summary_at(draw.choice((-2.0, 0.0, 2.0)))
    scorer_id = laptop.directory.programme(laptop.programme_id).scorer_id
    content = Check(
        agreed.tokens,
        scorer_id,
        summary,
        person.trend_key.public if Scope.TREND in scopes else None,
        laptop.for_research(summary) if Scope.RESEARCH in scopes else None,
    )
    return _good(
        draw,
        laptop,
        content,
        agreed.keys,
        kind=kind,
        outcome="Feedback" if Scope.FEEDBACK in scopes else "Withheld",
        report_id=report_id,
        locale=locale,
        agreed=agreed,
    )


def dealt(draw: Random, laptop: Laptop, exchange: Callable[[Good], Reply]) -> Participant:
    """Somebody who has done with a server all that a participant has behind them."""
    one = somebody(draw)

    def check(kind: str, report_id: bytes) -> bytes | None:
        good = good_check(
            draw,
            laptop,
            kind=kind,
            person=one.person,
            owner=one.owner,
            report_id=report_id,
            recovery=one.recovery,
        )
        return exchange(good).opening_nonce

    nonce, other = check("check, all", one.opened), check("check", one.shared)
    assert nonce is not None
    assert other is not None
    share = _good_share(draw, laptop, replace(one, opened=one.shared, nonce=other), one.redemption)
    assert isinstance(exchange(share).outcome, Shared)
    return replace(one, nonce=nonce)


def _good_share(
    draw: Random, laptop: Laptop, one: Participant, secret: bytes | None = None
) -> Good:
    """The feedback of the participant's opened check, left under a secret."""
    drawn = [SigningKey.from_seed(draw.randbytes(32)) for _ in SHARE_SCOPES]
    keys = dict(zip(SHARE_SCOPES, drawn, strict=True)) | {Scope.SCORE: one.owner}
    agreed = _agreed(laptop, keys, one.opened, "en")
    digest = digest_of(secret or draw.randbytes(32))
    content = Share(one.opened, one.nonce, agreed.tokens, one.sealed, digest)
    signers = [keys[Scope.SCORE], keys[Scope.SHARE]]
    return _good(draw, laptop, content, signers, kind="share", outcome="Shared", agreed=agreed)


def _follow_up(draw: Random, kind: str, one: Participant) -> tuple[Content, Sequence[SigningKey]]:
    """What a report of this kind says, and who has to sign it."""
    once = SigningKey.from_seed(draw.randbytes(32))
    by_kind: dict[str, tuple[Content, Sequence[SigningKey]]] = {
        "acknowledgement": (Acknowledgement(one.opened), [one.owner]),
        "withdrawal": (Withdrawal(draw.choice((one.opened, one.shared))), [one.owner]),
        "trend request": (TrendRequest(), [one.person.key(Scope.TREND), once]),
        "share withdrawal": (ShareWithdrawal(one.shared), [one.owner]),
        "redemption": (Redemption(one.redemption, COUNSELLOR_KEY.public.key_id), [once]),
        "recovery of checks": (Recovery(one.recovery, Scope.SCORE), [once]),
    }
    for scope in STANDING:
        key = one.person.key(scope)
        by_kind[f"withdrawal of {scope}"] = ScopeWithdrawal(scope), [key]
        by_kind[f"recovery of {scope}"] = Recovery(recovery_secret(key), scope), [once]
    return by_kind[kind]


def _agreed(
    laptop: Laptop,
    keys: Mapping[Scope, SigningKey],
    report_id: bytes,
    locale: Locale,
    recovery: bytes | None = None,
) -> _Agreed:
    def consents(locale: Locale) -> Mapping[Scope, str]:
        def change(record: ConsentRecord) -> ConsentRecord:
            if record.scope is Scope.SHARE:
                digest = consent_text(Scope.SHARE, locale, laptop.terms, RECIPIENT).digest
                return replace(record, recipient=RECIPIENT, text_digest=digest)
            if record.scope is Scope.SCORE and recovery is not None:
                return replace(record, recovery_digest=recovery_tag(recovery, report_id))
            return record

        return {
            scope: laptop.consent(scope, report_id, key, locale=locale, change=change)
            for scope, key in keys.items()
        }

    tokens, others = consents(locale), consents("ja" if locale == "en" else "en")
    payloads = {scope.value: parts(token)[1] for scope, token in tokens.items()}
    notices = {scope.value: parts(token)[1]["dpv:hasNotice"] for scope, token in others.items()}
    return _Agreed(tuple(tokens.values()), list(keys.values()), payloads, notices)


def _good(
    draw: Random,
    laptop: Laptop,
    content: Content,
    keys: Sequence[SigningKey],
    *,
    kind: str,
    outcome: str,
    report_id: bytes | None = None,
    locale: Locale = "en",
    agreed: _Agreed | None = None,
) -> Good:
    agreed = agreed or _Agreed()
    recipient = laptop.directory.active_sealing_key()
    header = Header(recipient.key_id, laptop.programme_id, report_id or draw.randbytes(16))
    reply_key = ReplyPrivateKey.from_seed(draw.randbytes(32))
    report = Report(reply_key.public, locale, content)
    programme = laptop.directory.programme(laptop.programme_id)
    return Good(
        kind,
        outcome,
        header,
        write_report(header, report, keys),
        keys,
        reply_key,
        agreed.keys,
        agreed.payloads,
        agreed.notices,
        programme.scorer_id,
        summary_at(0.0).extractor_id,
        laptop.now,
    )
