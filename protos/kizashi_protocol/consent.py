"""Consent as a record the person signs: for one check, or for a scope that outlasts a check.

Score, feedback and share are for one check. Trend, cohort and research stand until they are taken
back or expire, and carry the digest of a secret that takes them back after a lost laptop. Consent to
score may carry a tag of such a secret, another in each check: nobody can tell that two tags are of
one person until the secret is shown.

The record is shaped on ISO/IEC TS 27560 with the names of the W3C Data Privacy Vocabulary (DPV)
and travels as a compact JWS with `alg: Ed25519` (RFC 9864) and the signer's key in its header.
It binds the words that were shown and everybody named in them: a change of programme, owner,
scoring operator, recipient, root or text voids it.
"""

import hashlib
import hmac
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Literal

from kizashi_protocol.context import REPORT_ID_BYTES, Label, framed
from kizashi_protocol.errors import InvalidConsent
from kizashi_protocol.moments import CLOCK_TOLERANCE, DAY
from kizashi_protocol.signing import SigningKey
from kizashi_protocol.tokens import (
    decode,
    encode,
    moment,
    named_signer,
    read_token,
    whole,
    words,
    write_token,
)

Locale = Literal["en", "ja"]
LOCALES: tuple[Locale, ...] = ("en", "ja")
Method = Literal["interactive", "command_line"]
METHODS: tuple[Method, ...] = ("interactive", "command_line")

CONSENT_TYPE = "kizashi-consent+jws"
LONGEST_VALIDITY = 365 * DAY
"""Twelve months in seconds: consent that outlasts a check is asked again after at most that."""

CHECK_VALIDITY = 7 * DAY
"""Longest validity of consent for one check: enough for a laptop that is offline for some days."""

REPLY_RETENTION_HOURS = 24
"""Longest time a server keeps a sealed reply that was not acknowledged; named in the text."""

TREND_ENTRIES = 20
"""So many results of a trend are kept, the oldest dropped first; named in the text."""

SHARE_RETENTION_DAYS = CHECK_VALIDITY // DAY
"""Longest time a server keeps what was left for a counsellor: as long as the consent holds."""

SMALLEST_GROUP = 11
"""Keys, one a person as far as a server can tell, that a figure about a group is of, at least;
named in the text. Fewer than 11 is what the US
Centers for Medicare & Medicaid Services suppress (cell size suppression policy)."""

FIGURES_ROUNDED_TO = 5
"""What figures about a group are rounded to; named in the text."""

RECOVERY_DIGEST_BYTES = 32


class Scope(StrEnum):
    """What a consent allows, and nothing else."""

    SCORE = "score"
    FEEDBACK = "feedback"
    TREND = "trend"
    COHORT = "cohort"
    SHARE = "share"
    RESEARCH = "research"


STANDING = (Scope.TREND, Scope.COHORT, Scope.RESEARCH)
"""Scopes whose consent outlasts a check; each of the others is for one check."""

NAMING_A_RECIPIENT = (Scope.SHARE, Scope.RESEARCH)
"""Scopes whose consent names who receives something besides the server."""


@dataclass(frozen=True, slots=True)
class ConsentRecipient:
    """Who receives what is shared or given for research.

    Attributes:
        name: as the root certified it and the person was shown.
        fingerprint: SHA-256 of the recipient's sealing key, 32 bytes.
    """

    name: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """Everybody a consent names, and the root they are certified by.

    Attributes:
        root_fingerprint: SHA-256 of the root public key, 32 bytes.
    """

    programme_id: str
    display_name: str
    owner: str
    scoring_operator: str
    root_fingerprint: bytes


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The words a person is shown, and their digest (SHA-256 over scope, version, locale, text)."""

    version: int
    locale: Locale
    text: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A given consent.

    Attributes:
        report_id: the one check it is for, 16 bytes; None exactly for the scopes in `STANDING`.
        given_time: seconds since the epoch, by the laptop's clock.
        expire_time: seconds since the epoch; at most twelve months later.
        adult: the person declared to be 18 or older.
        method: asked in words, or given on a command line.
        subject: public key of the signer, 32 bytes; a pseudonym of the person for this check, or
            for this scope of this programme.
        recovery_digest: by which it is found to be taken back after a lost laptop, 32 bytes. For the
            scopes in `STANDING` it is there, and SHA-256 of a secret; for score it is
            `recovery_tag`, or None where no recovery code reaches the check; else None.
        recipient: who receives; there exactly for the scopes in `NAMING_A_RECIPIENT`.

    Raises:
        ValueError: a member is there that its scope has no use for, or is missing.
    """

    scope: Scope
    report_id: bytes | None
    terms: Terms
    text_version: int
    locale: Locale
    text_digest: bytes
    given_time: int
    expire_time: int
    adult: bool
    method: Method
    subject: bytes = field(repr=False)
    recovery_digest: bytes | None = field(default=None, repr=False)
    recipient: ConsentRecipient | None = None

    def __post_init__(self) -> None:
        standing, naming = self.scope in STANDING, self.scope in NAMING_A_RECIPIENT
        if (self.report_id is None) != standing:
            raise ValueError("a consent is for one check, or stands")
        recoverable = self.recovery_digest is not None
        if recoverable != standing and not (recoverable and self.scope is Scope.SCORE):
            raise ValueError("a consent can be recovered exactly where its scope allows it")
        if (self.recipient is not None) != naming:
            raise ValueError("a consent names a recipient exactly where its scope has one")


