"""A time that no reader could write as a date is refused wherever a message may name one."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    Band,
    InvalidConsent,
    Label,
    LogHead,
    MalformedMessage,
    ProtocolError,
    SignedCertificate,
    SignedRecipient,
    TrendEntry,
    UntrustedDirectory,
    UntrustedLog,
    WitnessedHead,
    certify_directory_key,
    cosign,
    countersign,
    fingerprint,
    key_id_of,
    read_consent,
    read_erasure,
    read_log_head,
    read_receipt,
    read_recipient,
    read_witnessed_head,
    seal_trend_entry,
    sign_consent,
    sign_directory,
    sign_log_head,
    trend_context,
    verify_directory,
    write_erasure,
)
from kizashi_protocol.moments import DAY, EARLIEST, LATEST, is_moment
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_trend import open_trend_entry
from kizashi_protocol.receipts import ErasureReceipt
from kizashi_protocol.v1 import directory_pb2

from tests.protocol.strategies import FAR_TIMES, MOMENTS
from tests.protocol.values import (
    DIRECTORY_KEY,
    LOG_KEY,
    NOW,
    PARTICIPANT,
    RECEIPT_KEY,
    REPORT_ID,
    ROOT,
    consent_record,
    consent_token,
    counsellor,
    directory,
)

RECEIPT_KEYS = {key_id_of(RECEIPT_KEY.public): RECEIPT_KEY.public}
LOG_KEYS = {key_id_of(LOG_KEY.public): LOG_KEY.public}
PIN = fingerprint(ROOT.public)
CERTIFICATE = certify_directory_key(ROOT, DIRECTORY_KEY.public, start=NOW, expire=NOW + DAY)
TREND_KEY = ItemPrivateKey.from_seed(b"t" * 32)
PLACE = trend_context("spring-check", b"s" * 32)
HEAD = LogHead(1, bytes(32), NOW)

CONSENT_TIMES = ("given_time", "expire_time")
CERTIFICATE_TIMES = ("start_time", "expire_time")
LISTED_TIMES = ("issue_time", "expire_time", "delete_time")


@given(seconds=MOMENTS)
def test_every_other_time_is_taken(seconds: int) -> None:
    """The bounds are those of the years 2000 to 2999, both included."""
    assert read_receipt(countersign(consent_token(), RECEIPT_KEY, now=seconds), RECEIPT_KEYS)
    token = sign_log_head(LogHead(1, bytes(32), seconds), LOG_KEY)
    assert read_log_head(token, LOG_KEYS).time == seconds


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [(EARLIEST - 1, False), (EARLIEST, True), (LATEST, True), (LATEST + 1, False)],
)
def test_the_bounds_are_exact(seconds: int, *, taken: bool) -> None:
    """To the second."""
    assert is_moment(seconds) is taken


def refused(kind: type[ProtocolError], attempt: Any, *arguments: Any) -> str:
    """The reason of the one error that reading ends with."""
    with pytest.raises(kind) as caught:
        attempt(*arguments)
    return caught.value.reason


@given(seconds=FAR_TIMES)
def test_a_receipt_of_no_date_is_refused(seconds: int) -> None:
    """A consent's, an erasure's; signed as they must be."""
    receipt = countersign(consent_token(), RECEIPT_KEY, now=seconds)
    refused(InvalidConsent, read_receipt, receipt, RECEIPT_KEYS)
    erasure = write_erasure(ErasureReceipt(REPORT_ID, "spring-check", seconds, 30), RECEIPT_KEY)
    refused(InvalidConsent, read_erasure, erasure, RECEIPT_KEYS)


@given(seconds=FAR_TIMES, name=st.sampled_from(CONSENT_TIMES))
def test_a_consent_of_no_date_is_refused(seconds: int, name: str) -> None:
    """By the server before it is kept, and by a laptop that reads somebody's receipt."""
    changed: dict[str, Any] = {name: seconds}
    token = sign_consent(replace(consent_record(), **changed), PARTICIPANT)
    refused(InvalidConsent, read_consent, token)


@given(seconds=FAR_TIMES)
def test_a_head_of_no_date_is_refused(seconds: int) -> None:
    """The server's, and a witness's."""
    far = replace(HEAD, time=seconds)
    assert refused(UntrustedLog, read_log_head, sign_log_head(far, LOG_KEY), LOG_KEYS) == "LOG_HEAD"
    for witnessed in (WitnessedHead(PIN, far, "t", NOW), WitnessedHead(PIN, HEAD, "t", seconds)):
        token = cosign(witnessed, LOG_KEY)
        reason = refused(UntrustedLog, read_witnessed_head, token, LOG_KEY.public)
        assert reason == "WITNESS_INVALID"


def read_directory(signed: directory_pb2.SignedDirectory, now: int) -> object:
    """What a laptop whose clock shows `now` makes of a directory."""
    return verify_directory(signed, root_fingerprint=PIN, now=now, lowest_version=0)


@given(seconds=FAR_TIMES, name=st.sampled_from(LISTED_TIMES))
def test_a_directory_of_no_date_is_malformed(seconds: int, name: str) -> None:
    """Whatever the laptop's clock shows, even the very time that it names."""
    sound = directory()
    if name == "delete_time":
        keys = tuple(each._replace(delete_time=seconds) for each in sound.sealing_keys)
        changed = replace(sound, sealing_keys=keys)
    else:
        changed = replace(sound, **{name: seconds})  # type: ignore[arg-type]
    signed = sign_directory(changed, DIRECTORY_KEY, CERTIFICATE)
    for now in (NOW, seconds):
        assert refused(UntrustedDirectory, read_directory, signed, now) == "DIRECTORY_MALFORMED"


@given(seconds=FAR_TIMES, name=st.sampled_from(CERTIFICATE_TIMES))
def test_a_directory_key_of_no_date_is_malformed(seconds: int, name: str) -> None:
    """Though the root signed it."""
    message = directory_pb2.DirectoryKeyCertificate.FromString(CERTIFICATE.certificate)
    setattr(message, name, seconds)
    content = message.SerializeToString()
    chain = SignedCertificate(content, ROOT.sign(Label.DIRECTORY_KEY, content), ROOT.public)
    signed = sign_directory(directory(), DIRECTORY_KEY, chain)
    assert refused(UntrustedDirectory, read_directory, signed, NOW) == "DIRECTORY_MALFORMED"


@given(seconds=FAR_TIMES, name=st.sampled_from(CERTIFICATE_TIMES))
def test_a_recipient_of_no_date_is_malformed(seconds: int, name: str) -> None:
    """A life that is short enough does not make up for it."""
    message = directory_pb2.RecipientCertificate.FromString(counsellor().signed.certificate)
    message.start_time = max(min(seconds, 2**63 - 1 - DAY), -(2**63))
    message.expire_time = message.start_time + DAY
    setattr(message, name, seconds)
    content = message.SerializeToString()
    signed = SignedRecipient(content, ROOT.sign(Label.RECIPIENT, content))
    refused(MalformedMessage, read_recipient, signed, ROOT.public)


@given(day=st.integers(0, EARLIEST // DAY - 1) | st.integers(LATEST // DAY + 1, 2**32 - 1))
def test_a_trend_entry_of_no_date_is_malformed(day: int) -> None:
    """Though it is sealed to the person."""
    entry = TrendEntry(day, Band.MORE, "research-prior/1", "clips/1")
    sealed = seal_trend_entry(entry, TREND_KEY.public, PLACE)
    refused(MalformedMessage, open_trend_entry, sealed, TREND_KEY, PLACE)
