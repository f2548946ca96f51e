"""Keys, summaries and results never appear in a repr, a text or an error.

The participant's public keys are searched for too: they are pseudonyms.
"""

import dataclasses
import inspect
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import kizashi_protocol
import pytest
from kizashi_protocol import (
    Acknowledged,
    Acknowledgement,
    Band,
    Check,
    ConsentReceipt,
    Erased,
    ErasureReceipt,
    Header,
    HeadMotion,
    HelpResource,
    Invite,
    Label,
    LogEvidence,
    LogHead,
    LogKeyEntry,
    LogProof,
    ProtocolError,
    ReceiptBundle,
    ReceiptKeyEntry,
    Recovery,
    Redeemed,
    Redemption,
    Refusal,
    Reply,
    Report,
    ResearchAnswers,
    ResearchItem,
    ResearchTotal,
    Scope,
    ScopeWithdrawal,
    SealedItem,
    SealingKeyEntry,
    Share,
    ShareCode,
    Shared,
    ShareWithdrawal,
    Trend,
    TrendEntry,
    TrendRequest,
    Withdrawal,
    Withheld,
    WitnessedHead,
    certify_directory_key,
    consent_text,
    fingerprint,
    read_report,
    seal_item,
    seal_report,
    seal_trend_entry,
    verify_bundle,
    verify_directory,
    write_report,
)
from kizashi_protocol.envelope import Envelope
from kizashi_protocol.keys import expand
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_reply import ReplyPrivateKey
from kizashi_protocol.open_report import ReportPrivateKey, open_report
from kizashi_protocol.v1 import directory_pb2

from tests.protocol.logs import bundle
from tests.protocol.values import (
    DIRECTORY_KEY,
    NOW,
    PARTICIPANT,
    PROGRAMME,
    RECIPIENT,
    RECOVERY_DIGEST,
    REPORT_ID,
    ROOT,
    SEALING_SEED,
    TERMS,
    consent_record,
    consent_token,
    counsellor,
    directory,
    feedback,
    figures,
    summary,
)

FIGURE = 3.140625
"""A figure that single precision holds exactly and nothing else here contains."""

ANSWERS = (2, 3, 1, 0, 3, 2, 1, 3, 0)
TOTAL = 61
RESULT = "fewer than most"
TOKEN = consent_token()
SECRET_SUMMARY = summary(FIGURE)
SECRET_FEEDBACK = feedback(RESULT)
SERVER = ReportPrivateKey.from_seed(SEALING_SEED)
HEADER = Header(SERVER.key_id, "spring-check", REPORT_ID)
CHECK = Check((TOKEN,), "research-prior/1", SECRET_SUMMARY)
TREND_ENTRY = TrendEntry(20_000, Band.ABOUT_AS_MANY, "research-prior/1", "clips/1")
REPORT = Report(expand(b"k" * 32)[1], "en", CHECK, signers=frozenset({PARTICIPANT.public}))

LOG_PROOF = LogProof(0, b"s" * 32, (b"s" * 32,))
RECEIPT_BUNDLE = ReceiptBundle(TOKEN, LOG_PROOF, TOKEN, TOKEN, (b"s" * 32,), TOKEN.encode())

EXAMPLES: list[object] = [
    Acknowledged(),
    Acknowledgement(REPORT_ID),
    figures(12, FIGURE),
    CHECK,
    ConsentReceipt(consent_record(), NOW),
    consent_record(),
    consent_text(Scope.SCORE, "en", TERMS),
    directory(),
    seal_report(b"x", SERVER.public, programme_id="spring-check", report_id=REPORT_ID),
    Erased(TOKEN),
    ErasureReceipt(REPORT_ID, "spring-check", NOW, 0),
    SECRET_FEEDBACK,
    HeadMotion(FIGURE, FIGURE, FIGURE, FIGURE),
    HEADER,
    HelpResource("Student counselling"),
    Invite("host", 1, "p", bytes(32)),
    PROGRAMME,
    LogEvidence((LOG_PROOF,), TOKEN, (b"s" * 32,)),
    LogHead(1, bytes(32), NOW),
    LOG_PROOF,
    RECEIPT_BUNDLE,
    verify_bundle(bundle(), fingerprint(ROOT.public)),
    WitnessedHead(bytes(32), LogHead(1, bytes(32), NOW), "a server's token", NOW),
    LogKeyEntry(*directory().log_keys[0]),
    ReceiptKeyEntry(*directory().receipt_keys[0]),
    dataclasses.replace(SECRET_SUMMARY.quality, duration=FIGURE),
    Refusal("REASON", "Words."),
    Reply(SECRET_FEEDBACK, (TOKEN,), b"k" * 32),
    REPORT,
    SealingKeyEntry(*directory().sealing_keys[0]),
    SERVER.public,
    counsellor(),
    counsellor().signed,
    certify_directory_key(ROOT, DIRECTORY_KEY.public, start=NOW, expire=NOW + 1),
    ROOT,
    SECRET_SUMMARY,
    ResearchAnswers(ANSWERS, 3, 4),
    ResearchItem(SECRET_SUMMARY, ResearchAnswers(ANSWERS, 3, 4)),
    ResearchTotal(TOTAL, 4),
    Redeemed(SealedItem(bytes(16), b"k" * 1200)),
    Redemption(b"k" * 32, bytes(16)),
    Share(REPORT_ID, b"k" * 32, (TOKEN,), SealedItem(bytes(16), b"k" * 1200), b"k" * 32),
    Shared(NOW),
    ShareCode(Invite("host", 1, "p", bytes(32)), b"k" * 32),
    TERMS,
    Withdrawal(REPORT_ID),
    ShareWithdrawal(REPORT_ID),
    Withheld(),
    RECIPIENT,
    consent_record(Scope.TREND),
    consent_record(Scope.RESEARCH),
    Recovery(b"v" * 32, Scope.SCORE),
    ScopeWithdrawal(Scope.TREND),
    TrendRequest(),
    TREND_ENTRY,
    Trend((seal_trend_entry(TREND_ENTRY, SERVER.public, b""),)),
    seal_item(Label.RESEARCH_SUMMARY, b"v" * 32, SERVER.public, b""),
    SERVER,
    ReplyPrivateKey.from_seed(SEALING_SEED),
    ItemPrivateKey.from_seed(SEALING_SEED),
]


