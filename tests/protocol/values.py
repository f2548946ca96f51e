"""Values of the protocol for tests: a summary, a programme, consents, feedback, a directory."""

from collections.abc import Sequence

from kizashi_protocol import (
    CHECK_VALIDITY,
    INTENSITY_UNITS,
    MODE_STATIC,
    PRESENCE_UNITS,
    ActionUnitFigures,
    Band,
    ConsentRecord,
    Directory,
    Feedback,
    HeadMotion,
    HelpResource,
    KeyState,
    LogKeyEntry,
    Programme,
    ReceiptKeyEntry,
    RecordingQuality,
    Scope,
    SealingKeyEntry,
    Setting,
    SigningKey,
    Summary,
    Terms,
    consent_text,
    fingerprint,
    sign_consent,
)
from kizashi_protocol.keys import expand

NOW = 1_900_000_000
"""A moment in 2030, in seconds since the epoch."""

DAY = 24 * 3600
REPORT_ID = bytes(range(16))

ROOT = SigningKey.from_seed(b"r" * 32)
DIRECTORY_KEY = SigningKey.from_seed(b"d" * 32)
RECEIPT_KEY = SigningKey.from_seed(b"c" * 32)
LOG_KEY = SigningKey.from_seed(b"l" * 32)
SEALING_SEED = b"s" * 32
PARTICIPANT = SigningKey.from_seed(b"p" * 32)

PROGRAMME = Programme(
    programme_id="spring-check",
    display_name="Spring check",
    owner="Example University",
    scoring_operator="Example Scoring Trust",
    setting=Setting.EDUCATION,
    jurisdiction="JP",
    scorer_id="research-prior/1",
    extractor_ids=("test-extractor/1",),
)
TERMS = PROGRAMME.terms(fingerprint(ROOT.public))


def figures(unit: int, mean: float = 1.25) -> ActionUnitFigures:
    """Figures of one unit; `mean` in every place that has an intensity, 0.5 of it at rest."""
    if unit not in INTENSITY_UNITS:
        return ActionUnitFigures(unit, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 0.5, 0.3, 12.0)
    return ActionUnitFigures(
        unit, mean, 0.5, 0.0, mean, mean, mean, mean, 0.4, 0.5, 0.3, 12.0, mean - 0.5
    )


def summary(mean: float = 1.25) -> Summary:
    """A summary that every range allows."""
    return Summary(
        extractor_id="test-extractor/1",
        mode=MODE_STATIC,
        action_units=tuple(figures(unit, mean) for unit in PRESENCE_UNITS),
        blink_rate=15.0,
        mouth_open_fraction=0.25,
        speaking_fraction=0.75,
        head_motion=HeadMotion(4.0, 3.0, 2.0, 10.0),
        quality=RecordingQuality(10.0, 30.0, 0.98, 0.1, 220.0, 5.0, 4.0, 128.0, 3.0),
    )


def consent_record(
    scope: Scope = Scope.SCORE,
    key: SigningKey = PARTICIPANT,
    terms: Terms = TERMS,
    report_id: bytes = REPORT_ID,
) -> ConsentRecord:
    """A consent that holds at `NOW`."""
    text = consent_text(scope, "en", terms)
    return ConsentRecord(
        scope=scope,
        report_id=report_id,
        terms=terms,
        text_version=text.version,
        locale="en",
        text_digest=text.digest,
        given_time=NOW,
        expire_time=NOW + CHECK_VALIDITY,
        adult=True,
        method="interactive",
        subject=key.public,
    )


def consent_token(scope: Scope = Scope.SCORE, key: SigningKey = PARTICIPANT) -> str:
    """The same, signed."""
    return sign_consent(consent_record(scope, key), key)


def feedback(headline: str = "About as many of these movements.") -> Feedback:
    """Feedback with every field filled."""
    return Feedback(
        band=Band.ABOUT_AS_MANY,
        locale="en",
        headline=headline,
        paragraphs=("It is not a diagnosis.", "It can be wrong."),
        contributions=("Smiling: about as often.",),
        help=(HelpResource("Student counselling", "Free", "9-17", "0000", "Room 1"),),
        scorer_id="research-prior/1",
        norms_id="clips/1",
    )


def directory(
    *,
    version: int = 1,
    issue_time: int = NOW,
    expire_time: int = NOW + 30 * DAY,
    programmes: Sequence[Programme] = (PROGRAMME,),
    digests: Sequence[bytes] = (),
) -> Directory:
    """A directory with one active sealing key, grown from `SEALING_SEED`."""
    _, public = expand(SEALING_SEED)
    return Directory(
        version=version,
        issue_time=issue_time,
        expire_time=expire_time,
        sealing_keys=(SealingKeyEntry(public, KeyState.ACTIVE, expire_time + 7 * DAY),),
        receipt_keys=(ReceiptKeyEntry(RECEIPT_KEY.public, KeyState.ACTIVE),),
        log_keys=(LogKeyEntry(LOG_KEY.public, KeyState.ACTIVE),),
        programmes=tuple(programmes),
        tls_certificate_digests=tuple(digests),
        root_fingerprint=fingerprint(ROOT.public),
    )
