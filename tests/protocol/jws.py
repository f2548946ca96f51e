"""Compact JWS by hand, so that tests can sign what the project's own writer would not write."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from kizashi_protocol import SigningKey


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(segment: str) -> bytes:
    """The bytes of a segment."""
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a token, unverified."""
    header, payload, _ = token.split(".")
    return json.loads(decoded(header)), json.loads(decoded(payload))


def signed(header: object, payload: object, key: SigningKey) -> str:
    """A token with any header and payload whose signature holds; bytes stand as they are."""
    texts = (
        each if isinstance(each, bytes) else json.dumps(each).encode() for each in (header, payload)
    )
    bound = ".".join(map(encoded, texts))
    return f"{bound}.{encoded(key.primitive.sign(bound.encode()))}"
