"""The container of a backup: a JSON file, opened by a passphrase.

The key comes from the passphrase by `kizashi_protocol.passphrase`. The content is encrypted with
AES-256-GCM, which binds version and parameters. A SHA-256 over everything tells a file that was
damaged from a passphrase that is wrong; it is no protection against a change on purpose, which the
cipher is.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kizashi_protocol.context import framed
from kizashi_protocol.passphrase import (
    SALT_BYTES,
    SCRYPT_N,
    SCRYPT_P,
    SCRYPT_R,
    SHORTEST_PASSPHRASE,
    Passphrase,
)

from kizashi_agent.errors import StateError

VERSION = 1
NONCE_BYTES = 12

LONGEST_FILE = 16 * 1024 * 1024
"""Bytes. A record of a check is some 5 kB, so this holds more than 3,000."""

_LABEL = b"kizashi/v1 identity backup"
PARAMETERS = {"name": "scrypt", "n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P}
_CIPHER = "AES-256-GCM"


class BackupDamaged(StateError):
    """The file is no whole backup."""

    def __init__(self, log: str) -> None:
        super().__init__(
            log,
            "This file is damaged or is no backup of Kizashi. Nothing was restored. Use another "
            "copy of it.",
            reason="BACKUP_DAMAGED",
        )


class BackupVersion(StateError):
    """The file is of a version, or has parameters, that this program does not know."""

    def __init__(self) -> None:
        super().__init__(
            "a backup of another version or with other parameters",
            "This backup was made by another version of Kizashi. Nothing was restored. Update "
            "Kizashi and try again.",
            reason="BACKUP_VERSION",
        )


class PassphraseWrong(StateError):
    """The passphrase does not open the file, which is whole."""

    def __init__(self) -> None:
        super().__init__(
            "the passphrase does not open the backup",
            "The passphrase is not the one of this backup. Nothing was restored. Try again; "
            "without it nobody can open the file.",
            reason="PASSPHRASE_WRONG",
        )


class PassphraseTooShort(StateError):
    """The passphrase could be found by trying."""

    def __init__(self) -> None:
        super().__init__(
            "the passphrase is too short",
            f"A passphrase has {SHORTEST_PASSPHRASE} characters or more: whoever has the file can "
            "try as many as they like. Several words that do not belong together do well.",
            reason="PASSPHRASE_TOO_SHORT",
        )


def seal_backup(content: bytes, passphrase: str, random_bytes: Callable[[int], bytes]) -> bytes:
    """The container of some content.

    Args:
        content: what is kept.
        passphrase: 15 characters or more.
        random_bytes: gives that many unpredictable bytes.

    Raises:
        PassphraseTooShort: it has fewer.
    """
    salt, nonce = random_bytes(SALT_BYTES), random_bytes(NONCE_BYTES)
    sealed = AESGCM(chosen(passphrase).key(salt)).encrypt(nonce, content, _bound(salt))
    described = {
        "kizashi_backup": VERSION,
        "kdf": PARAMETERS | {"salt": _text(salt)},
        "cipher": {"name": _CIPHER, "nonce": _text(nonce)},
        "sealed": _text(sealed),
        "sha256": _checksum(salt, nonce, sealed),
    }
    return json.dumps(described, indent=1).encode()


def open_backup(data: bytes, passphrase: str) -> bytes:
    """The content of a container.

    Raises:
        BackupDamaged: it is not whole, or no backup.
        BackupVersion: it was made another way.
        PassphraseWrong: it is whole and does not open.
    """
    try:
        described = json.loads(data)
        version, kdf, cipher = (described[each] for each in ("kizashi_backup", "kdf", "cipher"))
        salt, nonce = _bytes(kdf.pop("salt")), _bytes(cipher["nonce"])
        sealed = _bytes(described["sealed"])
        whole = described["sha256"] == _checksum(salt, nonce, sealed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupDamaged(f"a backup does not parse: {type(error).__name__}") from None
    # One way, and no other: a file cannot ask for gigabytes, or for a weaker key.
    if (version, kdf, cipher["name"]) != (VERSION, PARAMETERS, _CIPHER):
        raise BackupVersion
    if not whole or (len(salt), len(nonce)) != (SALT_BYTES, NONCE_BYTES):
        raise BackupDamaged("a backup is not whole")
    try:
        return AESGCM(Passphrase.typed(passphrase).key(salt)).decrypt(nonce, sealed, _bound(salt))
    except InvalidTag:
        raise PassphraseWrong from None


def chosen(text: str) -> Passphrase:
    """A passphrase that is being chosen.

    Raises:
        PassphraseTooShort: it has fewer than 15 characters.
    """
    passphrase = Passphrase.typed(text)
    if not passphrase.is_long_enough:
        raise PassphraseTooShort
    return passphrase


def _bound(salt: bytes) -> bytes:
    numbers = (VERSION, SCRYPT_N, SCRYPT_R, SCRYPT_P)
    return framed(_LABEL, *(each.to_bytes(4, "big") for each in numbers), salt)


def _checksum(salt: bytes, nonce: bytes, sealed: bytes) -> str:
    return hashlib.sha256(framed(salt, nonce, sealed)).hexdigest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise TypeError("text was expected")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("base 64 was expected") from None