def spellings(secret: bytes) -> set[str]:
    """How bytes could show up in a text."""
    return {secret.hex(), repr(secret)[2:-1], str(list(secret))[1:-1]}


SECRETS = {
    *spellings(b"r" * 8),
    *spellings(b"d" * 8),
    *spellings(b"s" * 8),
    *spellings(b"k" * 8),
    *spellings(b"p" * 8),
    *spellings(b"v" * 8),
    *spellings(RECOVERY_DIGEST),
    *spellings(PARTICIPANT.public),
    str(FIGURE),
    RESULT,
    "about_as_many",
    str(ANSWERS)[1:-1],
    f"total={TOTAL}",
    TOKEN[:40],
    TOKEN[-40:],
}


def texts_of(value: object) -> set[str]:
    """Every way a value is turned into text by a log, a message or a debugger's line."""
    return {repr(value), str(value), f"{value}", repr([value]), repr({"value": value})}


@pytest.mark.parametrize("value", EXAMPLES, ids=lambda each: type(each).__name__)
def test_a_value_shows_nothing_secret(value: object) -> None:
    """No seed, figure, result or token is in any text of a public value."""
    for text in texts_of(value):
        assert not {secret for secret in SECRETS if secret in text}


def test_the_secrets_would_be_found() -> None:
    """The search itself works: it finds each kind of secret where one is shown."""
    shown = repr((b"p" * 32, FIGURE, RESULT, TOKEN, list(b"s" * 32), (b"k" * 32).hex(), ANSWERS))
    found = {secret for secret in SECRETS if secret in shown}
    marks = {str(FIGURE), RESULT, TOKEN[:40], "p" * 8, (b"k" * 8).hex(), str(ANSWERS)[1:-1]}
    assert marks <= found


def test_every_public_value_has_an_example() -> None:
    """A type added to the public API is searched too, or this test fails."""
    covered = {type(each) for each in EXAMPLES}
    assert set(public_values()) <= covered


def public_values() -> Iterator[type[Any]]:
    """Every public type that holds fields."""
    for name in kizashi_protocol.__all__:
        found = getattr(kizashi_protocol, name)
        if inspect.isclass(found) and (dataclasses.is_dataclass(found) or issubclass(found, tuple)):
            yield found


def faults() -> dict[str, ProtocolError]:
    """Errors raised while secrets were at hand."""
    found: dict[str, ProtocolError] = {}
    written = write_report(HEADER, REPORT, [PARTICIPANT])
    other = dataclasses.replace(HEADER, report_id=bytes(16))
    sealed = seal_report(written, SERVER.public, programme_id="p", report_id=REPORT_ID)
    attempts: dict[str, Callable[[], object]] = {
        "figure": lambda: dataclasses.replace(SECRET_SUMMARY, blink_rate=FIGURE * 1000),
        "signature": lambda: read_report(other, written),
        "opening": lambda: open_report(Envelope(other, sealed.ciphertext), SERVER),
        "directory": lambda: verify_directory(
            directory_pb2.SignedDirectory(), root_fingerprint=bytes(32), now=NOW, lowest_version=0
        ),
    }
    for name, attempt in attempts.items():
        with pytest.raises(ProtocolError) as caught:
            attempt()
        found[name] = caught.value
    return found


FAULTS = faults()


@pytest.mark.parametrize("name", FAULTS)
def test_an_error_shows_nothing_secret(name: str) -> None:
    """Neither its two messages nor its repr hold what was being worked on."""
    error = FAULTS[name]
    text = "".join((repr(error), str(error), error.log, error.person))
    assert not {secret for secret in SECRETS if secret in text}
    assert str(FIGURE * 1000) not in text
    last = traceback.format_exception_only(error)
    assert not {secret for secret in SECRETS if secret in "".join(last)}
