"""What an envelope is bound to: its public header, and what it is for.

HPKE's single-shot calls have no associated data, so everything that must not be swapped goes into
`info`, built by the one function here. Each part is preceded by its length, so that no two headers
give the same bytes. Nothing in it identifies a person.
"""

import re
from dataclasses import dataclass
from enum import Enum

from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import KEY_ID_BYTES

PROTOCOL_VERSION = 1
REPORT_ID_BYTES = 16

_PROGRAMME_ID = re.compile(r"[a-z0-9-]{1,64}")


class Label(Enum):
    """What bytes are for; no two purposes share a label."""

    REPORT = b"kizashi/v1 report to server"
    REPLY = b"kizashi/v1 reply to agent"
    PARTICIPANT_SIGNATURE = b"kizashi/v1 participant signature"
    DIRECTORY = b"kizashi/v1 directory"
    DIRECTORY_KEY = b"kizashi/v1 directory key certificate"
    ENVELOPE_DIGEST = b"kizashi/v1 envelope digest"
    CONSENT_TEXT = b"kizashi/v1 consent text"
    CONSENT_TERMS = b"kizashi/v1 consent terms"
    RECIPIENT = b"kizashi/v1 recipient certificate"
    TREND_ENTRY = b"kizashi/v1 trend entry"
    RESEARCH_SUMMARY = b"kizashi/v1 summary for research"
    SHARED_FEEDBACK = b"kizashi/v1 feedback for counsellor"
    SHARE_REDEMPTION = b"kizashi/v1 share redemption"
    SHARE_CONTEXT = b"kizashi/v1 share context"
    LOG_LEAF = b"kizashi/v1 log leaf"
    RECOVERY = b"kizashi/v1 recovery secret"
    RECOVERY_TAG = b"kizashi/v1 recovery tag"


@dataclass(frozen=True, slots=True)
class Header:
    """The part of an envelope that anybody can read.

    Attributes:
        key_id: 16 bytes, the recipient's key.
        programme_id: 1 to 64 characters of a-z, 0-9 and "-".
        report_id: 16 bytes, fresh for each report.

    Raises:
        MalformedMessage: a part has another form.
    """

    key_id: bytes
    programme_id: str
    report_id: bytes

    def __post_init__(self) -> None:
        if len(self.key_id) != KEY_ID_BYTES:
            raise MalformedMessage(f"a key id has {KEY_ID_BYTES} bytes")
        if len(self.report_id) != REPORT_ID_BYTES:
            raise MalformedMessage(f"a report id has {REPORT_ID_BYTES} bytes")
        if not is_programme_id(self.programme_id):
            raise MalformedMessage("the programme id has another form")


def is_programme_id(text: str) -> bool:
    """Whether a text is 1 to 64 characters of a-z, 0-9 and "-"."""
    return _PROGRAMME_ID.fullmatch(text) is not None


def framed(*parts: bytes) -> bytes:
    """The parts in order, each after its length in four bytes, most significant first."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def info(label: Label, header: Header) -> bytes:
    """The HPKE `info` of an envelope with this header, sealed for this purpose."""
    return framed(
        label.value,
        PROTOCOL_VERSION.to_bytes(4, "big"),
        header.key_id,
        header.programme_id.encode("ascii"),
        header.report_id,
    )
