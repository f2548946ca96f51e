"""What travels between a server and the machine of the root: a request there, a certificate back.

Both are short JSON texts without a secret, so that they can be read before they are carried.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from kizashi_protocol.directory_chain import SignedCertificate
from kizashi_protocol.keys import key_id_of

from kizashi_server.errors import KeyFault

_REQUEST = "kizashi directory key request"
_CERTIFICATE = "kizashi directory key certificate"
_LARGEST = 10_000
"""Bytes; either takes a few hundred."""


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A server's wish to have a directory key certified.

    Attributes:
        root_fingerprint: of the root that people have pinned, 32 bytes.
        directory_public: the key, 32 bytes.
    """

    root_fingerprint: bytes
    directory_public: bytes

    @property
    def key_id(self) -> bytes:
        """The key's id, 16 bytes, to be compared on both machines."""
        return key_id_of(self.directory_public)

    def to_json(self) -> bytes:
        """The request as a file holds it."""
        return _written(
            _REQUEST,
            {
                "root_fingerprint": self.root_fingerprint.hex(),
                "directory_key": self.directory_public.hex(),
            },
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            KeyFault: the file cannot be read or is something else.
        """
        found = _read(path, _REQUEST)
        try:
            return cls(_hex(found["root_fingerprint"]), _hex(found["directory_key"]))
        except (KeyError, ValueError, TypeError):
            raise KeyFault.of_file(path, "is damaged") from None


def certificate_json(certificate: SignedCertificate) -> bytes:
    """A certificate as a file holds it."""
    parts = certificate._asdict()
    return _written(_CERTIFICATE, {name: b64encode(part).decode() for name, part in parts.items()})


def read_certificate_file(path: Path) -> SignedCertificate:
    """Reads what `certificate_json` wrote; whether it holds is another question.

    Raises:
        KeyFault: the file cannot be read or is something else.
    """
    found = _read(path, _CERTIFICATE)
    try:
        parts = (b64decode(found[name], validate=True) for name in SignedCertificate._fields)
        return SignedCertificate(*parts)
    except (KeyError, ValueError, TypeError):
        raise KeyFault.of_file(path, "is damaged") from None


def _written(kind: str, values: dict[str, str]) -> bytes:
    return (json.dumps({"kind": kind} | values, indent=1) + "\n").encode()


def _read(path: Path, kind: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise KeyFault.of_file(path, f"is no {kind}") from None
    if not isinstance(found, dict) or found.get("kind") != kind:
        raise KeyFault.of_file(path, f"is no {kind}")
    return found


def _hex(text: str) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != 32:
        raise ValueError("another length was expected")
    return data
