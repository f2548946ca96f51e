"""Compact JWS that are nearly right: header, algorithm, type, key, payload, signature and form."""

import json
from base64 import urlsafe_b64encode
from random import Random
from typing import Any

from kizashi_protocol import SigningKey

from tests.fuzz.wire import Spoilt
from tests.protocol.jws import encoded, parts

DAY = 24 * 3600

Json = Any
"""Whatever JSON can hold."""

VALUES: tuple[Json, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    2**53,
    2**63,
    10**400,
    1e308,
    "",
    " ",
    "x" * 3000,
    "\0",
    "\ud800",
    "kizashi:share",
    "dpv:ConsentGiven",
    [],
    {},
    [[]],
    {"version": 1},
)

ALGORITHMS: tuple[Json, ...] = (
    "none",
    "None",
    "EdDSA",
    "ed25519",
    "Ed448",
    "HS256",
    "ES256",
    "RS256",
    "",
    None,
    1,
    ["Ed25519"],
    {},
)

TEXTS = (
    b"",
    b"null",
    b"[]",
    b"0",
    b'"a"',
    b"{",
    b"[" * 3000,
    b'{"a":' * 900,
    b'{"dct:issued":NaN}',
    b'{"dct:issued":1e400}',
    b'{"dct:issued":' + b"9" * 3000 + b"}",
    b'{"\xff":1}',
    b"\xef\xbb\xbf{}",
    b'{"consent":1,"consent":2}',
)
"""Payloads and headers as text, for what no serialiser would write."""


def spoil_token(draw: Random, token: str, key: SigningKey) -> Spoilt:
    """A token with one thing wrong, signed again by its key or by another, or not; as UTF-8.

    Half of what is wrong is in places that a signature covers and was signed again by the right
    key, so that it is the reader's own rules that must refuse it, or may take it.
    """
    header, payload = parts(token)
    kind = draw.randrange(7)
    if kind == 0:
        return Spoilt("jws form", _other_form(draw, token))
    if kind == 1:
        how = spoil_object(draw, header)
    elif kind == 2:
        header["alg"] = draw.choice(ALGORITHMS)
        how = "alg"
    elif kind == 3:
        how = _other_key(draw, header)
    elif kind == 4:
        how = _extra_member(draw, header)
    elif kind == 5 and draw.random() < 0.3:
        return _unlikely_text(draw, header, payload, key)
    else:
        how = spoil_object(draw, payload)
    return _signed(draw, how, _text(header), _text(payload), key)


def spoil_object(draw: Random, data: dict[str, Json]) -> str:
    """Changes one member of a JSON object, however deep; says how."""
    name = draw.choice(list(data) or ["none"])
    kind = draw.randrange(6)
    if kind == 0:
        data.pop(name, None)
        return f"member dropped: {name}"
    if kind == 1:
        data[draw.choice(("kizashi:more", "", name.upper(), "__proto__"))] = draw.choice(VALUES)
        return "member added"
    if kind == 2 and isinstance(data.get(name), dict):
        return spoil_object(draw, data[name])
    if kind == 3:
        data[f"{name} "] = data.pop(name, None)
        return f"member renamed: {name}"
    data[name] = _near(draw, data.get(name))
    return f"member changed: {name}"


def _near(draw: Random, value: Json) -> Json:
    if isinstance(value, bool) and draw.random() < 0.5:
        return not value
    if isinstance(value, bool) or draw.random() < 0.4:
        return draw.choice(VALUES)
    if isinstance(value, int):
        moved = (value + 1, value - 1, value + 10 * DAY, value - 10 * DAY, value + 400 * DAY)
        return draw.choice((*moved, -value, float(value), str(value), value * 10**6))
    if isinstance(value, str):
        at = draw.randrange(len(value) + 1)
        changed = (value + " ", value[:at], value.swapcase(), value[:at] + "A" + value[at + 1 :])
        return draw.choice((*changed, [value], value + "="))
    return [value]


