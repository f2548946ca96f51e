"""The parts that FHIR R5 resources are made of, as plain JSON values.

Identifiers are grown from one random number of the export (UUID version 5, RFC 9562, 5.5): within it
they are always the same, and those of two exports have nothing in common.
"""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from kizashi_protocol import Locale
from kizashi_protocol.display_text import displayable

from kizashi_agent.words import Words

Resource = dict[str, Any]
"""A resource, or an element of one."""

OWN_CODES = "urn:uuid:c3880676-20c4-4ef6-a19d-3bf4c3f194bb"
"""The code system of Kizashi's own codes; it goes along in every bundle."""

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
_URIS = "urn:ietf:rfc:3986"

TEXTS = Words("kizashi_agent.takeout", "words.toml")


@dataclass(frozen=True, slots=True)
class Export:
    """One export.

    Attributes:
        number: random; what its identifiers grow from.
        time: seconds since the epoch.
        locale: the language of its words.
        version: of this program.
    """

    number: UUID
    time: int
    locale: Locale
    version: str

    def say(self, key: str, **values: object) -> str:
        """The words of this key, filled in; `KeyError` for an unknown key."""
        return TEXTS.say(self.locale, key, **values)

    def id_of(self, kind: str, name: str = "") -> str:
        """The identifier of a resource: the same for the same kind and name, and for no other."""
        return str(uuid5(self.number, f"{kind}/{name}"))

    def reference(self, kind: str, name: str = "") -> Resource:
        """A reference to a resource of this export."""
        return {"reference": f"urn:uuid:{self.id_of(kind, name)}"}

    def resource(self, kind: str, name: str = "", /, **content: Any) -> Resource:
        """A resource of this name; members that are None or empty are left out, as FHIR asks."""
        begun = {"resourceType": kind, "id": self.id_of(kind, name)}
        return begun | {
            key: value for key, value in content.items() if value not in (None, "", [], {})
        }

    def own_identifier(self, kind: str, name: str = "") -> Resource:
        """An identifier made for this export only."""
        return {"system": _URIS, "value": f"urn:uuid:{self.id_of(kind, name)}"}

    @property
    def subject(self) -> Resource:
        """The person."""
        return self.reference("Patient")


def instant(seconds: int) -> str:
    """A moment in UTC, to the second.

    Raises:
        ValueError, OverflowError, OSError: it lies in no year from 1 to 9999.
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)


def day(seconds: int) -> str:
    """The day of a moment in UTC; errors as `instant`."""
    return instant(seconds)[:10]


def own(code: str, display: str) -> Resource:
    """A concept of the code system of our own."""
    return {"coding": [{"system": OWN_CODES, "code": code, "display": display}], "text": display}


def loinc(code: str, display: str | None = None) -> Resource:
    """A coding of LOINC; a display only where it is LOINC's own."""
    return {"system": LOINC, "code": code} | ({} if display is None else {"display": display})


def quantity(value: float, unit: str, code: str) -> Resource:
    """A number with its unit in words and in UCUM.

    Figures are float32; the shortest decimal that is the same float32 is written.
    """
    shortest = float(str(np.float32(value)))
    return {"value": shortest, "unit": unit, "system": UCUM, "code": code}


def notes(texts: Iterable[str]) -> list[Resource]:
    """Annotations; what is blank is left out."""
    return [{"text": each} for each in map(displayable, texts) if each.strip()]


def narrative(texts: Iterable[str]) -> Resource:
    """A resource in words, for a reader who looks at nothing else."""
    paragraphs = "".join(f"<p>{html.escape(each['text'])}</p>" for each in notes(texts))
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>',
    }
