"""A counsellor's key as a file: a JSON container, opened by a passphrase.

The encryption key comes from the passphrase by `kizashi_protocol.passphrase`, whose parameters
stand in the file and are compared, never obeyed. The seed (32 bytes) is encrypted with AES-256-GCM
(NIST SP 800-38D), which binds everything else in the file: kind, version, name, public key,
parameters.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.passphrase import SALT_BYTES, Passphrase
from kizashi_protocol.recipient_request import RecipientRequest

from kizashi_agent.errors import InputError
from kizashi_agent.identity.container import NONCE_BYTES, PARAMETERS, chosen

SEED_BYTES = 32
LONGEST_FILE = 16_384
"""Bytes. A key takes about 3,100."""

_KIND = "kizashi-counsellor-key"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class CounsellorKey:
    """A key that feedback is shared to.

    Attributes:
        name: its owner's.
        private: opens what was sealed to it; never shown.
    """

    name: str
    private: ItemPrivateKey = field(repr=False)

    @property
    def request(self) -> RecipientRequest:
        """What travels to the root to be certified."""
        return RecipientRequest(self.name, self.private.public)


@dataclass(frozen=True, slots=True)
class LockedKey:
    """A key file that was read and takes its passphrase to open.

    Attributes:
        name: as the file has it; proven by opening.
        salt: of the passphrase.
        nonce: of the encryption, 12 bytes.
        sealed: the seed, encrypted.
        bound: everything else in the file, which the encryption binds.
    """

    name: str
    salt: bytes
    nonce: bytes
    sealed: bytes = field(repr=False)
    bound: bytes = field(repr=False)


def make_key_file(
    name: str, passphrase: str, random_bytes: Callable[[int], bytes]
) -> tuple[CounsellorKey, bytes]:
    """A fresh key, and the file that holds it.

    Args:
        name: what a person will be shown.
        passphrase: 15 characters or more.
        random_bytes: gives that many unpredictable bytes.

    Raises:
        StateError: the passphrase is too short.
        MalformedMessage: the name cannot be shown.
    """
    seed = random_bytes(SEED_BYTES)
    key = CounsellorKey(name, ItemPrivateKey.from_seed(seed))
    salt, nonce = random_bytes(SALT_BYTES), random_bytes(NONCE_BYTES)
    head = {
        "kind": _KIND,
        "version": _VERSION,
        "name": key.request.name,
        "public_key": key.private.public.raw.hex(),
        "kdf": PARAMETERS | {"salt": salt.hex()},
        "nonce": nonce.hex(),
    }
    sealed = AESGCM(chosen(passphrase).key(salt)).encrypt(nonce, seed, _bound(head))
    return key, (json.dumps(head | {"sealed": sealed.hex()}, ensure_ascii=False, indent=1)).encode()


def read_key_file(data: bytes) -> LockedKey:
    """The key in a file that `make_key_file` made, not yet opened.

    Raises:
        InputError: it is no such file.
    """
    try:
        head = json.loads(data)
        sealed = bytes.fromhex(head.pop("sealed"))
        salt, nonce = bytes.fromhex(head["kdf"]["salt"]), bytes.fromhex(head["nonce"])
        form = (head["kind"], head["version"], head["kdf"])
        name = head["name"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _no_key() from None
    known = (_KIND, _VERSION, PARAMETERS | {"salt": salt.hex()})
    if form != known or (len(salt), len(nonce)) != (SALT_BYTES, NONCE_BYTES):
        raise _no_key()
    return LockedKey(name, salt, nonce, sealed, _bound(head))


def open_key(locked: LockedKey, passphrase: str) -> CounsellorKey:
    """The key, opened.

    Raises:
        InputError: the passphrase is another, or the file was changed.
    """
    cipher = AESGCM(Passphrase.typed(passphrase).key(locked.salt))
    try:
        seed = cipher.decrypt(locked.nonce, locked.sealed, locked.bound)
        key = CounsellorKey(locked.name, ItemPrivateKey.from_seed(seed))
        return CounsellorKey(key.request.name, key.private)
    except InvalidTag:
        raise InputError(
            "a key file does not open",
            "The passphrase is not the one of this key, or the file is damaged. Nothing was "
            "fetched. Try again.",
            reason="PASSPHRASE_WRONG",
        ) from None
    except (ValueError, MalformedMessage):
        raise _no_key() from None


def _bound(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()


def _no_key() -> InputError:
    return InputError(
        "a key file does not parse",
        "This file is no counsellor's key of this version of Kizashi. Name the one that was made "
        "with: kizashi share make-key FILE --name NAME",
        reason="KEY_FILE_MALFORMED",
    )
