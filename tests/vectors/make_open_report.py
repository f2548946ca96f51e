"""Writes open_report.json, vectors for opening reports: `python -m tests.vectors.make_open_report`.

Sealing draws its own randomness, so that every run gives other messages; the file is made once and
kept, and `tests/protocol/test_vectors.py` holds the code against it. Run this again only when the
protocol itself changes. The seeds are test keys and guard nothing.
"""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from kizashi_protocol.context import PROTOCOL_VERSION, Header, Label, framed, info
from kizashi_protocol.envelope import PLAINTEXT_BYTES, pad
from kizashi_protocol.keys import SUITE, expand

FILE = Path(__file__).with_name("open_report.json")

COMMENT = (
    "Test vectors of Kizashi, made by tests/vectors/make_open_report.py. The seeds are test keys "
    "and guard nothing. A vector takes a message, applies its change, puts it under its header and "
    "opens it with the key grown from its seed."
)

SEEDS = {"server": bytes(range(32)), "other": bytes(range(32, 64))}
"""TEST KEYS, for these vectors and nothing else."""

PLAINTEXT = b"a report, as far as an envelope is concerned"
REPORT_ID = bytes(range(0xA0, 0xB0))
HEADER = Header(expand(SEEDS["server"])[1].key_id, "vectors", REPORT_ID)

X25519_PART = 1088
"""Where, in a ciphertext, X25519's share of the encapsulated key begins; ML-KEM's is before it."""

TEXT_PART = 1120
"""Where the encrypted text begins."""

OPENS = "OPENS"
UNREADABLE = "ENVELOPE_UNREADABLE"


def messages() -> dict[str, tuple[bytes, bytes]]:
    """What is sealed to the server's key: padded text and HPKE info, by name."""
    proper = info(Label.REPORT, HEADER)
    older = framed(
        Label.REPORT.value,
        (PROTOCOL_VERSION - 1).to_bytes(4, "big"),
        HEADER.key_id,
        HEADER.programme_id.encode(),
        HEADER.report_id,
    )
    too_long = PLAINTEXT_BYTES.to_bytes(4, "big").ljust(PLAINTEXT_BYTES, b"\0")
    return {
        "proper": (pad(PLAINTEXT), proper),
        "under the reply's label": (pad(PLAINTEXT), info(Label.REPLY, HEADER)),
        "under an older version": (pad(PLAINTEXT), older),
        "a length beyond the end": (too_long, proper),
        "a filling that says something": (pad(PLAINTEXT)[:-1] + b"\x01", proper),
    }


def vector(
    name: str,
    expect: str = UNREADABLE,
    *,
    message: str = "proper",
    seed: str = "server",
    plaintext: bytes | None = None,
    **outside: Any,
) -> dict[str, Any]:
    """One vector; `outside` replaces a part of the header, or is a change of the ciphertext."""
    described: dict[str, Any] = {
        "name": name,
        "expect": expect,
        "message": message,
        "seed": seed,
        "protocol_version": PROTOCOL_VERSION,
        "suite": 1,
        "key_id": HEADER.key_id.hex(),
        "programme_id": HEADER.programme_id,
        "report_id": HEADER.report_id.hex(),
    }
    if plaintext is not None:
        described["plaintext"] = plaintext.decode("ascii")
    return described | outside


def vectors() -> list[dict[str, Any]]:
    """Every vector, without the messages, which are random."""
    other_id = expand(SEEDS["other"])[1].key_id.hex()
    last = PLAINTEXT_BYTES + TEXT_PART + 15
    return [
        vector("proper", OPENS, plaintext=PLAINTEXT),
        vector("another key", seed="other"),
        vector("another key, and its id in the header", seed="other", key_id=other_id),
        vector("another key's id in the header", key_id=other_id),
        vector("another programme in the header", programme_id="vectors-2"),
        vector("another report id in the header", report_id=bytes(16).hex()),
        vector("sealed as a reply", message="under the reply's label"),
        vector("sealed under an older version", message="under an older version"),
        vector("padding: a length beyond the end", message="a length beyond the end"),
        vector("padding: a filling not of zeros", message="a filling that says something"),
        vector("a bit of ML-KEM's share flipped", flip_byte=0),
        vector("a bit of X25519's share flipped", flip_byte=X25519_PART),
        vector("X25519's share of low order", zero=[X25519_PART, TEXT_PART]),
        vector("a bit of the text flipped", flip_byte=TEXT_PART),
        vector("a bit of the filling flipped", flip_byte=last - 16),
        vector("a bit of the tag flipped", flip_byte=last),
        vector("a byte short", "ENVELOPE_SIZE", keep=last),
        vector("empty ciphertext", "ENVELOPE_SIZE", keep=0),
        vector("an older version outside", "PROTOCOL_VERSION", protocol_version=0),
        vector("a newer version outside", "PROTOCOL_VERSION", protocol_version=2),
        vector("an unknown suite", "PROTOCOL_VERSION", suite=0),
        vector("a key id of another length", "MALFORMED", key_id="00"),
        vector("a programme id of another form", "MALFORMED", programme_id="Vectors"),
        vector("a report id of another length", "MALFORMED", report_id=bytes(17).hex()),
    ]


def main() -> None:
    """Seals every message anew and writes the file."""
    _, public = expand(SEEDS["server"])
    sealed = {
        name: b64encode(SUITE.encrypt(text, public.primitive, info=bound)).decode()
        for name, (text, bound) in messages().items()
    }
    content = {
        "comment": COMMENT,
        "seeds": {name: seed.hex() for name, seed in SEEDS.items()},
        "vectors": vectors(),
        "messages": sealed,
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
