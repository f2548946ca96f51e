"""The researcher's table of participants: who is in which clip, and what they answered.

A CSV in UTF-8, with or without a byte order mark, commas or semicolons between its columns, one row
a participant. The first row names the columns:

- `participant`: the study's own code of the person; each stands in one row.
- `clip`: the recording, a path inside the folder of clips; each stands in one row.
- `group`: may be left out; whatever the study compares, such as healthy and subthreshold.
- `questionnaire`: PHQ-9 or BDI-II, or nothing where the person answered none.
- `total`: its sum. Totals of a BDI-II are entered here; its items never are.
- `trait_...`: any number; what recordings are told apart by, such as `trait_glasses`.

Every cell is one line of visible characters. Codes, groups and traits are at most 64 of them, and
codes and groups, which stand in tables that a spreadsheet opens, begin with nothing that it would
take for a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType

from kizashi_models.labelled_recordings import HIGHEST_TOTAL, Instrument, QuestionnaireTotal
from kizashi_protocol.display_text import is_displayable

from kizashi_study.errors import BadParticipants

REQUIRED = ("participant", "clip", "questionnaire", "total")
GROUP = "group"
TRAIT_PREFIX = "trait_"

LONGEST_NAME = 64
LONGEST_CELL = 255
"""Characters; many file systems know no longer name of a file, and no other cell needs more."""

FORMULA_SIGNS = ("=", "+", "-", "@")
"""A spreadsheet computes a cell that begins so; with what it computes, a table can do harm."""


@dataclass(frozen=True, slots=True)
class Participant:
    """One row.

    Attributes:
        row: as a spreadsheet counts; that of the names is 1.
        name: the study's own code.
        clip: inside the folder of clips.
        group: None where the study names none.
        questionnaire: None where there was none.
        traits: by name without the prefix; those left empty are not there.
    """

    row: int
    name: str
    clip: PurePosixPath
    group: str | None = field(repr=False)
    questionnaire: QuestionnaireTotal | None = field(repr=False)
    traits: Mapping[str, str] = field(repr=False, hash=False)

    @property
    def groups(self) -> Mapping[str, str]:
        """The traits, and the study's group as one of them."""
        return {**({} if self.group is None else {GROUP: self.group}), **self.traits}


def read_participants(path: Path) -> tuple[Participant, ...]:
    """Reads the table.

    Raises:
        BadParticipants: it cannot be read, or a row or column is not as it has to be.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BadParticipants(str(path), f"it cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise BadParticipants(
            path.name, 'it is not in UTF-8; save it anew as "CSV UTF-8" in your spreadsheet.'
        ) from None
    return parse_participants(text, path.name)


def parse_participants(text: str, where: str) -> tuple[Participant, ...]:
    """Reads the table's text; `where` names it in errors, which are those of `read_participants`."""
    first, _, _ = text.partition("\n")
    separator = ";" if ";" in first and "," not in first else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise BadParticipants(where, f"it is no CSV ({error}).") from None
    columns = _columns([each.strip() for each in rows[0]] if rows else [], where)
    found = [
        _participant(_Row(f"{where}, row {number}", number, columns, cells))
        for number, cells in enumerate(rows[1:], 2)
        if any(each.strip() for each in cells)
    ]
    if not found:
        raise BadParticipants(
            where,
            "it lists nobody: below the names of the columns, add a row for each participant.",
        )
    _require_one_each(found, where)
    return tuple(found)


def require_clips(participants: Iterable[Participant], folder: Path, where: str) -> None:
    """Returns where every clip is a file inside the folder.

    Raises:
        BadParticipants: one is not.
    """
    if not folder.is_dir():
        raise BadParticipants(str(folder), "there is no such folder of clips.")
    for each in participants:
        if not (folder / each.clip).is_file():
            raise BadParticipants(
                f"{where}, row {each.row}, column clip",
                f"there is no file {each.clip} in {folder}.",
            )
        if not (folder / each.clip).resolve().is_relative_to(folder.resolve()):
            raise BadParticipants(
                f"{where}, row {each.row}, column clip",
                f"{each.clip} is a link that leads out of {folder}; put the clip itself there.",
            )


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    number: int
    columns: Sequence[str]
    cells: Sequence[str] = field(repr=False)

    def cell(self, column: str) -> str:
        """Without white space around it; empty where the table has no such column."""
        if column not in self.columns:
            return ""
        value = self.cells[self.columns.index(column)].strip()
        if not is_displayable(value):
            raise self.fault(column, "it holds a line break or a character that cannot be seen.")
        if len(value) > LONGEST_CELL:
            raise self.fault(column, f"it is longer than {LONGEST_CELL} characters.")
        return value

    def name(self, column: str) -> str:
        """A short text, which may be empty."""
        value = self.cell(column)
        if len(value) > LONGEST_NAME:
            raise self.fault(column, f"it is longer than {LONGEST_NAME} characters.")
        return value

    def name_in_tables(self, column: str) -> str:
        """A short text that no spreadsheet takes for a formula."""
        value = self.name(column)
        if value.startswith(FORMULA_SIGNS):
            raise self.fault(
                column,
                f"it begins with {value[0]}, which spreadsheets take for a formula; write it "
                "otherwise.",
            )
        return value

    def needed(self, column: str) -> str:
        if not (value := self.cell(column)):
            raise self.fault(column, "it is empty.")
        return value

    def fault(self, column: str, what: str) -> BadParticipants:
        return BadParticipants(f"{self.where}, column {column}", what)


