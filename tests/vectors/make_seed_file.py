"""Writes seed_file.json, vectors of encrypted seeds: `python -m tests.vectors.make_seed_file`.

Everything in it follows from the values here, so that every run writes the same file. The seeds,
keys and passphrases are test values and guard nothing.
"""

import json
from pathlib import Path
from typing import Any

from kizashi_protocol.passphrase import SCRYPT_N, SCRYPT_P, SCRYPT_R, Passphrase
from kizashi_server.keys.seed_cipher import SeedCipher

FILE = Path(__file__).with_name("seed_file.json")

COMMENT = (
    "Test vectors of Kizashi, made by tests/vectors/make_seed_file.py. Seeds, keys and passphrases "
    "are test values and guard nothing. A vector opens the file of this name and content under its "
    "key."
)

KEY = bytes(range(32))
"""TEST KEY, for these vectors and nothing else."""

SEED = bytes(range(0x40, 0x60))
NONCE = bytes(range(0xC0, 0xCC))
NAME = "sealing-00112233445566778899aabbccddeeff.seed"
OTHER_NAME = "receipt-00112233445566778899aabbccddeeff.seed"

PASSPHRASE = "a passphrase for test vectors alone"
SALT = bytes(range(0xE0, 0xF0))

OPENS, REFUSED = "OPENS", "REFUSED"


def flipped(data: bytes, place: int) -> bytes:
    """The data with one bit of a byte turned."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def vectors() -> list[dict[str, Any]]:
    """One that opens, and every way in which it must not."""
    proper = SeedCipher(KEY).seal(NAME, SEED, lambda _: NONCE)
    refused = {
        "another key": (flipped(KEY, 0), NAME, proper),
        "another file's name": (KEY, OTHER_NAME, proper),
        "a bit of the mark flipped": (KEY, NAME, flipped(proper, 0)),
        "a bit of the nonce flipped": (KEY, NAME, flipped(proper, 15)),
        "a bit of the seed flipped": (KEY, NAME, flipped(proper, 27)),
        "a bit of the tag flipped": (KEY, NAME, flipped(proper, -1)),
        "a byte short": (KEY, NAME, proper[:-1]),
        "a byte long": (KEY, NAME, proper + b"\0"),
        "a seed in the clear": (KEY, NAME, SEED),
        "empty": (KEY, NAME, b""),
    }
    return [
        vector("proper", KEY, NAME, proper) | {"expect": OPENS, "seed": SEED.hex()},
        *(vector(name, *parts) | {"expect": REFUSED} for name, parts in refused.items()),
    ]


def vector(name: str, key: bytes, file_name: str, content: bytes) -> dict[str, Any]:
    """One vector without what is expected of it."""
    return {"name": name, "key": key.hex(), "file_name": file_name, "content": content.hex()}


def content() -> dict[str, Any]:
    """The whole file."""
    return {
        "comment": COMMENT,
        "passphrase": {
            "passphrase": PASSPHRASE,
            "salt": SALT.hex(),
            "scrypt": {"n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P},
            "key": SeedCipher.from_passphrase(Passphrase.typed(PASSPHRASE), SALT).key.hex(),
        },
        "vectors": vectors(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(content(), indent=1) + "\n", encoding="utf-8")