@cache
def _texts() -> dict[str, Any]:
    data = resources.files("kizashi_protocol").joinpath("consent_texts.toml").read_bytes()
    return tomllib.loads(data.decode())


def consent_text(
    scope: Scope, locale: Locale, terms: Terms, recipient: ConsentRecipient | None = None
) -> ConsentText:
    """The words to show for a scope, filled in for a programme and who receives.

    Raises:
        InvalidConsent: the scope names a recipient and none is given, or the other way round.
    """
    if (recipient is not None) != (scope in NAMING_A_RECIPIENT):
        raise InvalidConsent(f"a consent for {scope} and its recipient do not go together")
    texts = _texts()
    version: int = texts["version"]
    text: str = texts[scope][locale]["text"].format(
        display_name=terms.display_name,
        owner=terms.owner,
        scoring_operator=terms.scoring_operator,
        retention_hours=REPLY_RETENTION_HOURS,
        trend_entries=TREND_ENTRIES,
        smallest_group=SMALLEST_GROUP,
        rounded_to=FIGURES_ROUNDED_TO,
        recipient=recipient.name if recipient else "",
        fingerprint=readable_fingerprint(recipient.fingerprint) if recipient else "",
    )
    bound = framed(
        Label.CONSENT_TEXT.value,
        scope.encode(),
        version.to_bytes(4, "big"),
        locale.encode(),
        text.encode(),
    )
    return ConsentText(version, locale, text, hashlib.sha256(bound).digest())


def readable_fingerprint(fingerprint: bytes) -> str:
    """A fingerprint for people to compare: hexadecimal, in groups of eight."""
    return fingerprint.hex(" ", -4)


def recovery_tag(secret: bytes, report_id: bytes) -> bytes:
    """What a recovery finds a check by: HMAC-SHA256 (RFC 2104) over label and id, 32 bytes.

    Args:
        secret: the key, 32 bytes; the recovery secret of score.
        report_id: the check, 16 bytes.
    """
    return hmac.digest(secret, framed(Label.RECOVERY_TAG.value, report_id), "sha256")


def sign_consent(record: ConsentRecord, key: SigningKey) -> str:
    """The record as a compact JWS, signed by the participant's key of its scope.

    Raises:
        InvalidConsent: the key is not the record's subject.
    """
    if key.public != record.subject:
        raise InvalidConsent("a consent is signed by its subject")
    return write_token(CONSENT_TYPE, _to_json(record), key, name_key=True)


def read_consent(token: str) -> ConsentRecord:
    """The record in a compact JWS whose signature holds.

    Raises:
        InvalidConsent: the token, its signature or a field is not as it should be.
    """
    payload, subject = read_token(CONSENT_TYPE, token, named_signer)
    try:
        record = _from_json(payload, subject)
        same = _to_json(record) == payload
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidConsent(f"a consent does not parse: {type(error).__name__}") from None
    if not same:
        # One record, one form: a field too many, or of another type, does not write back.
        raise InvalidConsent("a consent has a field out of its form")
    return record


