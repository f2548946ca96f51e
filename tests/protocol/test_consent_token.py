"""A consent's token has one form, signed by its subject; in any other it is none."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    LOCALES,
    NAMING_A_RECIPIENT,
    STANDING,
    ConsentRecipient,
    ConsentRecord,
    InvalidConsent,
    Scope,
    SigningKey,
    Terms,
    read_consent,
    sign_consent,
)
from kizashi_protocol.consent import METHODS
from kizashi_protocol.tokens import LONGEST_TOKEN

from tests.protocol.jws import encoded, parts, signed
from tests.protocol.strategies import MOMENTS, WORDS
from tests.protocol.values import PARTICIPANT, consent_record, consent_token

OTHER = SigningKey.from_seed(b"o" * 32)
HEADER, PAYLOAD = parts(consent_token())
PAYLOADS = {scope: parts(consent_token(scope))[1] for scope in Scope}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

VERSIONS = st.integers(0, 2**53 - 1)
TERMS_DRAWN = st.builds(
    Terms, WORDS, WORDS, WORDS, WORDS, root_fingerprint=st.binary(min_size=32, max_size=32)
)
DIGESTS = st.binary(min_size=32, max_size=32)


def recovery_digests(scope: Scope) -> st.SearchStrategy[bytes | None]:
    """What a scope may be recovered by: always, perhaps or never."""
    if scope in STANDING:
        return DIGESTS
    return st.none() | DIGESTS if scope is Scope.SCORE else st.none()


def records(scope: Scope) -> st.SearchStrategy[ConsentRecord]:
    """Any record of a scope, with the members that its scope has."""
    stands, names = scope in STANDING, scope in NAMING_A_RECIPIENT
    return st.builds(
        ConsentRecord,
        scope=st.just(scope),
        report_id=st.none() if stands else st.binary(min_size=16, max_size=16),
        recovery_digest=recovery_digests(scope),
        recipient=st.builds(ConsentRecipient, WORDS, DIGESTS) if names else st.none(),
        terms=TERMS_DRAWN,
        text_version=VERSIONS,
        locale=st.sampled_from(LOCALES),
        text_digest=st.binary(min_size=32, max_size=32),
        given_time=MOMENTS,
        expire_time=MOMENTS,
        adult=st.booleans(),
        method=st.sampled_from(METHODS),
        subject=st.just(PARTICIPANT.public),
    )


RECORDS = st.sampled_from(Scope).flatmap(records)


@given(record=RECORDS)
def test_a_consent_survives_its_token(record: ConsentRecord) -> None:
    """Signed and read, every record is the same."""
    assert read_consent(sign_consent(record, PARTICIPANT)) == record


def test_a_consent_is_signed_by_its_subject() -> None:
    """Nobody can consent for somebody else."""
    with pytest.raises(InvalidConsent):
        sign_consent(consent_record(), OTHER)


@given(data=st.data())
def test_no_character_of_a_token_can_be_changed(data: st.DataObject) -> None:
    """Another character anywhere in header, payload or signature voids the token."""
    token = consent_token()
    where = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.sampled_from(ALPHABET + ".=+/ \n").filter(lambda each: each != token[where])
    )
    with pytest.raises(InvalidConsent):
        read_consent(token[:where] + other + token[where + 1 :])


@given(data=st.data())
def test_no_token_can_be_cut_or_lengthened(data: st.DataObject) -> None:
    """A token is whole, and ends where it ends."""
    token = consent_token()
    cut = data.draw(st.integers(0, len(token) - 1))
    for changed in (token[:cut], token + data.draw(st.text(ALPHABET + ".=", min_size=1))):
        with pytest.raises(InvalidConsent):
            read_consent(changed)


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every value in a payload that holds no others."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path


LEAVES = [(scope, path) for scope in Scope for path in leaves(PAYLOADS[scope])]
FREE_TEXT = {
    ("dpv:hasDataController",),
    ("dpv:hasDataProcessor",),
    ("kizashi:programme", "id"),
    ("kizashi:programme", "name"),
    ("dpv:hasRecipient", "name"),
}
"""Fields in which any words are a record of other terms, for `fault_of` to refuse."""


def changed(path: tuple[str, ...], value: object, scope: Scope = Scope.SCORE) -> dict[str, Any]:
    """The payload of a scope with another value at a path; `...` removes it."""
    payload = copy.deepcopy(PAYLOADS[scope])
    inner = payload
    for name in path[:-1]:
        inner = inner[name]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return payload


def value_at(path: tuple[str, ...], scope: Scope) -> object:
    """A value of the payload of a scope."""
    value: Any = PAYLOADS[scope]
    for name in path:
        value = value[name]
    return value


@pytest.mark.parametrize(("scope", "path"), LEAVES, ids=str)
def test_a_field_out_of_form_is_refused_though_signed(scope: Scope, path: tuple[str, ...]) -> None:
    """Even the signer cannot leave a field out, or give it another type or an unknown value."""
    original = value_at(path, scope)
    misfits: list[object] = [..., None, [], {}, 1.5, -1, 2**53, [[[]]], {"x": original}]
    misfits += [] if path in FREE_TEXT else ["x", f"{original} "]
    misfits += [1, 0] if isinstance(original, bool) else [True]
    misfits += [float(original)] if isinstance(original, int) else []
    for misfit in misfits:
        with pytest.raises(InvalidConsent):
            read_consent(signed(HEADER, changed(path, misfit, scope), PARTICIPANT))


MEMBERS = {
    "kizashi:report": PAYLOADS[Scope.SCORE]["kizashi:report"],
    "kizashi:recovery": PAYLOADS[Scope.TREND]["kizashi:recovery"],
    "dpv:hasRecipient": PAYLOADS[Scope.SHARE]["dpv:hasRecipient"],
}


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("scope", Scope)
def test_a_member_of_other_scopes_is_refused_though_signed(scope: Scope, member: str) -> None:
    """What a scope has, it must have; what it has not, it must not; score may be recoverable."""
    payload = PAYLOADS[scope]
    other = dict(payload)
    if member in other:
        del other[member]
    else:
        other[member] = MEMBERS[member]
    if (scope, member) == (Scope.SCORE, "kizashi:recovery"):
        assert read_consent(signed(HEADER, other, PARTICIPANT)).recovery_digest
        return
    with pytest.raises(InvalidConsent):
        read_consent(signed(HEADER, other, PARTICIPANT))


def test_a_recipient_with_a_member_too_many_is_refused_though_signed() -> None:
    """Nothing can ride along beside its name and fingerprint."""
    payload = changed(("dpv:hasRecipient", "x"), "x", Scope.SHARE)
    with pytest.raises(InvalidConsent):
        read_consent(signed(HEADER, payload, PARTICIPANT))


@pytest.mark.parametrize("path", sorted(FREE_TEXT))
def test_half_a_character_is_refused_though_signed(path: tuple[str, ...]) -> None:
    """JSON can escape one; nothing could write the record again, nor show it."""
    with pytest.raises(InvalidConsent):
        read_consent(signed(HEADER, changed(path, "a\ud800", Scope.SHARE), PARTICIPANT))


@pytest.mark.parametrize("path", [("extra",), ("dpv:hasNotice", "x"), ("kizashi:programme", "x")])
def test_a_field_too_many_is_refused_though_signed(path: tuple[str, ...]) -> None:
    """Nothing can ride along in a consent."""
    with pytest.raises(InvalidConsent):
        read_consent(signed(HEADER, changed(path, "x"), PARTICIPANT))


def test_a_field_twice_is_refused_though_signed() -> None:
    """Of two values for one field, readers could take different ones."""
    twice = json.dumps(PAYLOAD)[:-1] + ', "kizashi:adult": true}'
    with pytest.raises(InvalidConsent):
        read_consent(signed(HEADER, twice.encode(), PARTICIPANT))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"1", b"null", b"\xff", b"{}", b"[" * 3000, b'{"dpv:hasNotice": NaN}'],
)
def test_a_payload_that_is_no_record_is_refused(payload: bytes) -> None:
    """Whatever is signed, the answer to no record is one error."""
    with pytest.raises(InvalidConsent):
        read_consent(signed(HEADER, payload, PARTICIPANT))


KEY_IN_HEADER = HEADER["jwk"]
BAD_HEADERS: dict[str, object] = {
    "no algorithm": {"typ": HEADER["typ"], "jwk": KEY_IN_HEADER},
    "none": HEADER | {"alg": "none"},
    "the older name": HEADER | {"alg": "EdDSA"},
    "a shared secret": HEADER | {"alg": "HS256"},
    "an algorithm that is no text": HEADER | {"alg": ["Ed25519"]},
    "another type": HEADER | {"typ": "kizashi-consent-receipt+jws"},
    "no type": {"alg": "Ed25519", "jwk": KEY_IN_HEADER},
    "no key": {"alg": "Ed25519", "typ": HEADER["typ"]},
    "a key id in its place": {"alg": "Ed25519", "typ": HEADER["typ"], "kid": "AA"},
    "a key that is no object": HEADER | {"jwk": ["kty", "crv", "x"]},
    "a key without its point": HEADER | {"jwk": {"kty": "OKP", "crv": "Ed25519"}},
    "a point that is no text": HEADER | {"jwk": KEY_IN_HEADER | {"x": 5}},
    "a short point": HEADER | {"jwk": KEY_IN_HEADER | {"x": "AA"}},
    "a private key": HEADER | {"jwk": KEY_IN_HEADER | {"d": encoded(b"p" * 32)}},
    "a key of another kind": HEADER | {"jwk": KEY_IN_HEADER | {"kty": "RSA"}},
    "a key on another curve": HEADER | {"jwk": KEY_IN_HEADER | {"crv": "X25519"}},
    "a key id beside the key": HEADER | {"kid": encoded(bytes(16))},
    "somebody else's key": HEADER | {"jwk": KEY_IN_HEADER | {"x": encoded(OTHER.public)}},
    "an unknown member": HEADER | {"x": 1},
    "a member that must be understood": HEADER | {"crit": ["exp"], "exp": 1},
    "a key from elsewhere": HEADER | {"jku": "https://example.org/key"},
    "no object": ["alg"],
}


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_a_header_of_another_form_is_refused(name: str) -> None:
    """One algorithm, one type, one key in one form."""
    with pytest.raises(InvalidConsent):
        read_consent(signed(BAD_HEADERS[name], PAYLOAD, PARTICIPANT))


def test_an_unencoded_payload_is_refused() -> None:
    """RFC 7797 would let one consent have two forms."""
    header = encoded(json.dumps(HEADER | {"b64": False, "crit": ["b64"]}).encode())
    bound = f"{header}.{json.dumps(PAYLOAD).replace('.', '')}"
    signature = encoded(PARTICIPANT.primitive.sign(bound.encode()))
    with pytest.raises(InvalidConsent):
        read_consent(f"{bound}.{signature}")


def test_a_token_too_long_is_refused() -> None:
    """A longer token than any consent takes is not even parsed."""
    with pytest.raises(InvalidConsent, match="too long"):
        read_consent("a" * (LONGEST_TOKEN + 1))


@given(text=st.text(max_size=200))
def test_text_that_is_no_token_is_refused(text: str) -> None:
    """Any text is read without another error."""
    with pytest.raises(InvalidConsent):
        read_consent(text)