def _other_key(draw: Random, header: dict[str, Json]) -> str:
    jwk = header.get("jwk")
    if not isinstance(jwk, dict):
        header["kid"] = draw.choice((encoded(draw.randbytes(16)), "", 1, None, encoded(bytes(15))))
        return "kid"
    changes: tuple[dict[str, Json], ...] = (
        {"x": encoded(draw.randbytes(32))},
        {"x": encoded(bytes(32))},
        {"x": encoded(b"\1" + bytes(31))},  # the curve's neutral point
        {"x": encoded(draw.randbytes(31))},
        {"x": jwk.get("x", "") + "="},
        {"kty": "RSA"},
        {"kty": "oct", "k": "AAAA"},
        {"crv": "X25519"},
        {"crv": "P-256"},
        {"d": encoded(bytes(32))},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"x": None},
    )
    jwk.update(draw.choice(changes))
    return "jwk"


def _extra_member(draw: Random, header: dict[str, Json]) -> str:
    extra = draw.choice(
        (
            ("b64", False),
            ("crit", ["b64"]),
            ("crit", []),
            ("jku", "https://keys.example/"),
            ("x5u", "https://keys.example/"),
            ("x5c", ["AAAA"]),
            ("zip", "DEF"),
            ("kid", encoded(bytes(16))),
            ("cty", "JWT"),
            ("typ", "JWT"),
            ("typ", "kizashi-erasure-receipt+jws"),
            ("typ", "kizashi-consent-receipt+jws"),
            ("typ", "kizashi-consent+jws"),
            ("typ", None),
        )
    )
    header[extra[0]] = extra[1]
    return f"header member: {extra[0]}"


def _unlikely_text(draw: Random, header: Json, payload: Json, key: SigningKey) -> Spoilt:
    if draw.random() < 0.5:
        return _signed(draw, "header as text", draw.choice(TEXTS), _text(payload), key)
    body = draw.choice((*TEXTS, _text(payload)[:-1] + b',"dct:issued":0}'))
    return _signed(draw, "payload as text", _text(header), body, key)


def _signed(draw: Random, how: str, header: bytes, payload: bytes, key: SigningKey) -> Spoilt:
    bound = f"{encoded(header)}.{encoded(payload)}"
    signer = draw.randrange(6)
    if signer < 4:
        signature = key.primitive.sign(bound.encode())
        return Spoilt(f"{how}, signed again", f"{bound}.{encoded(signature)}".encode())
    if signer == 4:
        signature = SigningKey.from_seed(draw.randbytes(32)).primitive.sign(bound.encode())
        return Spoilt(f"{how}, signed by another", f"{bound}.{encoded(signature)}".encode())
    return Spoilt(f"{how}, not signed again", f"{bound}.{encoded(bytes(64))}".encode())


def _other_form(draw: Random, token: str) -> bytes:
    header, payload, signature = token.split(".")
    at = draw.randrange(len(token))
    changed = (
        "",
        ".",
        "..",
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f"{header}..{signature}",
        f".{payload}.{signature}",
        f"{token}.{signature}",
        f"{header}.{payload}.{signature}==",
        f"{header}=.{payload}.{signature}",
        f" {token}",
        f"{token}\n",
        f"{token}\0",
        f"{header}.{payload}.{signature[:-2]}",
        f"{header}.{payload}.{signature[:-1]}{_neighbour(signature[-1])}",
        f"{header}.{payload}.{encoded(bytes(64))}",
        f"{header}.{payload}.{urlsafe_b64encode(bytes(64)).decode()}",
        token[:at],
        token[:at] + draw.choice("A.-_+/ \u00e9\u3042") + token[at + 1 :],
        token * 3,
        "x" * 5000,
        json.dumps({"payload": payload, "protected": header, "signature": signature}),
    )
    return draw.choice(changed).encode()


def _neighbour(letter: str) -> str:
    # The last letter of a signature carries bits that mean nothing.
    return chr(ord(letter) + 1) if letter not in "Zz9_-" else "A"


def _text(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
