"""A request to be certified: the file that somebody's public key travels in to the root.

It proves nothing. Whoever keeps the root compares the fingerprint with its owner, by voice or on
paper, before certifying it.
"""

import json
from dataclasses import dataclass
from typing import Any, Self

from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import SealingPublicKey, fingerprint
from kizashi_protocol.recipients import LONGEST_NAME

_KIND = "kizashi-recipient-request"
_VERSION = 1
_LONGEST = 16_384
"""Bytes. A request takes about 2,600."""


@dataclass(frozen=True, slots=True)
class RecipientRequest:
    """Who wants to be a recipient.

    Attributes:
        name: what a person will be shown; 1 to 80 characters.
        public: the key to be sealed to.

    Raises:
        MalformedMessage: the name cannot be shown.
    """

    name: str
    public: SealingPublicKey

    def __post_init__(self) -> None:
        shown = self.name.strip() == self.name and is_displayable(self.name)
        if not (0 < len(self.name) <= LONGEST_NAME and shown):
            raise MalformedMessage(
                "a recipient's name cannot be shown",
                f"A name is one line of 1 to {LONGEST_NAME} characters, without spaces around it.",
            )

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the public key, 32 bytes."""
        return fingerprint(self.public.raw)

    def written(self) -> bytes:
        """The request as a file; `parse` gives back an equal one."""
        content = {
            "kind": _KIND,
            "version": _VERSION,
            "name": self.name,
            "public_key": self.public.raw.hex(),
        }
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Reads what `written` wrote.

        Raises:
            MalformedMessage: it is anything else.
        """
        if len(data) > _LONGEST:
            raise _malformed()
        try:
            content: dict[str, Any] = json.loads(data)
            form = (content["kind"], content["version"])
            name, key = content["name"], bytes.fromhex(content["public_key"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _malformed() from None
        if form != (_KIND, _VERSION) or not isinstance(name, str):
            raise _malformed()
        return cls(name, SealingPublicKey(key))


def _malformed() -> MalformedMessage:
    return MalformedMessage(
        "a recipient's request does not parse",
        "The file is no request to be certified. Make one with: kizashi share make-key FILE --name NAME",
    )