def fault_of(
    record: ConsentRecord,
    terms: Terms,
    report_id: bytes | None,
    now: int,
    withdrawn_time: int | None = None,
) -> str | None:
    """Why a record does not hold for these terms and this check now, or None when it does.

    Args:
        record: whose signature was checked.
        terms: those of the programme as it is now.
        report_id: the check, 16 bytes; None where a standing consent is looked at by itself.
        now: seconds since the epoch.
        withdrawn_time: when its subject last took consent back, in seconds since the epoch; None
            for never. A record given later counts again.

    Returns:
        CONSENT_TERMS_CHANGED, CONSENT_OTHER_REPORT, CONSENT_WITHDRAWN, CONSENT_NOT_YET,
        CONSENT_EXPIRED or CONSENT_AGE.
    """
    text = consent_text(record.scope, record.locale, terms, record.recipient)
    same_text = (record.text_version, record.text_digest) == (text.version, text.digest)
    longest = LONGEST_VALIDITY if record.scope in STANDING else CHECK_VALIDITY
    last_moment = record.given_time + longest
    demands = {
        "CONSENT_TERMS_CHANGED": record.terms == terms and same_text,
        "CONSENT_OTHER_REPORT": record.report_id in (None, report_id),
        "CONSENT_WITHDRAWN": withdrawn_time is None or withdrawn_time < record.given_time,
        "CONSENT_NOT_YET": record.given_time <= now + CLOCK_TOLERANCE,
        "CONSENT_EXPIRED": now < record.expire_time <= last_moment,
        "CONSENT_AGE": record.adult,
    }
    return next((reason for reason, met in demands.items() if not met), None)


def _to_json(record: ConsentRecord) -> dict[str, Any]:
    terms = record.terms
    data = {
        "@context": "https://w3id.org/dpv",
        "@type": "dpv:ConsentRecord",
        "dpv:hasPurpose": f"kizashi:{record.scope}",
        "dpv:hasConsentStatus": "dpv:ConsentGiven",
        "dpv:hasIndicationMethod": f"kizashi:{record.method}",
        "dpv:hasDataController": terms.owner,
        "dpv:hasDataProcessor": terms.scoring_operator,
        "dpv:hasNotice": {
            "version": record.text_version,
            "language": record.locale,
            "sha256": encode(record.text_digest),
        },
        "kizashi:programme": {"id": terms.programme_id, "name": terms.display_name},
        "kizashi:root": encode(terms.root_fingerprint),
        "kizashi:adult": record.adult,
        "dct:issued": record.given_time,
        "dct:valid": record.expire_time,
    }
    if record.report_id is not None:
        data["kizashi:report"] = encode(record.report_id)
    if record.recovery_digest is not None:
        data["kizashi:recovery"] = encode(record.recovery_digest)
    if record.recipient is not None:
        named, key = record.recipient.name, encode(record.recipient.fingerprint)
        data["dpv:hasRecipient"] = {"name": named, "sha256": key}
    return data


def _from_json(data: dict[str, Any], subject: bytes) -> ConsentRecord:
    notice, programme = data["dpv:hasNotice"], data["kizashi:programme"]
    return ConsentRecord(
        scope=Scope(data["dpv:hasPurpose"].removeprefix("kizashi:")),
        report_id=_optional(data, "kizashi:report", REPORT_ID_BYTES),
        terms=Terms(
            programme_id=words(programme["id"]),
            display_name=words(programme["name"]),
            owner=words(data["dpv:hasDataController"]),
            scoring_operator=words(data["dpv:hasDataProcessor"]),
            root_fingerprint=decode(data["kizashi:root"], 32),
        ),
        text_version=whole(notice["version"]),
        locale=LOCALES[LOCALES.index(notice["language"])],
        text_digest=decode(notice["sha256"], 32),
        given_time=moment(data["dct:issued"]),
        expire_time=moment(data["dct:valid"]),
        adult=_yes_or_no(data["kizashi:adult"]),
        method=METHODS[METHODS.index(data["dpv:hasIndicationMethod"].removeprefix("kizashi:"))],
        subject=subject,
        recovery_digest=_optional(data, "kizashi:recovery", RECOVERY_DIGEST_BYTES),
        recipient=_recipient(data["dpv:hasRecipient"]) if "dpv:hasRecipient" in data else None,
    )


def _optional(data: dict[str, Any], member: str, length: int) -> bytes | None:
    return decode(data[member], length) if member in data else None


def _recipient(data: dict[str, Any]) -> ConsentRecipient:
    return ConsentRecipient(words(data["name"]), decode(data["sha256"], 32))


def _yes_or_no(value: object) -> bool:
    # 0 and 1 equal False and True to Python, and would pass the comparison in `read_consent`.
    if not isinstance(value, bool):
        raise ValueError("true or false was expected")  # noqa: TRY004 - a misfit like any other
    return value