def _columns(names: Sequence[str], where: str) -> Sequence[str]:
    for name in REQUIRED:
        if name not in names:
            raise BadParticipants(
                f"{where}, row 1",
                f"there is no column {name}; the table needs {', '.join(REQUIRED)}.",
            )
    for name in names:
        if not is_displayable(name) or len(name) > LONGEST_NAME:
            raise BadParticipants(
                f"{where}, row 1",
                f"the name of a column is longer than {LONGEST_NAME} characters, or holds one that "
                "cannot be seen.",
            )
        if names.count(name) > 1:
            raise BadParticipants(f"{where}, row 1", f"two columns are named {name!r}.")
        is_trait = name.startswith(TRAIT_PREFIX) and name not in {
            TRAIT_PREFIX,
            TRAIT_PREFIX + GROUP,
        }
        if not (is_trait or name in {*REQUIRED, GROUP}):
            raise BadParticipants(
                f"{where}, row 1",
                f"column {name!r} is not known; that of a trait begins with {TRAIT_PREFIX}, such as "
                f"{TRAIT_PREFIX}glasses.",
            )
    return names


def _participant(row: _Row) -> Participant:
    if len(row.cells) != len(row.columns):
        raise BadParticipants(
            row.where, f"it has {len(row.cells)} cells for {len(row.columns)} columns."
        )
    traits = {
        name.removeprefix(TRAIT_PREFIX): value
        for name in row.columns
        if name.startswith(TRAIT_PREFIX) and (value := row.name(name))
    }
    return Participant(
        row=row.number,
        name=_name(row),
        clip=_clip(row),
        group=row.name_in_tables(GROUP) or None,
        questionnaire=_questionnaire(row),
        traits=MappingProxyType(traits),
    )


def _name(row: _Row) -> str:
    row.needed("participant")
    return row.name_in_tables("participant")


def _clip(row: _Row) -> PurePosixPath:
    text = row.needed("clip")
    clip = PurePosixPath(text.replace("\\", "/"))
    if clip.is_absolute() or PureWindowsPath(text).drive or ".." in clip.parts:
        raise row.fault("clip", f"{text} does not lie inside the folder of clips.")
    return clip


def _questionnaire(row: _Row) -> QuestionnaireTotal | None:
    named, text = row.cell("questionnaire"), row.cell("total")
    if not named and not text:
        return None
    known = " or ".join(Instrument)
    if not named:
        raise row.fault("questionnaire", f"there is a total, but not of what; write {known}.")
    try:
        instrument = Instrument(named.upper())
    except ValueError:
        raise row.fault("questionnaire", f"{named} is not known; write {known}.") from None
    highest = HIGHEST_TOTAL[instrument]
    if not text:
        raise row.fault(
            "total",
            f"it is empty; write a whole number from 0 to {highest}, or leave the "
            "questionnaire empty as well.",
        )
    if not (text.isdecimal() and len(text) <= 3 and int(text) <= highest):
        raise row.fault(
            "total",
            f"{text} is not a whole number from 0 to {highest}, as totals of the {instrument} are.",
        )
    return QuestionnaireTotal(instrument, int(text))


def _require_one_each(found: Sequence[Participant], where: str) -> None:
    names: dict[str, Participant] = {}
    stems: dict[str, Participant] = {}
    for each in found:
        first = names.setdefault(each.name, each)
        if first is not each:
            raise BadParticipants(
                f"{where}, row {each.row}, column participant",
                f"{each.name} is in row {first.row} already, and everybody has one row.",
            )
        # A clip's table is named after its stem, and on many file systems case does not count.
        first = stems.setdefault(each.clip.stem.casefold(), each)
        if first is not each:
            raise BadParticipants(
                f"{where}, row {each.row}, column clip",
                f"{each.clip} has the name of {first.clip} in row {first.row}; each participant "
                "needs a clip with a name of its own.",
            )
