"""The texts of one language, from its TOML file.

Everything keyed by an enumeration has every member and no other, so that no result is ever
without words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeVar

from kizashi_protocol.consent import Locale
from kizashi_protocol.reply import Band
from kizashi_protocol.summary import PRESENCE_UNITS

from kizashi_models.recording_floor import RecordingFault

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """The paragraphs that do not depend on the band; names in braces are filled in."""

    compared: str
    borderline: str
    study: str
    own_scorer: str
    speaking: str
    not_established: str
    frequencies: str
    measured: str
    measured_frequencies: str
    share: str
    next_step: str
    label: str


@dataclass(frozen=True, slots=True)
class AbstentionTexts:
    """What is said where there is no band."""

    headline: str
    recording: str
    unsteady: str


@dataclass(frozen=True, slots=True)
class HelpTexts:
    """How the page of a help resource is named."""

    page_not_checked: str
    page_checked: str


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language.

    Attributes:
        unit_line: one action unit's part, of its name and direction.
        headline: one line a band.
        meaning: what a band may and may not mean, where nothing was measured.
        meaning_measured: the same where a validation is told, which says what the band goes with.
        paragraphs: the others.
        abstention: instead of headline and meaning, where there is no band.
        faults: what was wrong with a recording, and what to do about it.
        direction: where one action unit lies against the norm.
        units: plain names of action units, by number.
        help: how the page of a help resource is named.
    """

    unit_line: str
    headline: Mapping[Band, str]
    meaning: Mapping[Band, str]
    meaning_measured: Mapping[Band, str]
    paragraphs: Paragraphs
    abstention: AbstentionTexts
    faults: Mapping[RecordingFault, str]
    direction: Mapping[Band, str]
    units: Mapping[int, str]
    help: HelpTexts


@cache
def texts_of(locale: Locale) -> Texts:
    """The texts of a language, read once."""
    return parse_texts((files("kizashi_models.feedback") / f"{locale}.toml").read_text("utf-8"))


def parse_texts(document: str) -> Texts:
    """Texts from TOML.

    Raises:
        ValueError: not TOML, or a table lacks a member or has one too many.
        TypeError: a key is missing or unknown.
    """
    table: dict[str, Any] = tomllib.loads(document)
    units = {int(number): name for number, name in table.pop("units").items()}
    if set(units) != set(PRESENCE_UNITS):
        raise ValueError("units are not the eighteen of a summary")
    return Texts(
        headline=_by(Band, table.pop("headline")),
        meaning=_by(Band, table.pop("meaning")),
        meaning_measured=_by(Band, table.pop("meaning_measured")),
        paragraphs=Paragraphs(**table.pop("paragraphs")),
        abstention=AbstentionTexts(**table.pop("abstention")),
        faults=_by(RecordingFault, table.pop("faults")),
        direction=_by(Band, table.pop("direction")),
        units=MappingProxyType(units),
        help=HelpTexts(**table.pop("help")),
        **table,
    )


def _by(kind: type[E], table: Mapping[str, str]) -> Mapping[E, str]:
    if set(table) != set(kind):
        raise ValueError(
            f"texts by {kind.__name__} are not those of {[str(each) for each in kind]}"
        )
    return MappingProxyType({kind(name): text for name, text in table.items()})
