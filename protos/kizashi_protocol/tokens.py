"""Signed statements as compact JWS: one algorithm, a type for each kind, the key named."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from kizashi_protocol.errors import InvalidConsent
from kizashi_protocol.keys import KEY_ID_BYTES, key_id_of
from kizashi_protocol.moments import is_moment
from kizashi_protocol.signing import SigningKey

_ALLOWED = ["Ed25519"]
"""RFC 9864; the older name "EdDSA" leaves the curve open and is refused."""

_HEADERS = ({"alg", "typ", "jwk"}, {"alg", "typ", "kid"})
"""The members of a header. Nothing else is taken: `b64` (RFC 7797), for one, would give a token a
second form, and what is there beside the key in use is read by nobody."""

LONGEST_TOKEN = 4096
"""Characters. A consent takes about 1,500, its receipt about 2,400."""


def write_token(kind: str, payload: dict[str, Any], key: SigningKey, *, name_key: bool) -> str:
    """A compact JWS of the payload.

    Args:
        kind: the header's `typ`.
        payload: JSON values.
        key: the signer's.
        name_key: with True the header carries the whole public key (`jwk`), for signers nobody
            knows yet; with False only its id (`kid`).
    """
    header: dict[str, Any] = {"alg": _ALLOWED[0], "typ": kind}
    if name_key:
        header["jwk"] = {"kty": "OKP", "crv": "Ed25519", "x": encode(key.public)}
    else:
        header["kid"] = encode(key_id_of(key.public))
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    signer = OKPKey.import_key(key.primitive)
    return jws.serialize_compact(header, body, signer, algorithms=_ALLOWED)


def read_token(
    kind: str, token: str, signer_of: Callable[[dict[str, Any]], bytes]
) -> tuple[dict[str, Any], bytes]:
    """The payload of a token whose signature holds, and the public key that signed it.

    Args:
        kind: the `typ` it must have.
        token: the compact JWS.
        signer_of: gives the public key (32 bytes) for a header, or raises `KeyError`.

    Raises:
        InvalidConsent: the token is too long, of another kind, or its signature does not hold.
    """
    if len(token) > LONGEST_TOKEN:
        raise InvalidConsent("a token is too long")
    try:
        header = jws.extract_compact(token.encode()).headers()
        signer = signer_of(header)
        public = OKPKey.import_key(Ed25519PublicKey.from_public_bytes(signer))
        verified = jws.deserialize_compact(token, public, algorithms=_ALLOWED)
        payload = json.loads(verified.payload, object_pairs_hook=_members)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidConsent(f"a token does not hold: {type(error).__name__}") from None
    if not (header.keys() in _HEADERS and header.get("typ") == kind):
        raise InvalidConsent("a token is of another kind")
    if not isinstance(payload, dict):
        raise InvalidConsent("a token says nothing")
    return payload, signer


def kind_of(token: str) -> str | None:
    """The kind a token says it is of, nothing checked; None when that cannot be told."""
    kind = _unchecked_header(token).get("typ")
    return kind if isinstance(kind, str) else None


def unchecked_payload(token: str) -> dict[str, Any]:
    """What a token says, nothing checked.

    Raises:
        ValueError: that cannot be told.
    """
    try:
        return dict(json.loads(jws.extract_compact(token.encode()).payload))
    except (JoseError, TypeError, RecursionError):
        raise ValueError("a token does not parse") from None


def key_named_by(token: str) -> bytes | None:
    """The id (16 bytes) of the key a token says it is signed by, nothing checked, or None."""
    try:
        return decode(_unchecked_header(token).get("kid"), KEY_ID_BYTES)
    except ValueError:
        return None


def _unchecked_header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        return {}
    try:
        return dict(jws.extract_compact(token.encode()).headers())
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def named_signer(header: dict[str, Any]) -> bytes:
    """The public key that a header carries whole; `KeyError` or `ValueError` if it has none."""
    jwk = header["jwk"]
    if set(jwk) != {"kty", "crv", "x"}:
        raise ValueError("the header's key has other members")
    if (jwk["kty"], jwk["crv"]) != ("OKP", "Ed25519"):
        raise ValueError("the header's key is of another kind")
    return decode(jwk["x"], 32)


def listed_signer(keys: Mapping[bytes, bytes]) -> Callable[[dict[str, Any]], bytes]:
    """Finds the key that a header names by its id; `KeyError` or `ValueError` if none is listed.

    Args:
        keys: public keys (32 bytes) by key id (16 bytes).
    """
    return lambda header: keys[decode(header["kid"], KEY_ID_BYTES)]


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).decode()


def decode(text: object, length: int) -> bytes:
    """The bytes of base64url text; `ValueError` unless it is text and they are this many."""
    data = urlsafe_b64decode(words(text).encode())
    if len(data) != length:
        raise ValueError("another length was expected")
    return data


def words(value: object) -> str:
    """A text of a payload; `ValueError` for another type."""
    if not isinstance(value, str):
        raise ValueError("a text was expected")  # noqa: TRY004 - callers treat all misfits alike
    # JSON can escape half a character, which nothing could write or show again; a ValueError too.
    value.encode()
    return value


def whole(value: object) -> int:
    """A whole number of a payload, from 0 to 2^53 - 1; `ValueError` for anything else."""
    # bool is an int to Python, and to it alone.
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError("a whole number was expected")
    return value


def moment(value: object) -> int:
    """Seconds since the epoch in a payload; `ValueError` for what is not such, or too far away."""
    seconds = whole(value)
    if not is_moment(seconds):
        raise ValueError("a time in the years 2000 to 2999 was expected")
    return seconds


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two members with one name readers may take the first or the last.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
