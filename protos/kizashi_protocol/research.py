"""What is given for research: sealed on the laptop, and handed over as files.

An export is a folder: one sealed item a file, under random names, and a manifest. No file says
whose it is, when it was made, or which others are the same person's.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from kizashi_protocol.consent import ConsentRecipient
from kizashi_protocol.context import Label, framed, is_programme_id
from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import SealingPublicKey
from kizashi_protocol.recipients import LONGEST_NAME
from kizashi_protocol.research_item import ResearchItem
from kizashi_protocol.sealed_item import SealedItem, seal_item

MANIFEST_NAME = "manifest.json"
EXPORTED_SUFFIX = ".sealed"

LONGEST_MANIFEST = 4_096
"""Bytes. A manifest takes about 500."""

_KIND = "kizashi-research-export"
_VERSION = 1
_DATE = "%Y-%m-%d"
_FINGERPRINT_BYTES = 32


def research_context(root_fingerprint: bytes, programme_id: str) -> bytes:
    """Where an item for research belongs: a root (fingerprint of 32 bytes) and a programme.

    The researcher's key and the purpose are bound by `seal_item` itself.
    """
    return framed(root_fingerprint, programme_id.encode())


def seal_for_research(
    item: ResearchItem, recipient: SealingPublicKey, context: bytes
) -> SealedItem:
    """The item, sealed to research's key for a `research_context`. Runs on the device.

    It has one size, with answers or without.
    """
    return seal_item(Label.RESEARCH_SUMMARY, item.serialise(), recipient, context)


@dataclass(frozen=True, slots=True)
class ResearchManifest:
    """What an export is.

    Attributes:
        root_fingerprint: SHA-256 of the programme's root key, 32 bytes.
        recipient: whose key opens the items.
        count: of items.
        date: of the export by UTC, as ISO 8601 writes it: "2026-11-23".
        one_each: whether no two items are one person's, as far as the server can tell.

    Raises:
        MalformedMessage: a value has another form.
    """

    programme_id: str
    root_fingerprint: bytes
    recipient: ConsentRecipient
    count: int
    date: str
    one_each: bool = False

    def __post_init__(self) -> None:
        name, keys = self.recipient.name, (self.root_fingerprint, self.recipient.fingerprint)
        sound = (
            is_programme_id(self.programme_id)
            and all(len(each) == _FINGERPRINT_BYTES for each in keys)
            and 0 < len(name) <= LONGEST_NAME
            and is_displayable(name)
            and self.count >= 0
            and _is_date(self.date)
        )
        if not sound:
            raise _malformed()

    @property
    def context(self) -> bytes:
        """What its items are bound to."""
        return research_context(self.root_fingerprint, self.programme_id)

    def written(self) -> bytes:
        """The manifest as a file; `parse` gives back an equal one."""
        content = {
            "kind": _KIND,
            "version": _VERSION,
            "programme": self.programme_id,
            "root": self.root_fingerprint.hex(),
            "recipient": self.recipient.name,
            "recipient_key": self.recipient.fingerprint.hex(),
            "count": self.count,
            "date": self.date,
            "one_each": self.one_each,
        }
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Reads what `written` wrote.

        Raises:
            MalformedMessage: it is anything else.
        """
        if len(data) > LONGEST_MANIFEST:
            raise _malformed()
        try:
            content: dict[str, Any] = json.loads(data)
            form = (content["kind"], content["version"], type(content["count"]))
            one_each = content["one_each"]
            texts = [content[each] for each in ("programme", "recipient", "date")]
            root, key = (bytes.fromhex(content[each]) for each in ("root", "recipient_key"))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _malformed() from None
        if form != (_KIND, _VERSION, int) or not all(isinstance(each, str) for each in texts):
            raise _malformed()
        if not isinstance(one_each, bool):
            raise _malformed()
        programme, name, date = texts
        recipient = ConsentRecipient(name, key)
        return cls(programme, root, recipient, content["count"], date, one_each)


def _is_date(text: str) -> bool:
    try:
        return datetime.strptime(text, _DATE).replace(tzinfo=UTC).strftime(_DATE) == text
    except ValueError:
        return False


def _malformed() -> MalformedMessage:
    return MalformedMessage(
        "the manifest of a research export does not parse",
        "This folder holds no research export that can be read. Name the folder that was handed "
        "over to you, whole.",
    )
