"""Receipts: the server's signature around the person's, and its word that a check is erased."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    STANDING,
    ErasureReceipt,
    InvalidConsent,
    SigningKey,
    countersign,
    key_id_of,
    read_consent,
    read_erasure,
    read_receipt,
    write_erasure,
)
from kizashi_protocol.receipts import ERASURE_TYPE, RECEIPT_TYPE

from tests.protocol.jws import encoded, parts, signed
from tests.protocol.strategies import MOMENTS, PROGRAMME_IDS
from tests.protocol.values import (
    NOW,
    PARTICIPANT,
    RECEIPT_KEY,
    REPORT_ID,
    consent_record,
    consent_token,
)

KEYS = {key_id_of(RECEIPT_KEY.public): RECEIPT_KEY.public}
FORGER = SigningKey.from_seed(b"f" * 32)
ERASURE = ErasureReceipt(REPORT_ID, "spring-check", NOW, 30)

RECEIPT_HEADER, RECEIPT = parts(countersign(consent_token(), RECEIPT_KEY, now=NOW))
ERASURE_HEADER, ERASED = parts(write_erasure(ERASURE, RECEIPT_KEY))


@given(now=MOMENTS)
def test_a_receipt_holds_the_consent(now: int) -> None:
    """Countersigned and read, it gives back the record and the time it was received."""
    receipt = read_receipt(countersign(consent_token(), RECEIPT_KEY, now=now), KEYS)
    assert receipt.consent == consent_record()
    assert receipt.received_time == now


ERASED_WHAT = st.one_of(
    st.tuples(st.binary(min_size=16, max_size=16), st.none()),
    st.tuples(st.none(), st.sampled_from(STANDING)),
)


@given(
    receipt=st.builds(
        lambda what, programme_id, time, days: ErasureReceipt(
            what[0], programme_id, time, days, what[1]
        ),
        ERASED_WHAT,
        PROGRAMME_IDS,
        MOMENTS,
        st.integers(0, 90),
    )
)
def test_an_erasure_survives_its_token(receipt: ErasureReceipt) -> None:
    """Signed and read, it is the same."""
    assert read_erasure(write_erasure(receipt, RECEIPT_KEY), KEYS) == receipt


@pytest.mark.parametrize(
    "change",
    [{"scope": "trend"}, {"report": ...}, {"report": ..., "scope": "feedback"}, {"scope": None}],
    ids=str,
)
def test_an_erasure_is_of_one_check_or_one_scope(change: dict[str, object]) -> None:
    """Both, neither, or a scope that is never taken back alone is out of form, though signed."""
    payload = ERASED
    for name, value in change.items():
        payload = with_value(payload, name, value)
    with pytest.raises(InvalidConsent):
        read_erasure(signed(ERASURE_HEADER, payload, RECEIPT_KEY), KEYS)


def test_a_key_that_is_not_listed_signs_nothing() -> None:
    """Only keys of the directory make receipts."""
    with pytest.raises(InvalidConsent):
        read_receipt(countersign(consent_token(), FORGER, now=NOW), KEYS)
    with pytest.raises(InvalidConsent):
        read_erasure(write_erasure(ERASURE, FORGER), KEYS)
    with pytest.raises(InvalidConsent):
        read_erasure(write_erasure(ERASURE, RECEIPT_KEY), {})


def test_naming_a_listed_key_does_not_make_it_the_signer() -> None:
    """A forger who names the server's key is found by the signature."""
    with pytest.raises(InvalidConsent):
        read_erasure(signed(ERASURE_HEADER, ERASED, FORGER), KEYS)
    with pytest.raises(InvalidConsent):
        read_receipt(signed(RECEIPT_HEADER, RECEIPT, FORGER), KEYS)


def test_a_forger_cannot_bring_a_key_along() -> None:
    """A receipt is judged by the directory's keys and not by one in its header."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encoded(FORGER.public)}
    for header in (
        ERASURE_HEADER | {"jwk": jwk},
        {"alg": "Ed25519", "typ": ERASURE_TYPE, "jwk": jwk},
    ):
        with pytest.raises(InvalidConsent):
            read_erasure(signed(header, ERASED, FORGER), KEYS)


def test_one_kind_is_never_taken_for_another() -> None:
    """Consent, receipt and erasure are three things, whoever signed them."""
    receipt = countersign(consent_token(), RECEIPT_KEY, now=NOW)
    erasure = write_erasure(ERASURE, RECEIPT_KEY)
    with pytest.raises(InvalidConsent):
        read_receipt(erasure, KEYS)
    with pytest.raises(InvalidConsent):
        read_erasure(receipt, KEYS)
    for token in (receipt, erasure):
        with pytest.raises(InvalidConsent):
            read_consent(token)
    with pytest.raises(InvalidConsent):
        read_receipt(consent_token(), KEYS)


def test_a_receipt_around_a_forged_consent_is_refused() -> None:
    """The server's signature does not make up for the person's."""
    header, payload = parts(consent_token())
    forged = signed(header, payload, FORGER)
    with pytest.raises(InvalidConsent):
        read_receipt(countersign(forged, RECEIPT_KEY, now=NOW), KEYS)


NEITHER_TIME_NOR_TEXT: list[object] = [..., None, 1.5, float("inf"), -1, 2**53, True, [], {}]


@pytest.mark.parametrize("name", RECEIPT)
@pytest.mark.parametrize("value", NEITHER_TIME_NOR_TEXT, ids=repr)
def test_a_receipt_out_of_form_is_refused_though_signed(name: str, value: object) -> None:
    """A server cannot make the laptop fail in another way than by one error."""
    with pytest.raises(InvalidConsent):
        read_receipt(signed(RECEIPT_HEADER, with_value(RECEIPT, name, value), RECEIPT_KEY), KEYS)


@pytest.mark.parametrize("name", ERASED)
@pytest.mark.parametrize("value", NEITHER_TIME_NOR_TEXT, ids=repr)
def test_an_erasure_out_of_form_is_refused_though_signed(name: str, value: object) -> None:
    """The same for an erasure."""
    with pytest.raises(InvalidConsent):
        read_erasure(signed(ERASURE_HEADER, with_value(ERASED, name, value), RECEIPT_KEY), KEYS)


@pytest.mark.parametrize("kid", [5, None, "", "AA", "*", encoded(bytes(16)), ["AA"]], ids=repr)
def test_a_key_id_of_another_form_is_refused(kid: object) -> None:
    """A receipt names its key in one way."""
    header = {"alg": "Ed25519", "typ": RECEIPT_TYPE, "kid": kid}
    with pytest.raises(InvalidConsent):
        read_receipt(signed(header, RECEIPT, RECEIPT_KEY), KEYS)


def test_a_listed_key_that_is_no_key_verifies_nothing() -> None:
    """A directory with a broken receipt key leads to a refusal and to no other error."""
    short = dict.fromkeys(KEYS, bytes(31))
    with pytest.raises(InvalidConsent):
        read_erasure(write_erasure(ERASURE, RECEIPT_KEY), short)


def test_the_participant_cannot_countersign() -> None:
    """The person's own key is no receipt key."""
    with pytest.raises(InvalidConsent):
        read_receipt(countersign(consent_token(), PARTICIPANT, now=NOW), KEYS)


def with_value(payload: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    """The payload with another value for a name; `...` removes it."""
    rest = {each: inner for each, inner in payload.items() if each != name}
    return rest if value is ... else rest | {name: value}
