"""Writes identity_backup.json, vectors of the container of a backup.

usage: python -m tests.vectors.make_identity_backup

The file is made once and kept, and `tests/agent/identity/test_container.py` holds the code against
it: a backup that somebody made must open with every later version. Run this again only when the
container itself changes. The passphrase is a test passphrase and guards nothing.
"""

import json
from pathlib import Path
from typing import Any

from kizashi_agent.identity.container import seal_backup

FILE = Path(__file__).with_name("identity_backup.json")

COMMENT = (
    "Test vectors of Kizashi, made by tests/vectors/make_identity_backup.py. The passphrase is a "
    "test passphrase and guards nothing. A vector takes the container, sets the members that its "
    "change names ('kdf.n' is member n of member kdf; null removes one), and opens it."
)

PASSPHRASE = "TEST PASSPHRASE caf\u00e9 \u5fc3\u306e\u6c17\u914d"
"""For these vectors and nothing else."""

CONTENT = b'{"a backup": "as far as a container is concerned"}'

OPENS, WRONG = "OPENS", "PASSPHRASE_WRONG"
DAMAGED, VERSION = "BACKUP_DAMAGED", "BACKUP_VERSION"


def vector(
    name: str, expect: str, change: dict[str, Any] | None = None, passphrase: str = PASSPHRASE
) -> dict[str, Any]:
    """One vector."""
    return {"name": name, "expect": expect, "change": change or {}, "passphrase": passphrase}


def vectors(sealed: str) -> list[dict[str, Any]]:
    """Every vector."""
    flipped = ("A" if sealed[0] != "A" else "B") + sealed[1:]
    return [
        vector("proper", OPENS),
        vector("the accent typed apart", OPENS, passphrase=PASSPHRASE.replace("\u00e9", "e\u0301")),
        vector("a full-width space", OPENS, passphrase=PASSPHRASE.replace(" ", "\u3000")),
        vector("another passphrase", WRONG, passphrase="ANOTHER PASSPHRASE"),
        vector("a letter of another case", WRONG, passphrase=PASSPHRASE.lower()),
        vector("an empty passphrase", WRONG, passphrase=""),
        vector("a changed ciphertext", DAMAGED, {"sealed": flipped}),
        vector("a ciphertext cut off", DAMAGED, {"sealed": sealed[:-8]}),
        vector("no ciphertext", DAMAGED, {"sealed": None}),
        vector("a changed salt", DAMAGED, {"kdf.salt": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        vector("a salt that is no text", DAMAGED, {"kdf.salt": 5}),
        vector("a salt that is no base 64", DAMAGED, {"kdf.salt": "!"}),
        vector("no salt", DAMAGED, {"kdf.salt": None}),
        vector("a changed nonce", DAMAGED, {"cipher.nonce": "AAAAAAAAAAAAAAAA"}),
        vector("a changed checksum", DAMAGED, {"sha256": "00" * 32}),
        vector("no derivation", DAMAGED, {"kdf": None}),
        vector("a derivation that is no object", DAMAGED, {"kdf": []}),
        vector("another version", VERSION, {"kizashi_backup": 2}),
        vector("a cheaper derivation", VERSION, {"kdf.n": 2}),
        vector("a derivation that fills memory", VERSION, {"kdf.n": 2**40}),
        vector("larger blocks", VERSION, {"kdf.r": 2**20}),
        vector("another derivation", VERSION, {"kdf.name": "pbkdf2"}),
        vector("another cipher", VERSION, {"cipher.name": "AES-128-GCM"}),
    ]


def main() -> None:
    """Seals once, with numbers in the place of randomness, and writes the file."""
    counted = iter((bytes(range(16)), bytes(range(12))))
    container = json.loads(seal_backup(CONTENT, PASSPHRASE, lambda _: next(counted)))
    content = {
        "comment": COMMENT,
        "content": CONTENT.decode(),
        "container": container,
        "vectors": vectors(container["sealed"]),
    }
    FILE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
