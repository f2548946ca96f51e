"""Recordings of people with what a questionnaire said of them: what a site measures a scorer on.

A file of them has one JSON object a line, in UTF-8:

    {"recordings": 1, "person": "p07", "summary": {...}, "refused": null,
     "questionnaire": {"instrument": "PHQ-9", "total": 7}, "groups": {"glasses": "yes"}}

- `person`: a name of the site's own, the same in each recording of one person; null where nobody
  may know, as in an export for research that says nothing of who made which.
- `summary`: the summary's fields as `v1/summary.proto` names them; null where the recording gate
  refused, and then `refused` says for which reason.
- `questionnaire`: null where there was none. What else a program knows of it (the single answers)
  may stand there too; only instrument and total are read.
- `groups`: what is told of the person for comparison between groups, such as {"age": "18-20"};
  {"simulated": "yes"} where there is no person.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from kizashi_protocol.errors import ProtocolError
from kizashi_protocol.summary import ActionUnitFigures, HeadMotion, RecordingQuality, Summary

from kizashi_models.errors import BadRecordings
from kizashi_models.strict_json import Reader

RECORDINGS_FORMAT = 1

MOST_LINES = 1_000_000
"""A file with more is refused: no site has so many people, and memory has an end."""


class Instrument(StrEnum):
    """A questionnaire whose total is read. Only that of the PHQ-9 ships; a BDI-II is a site's own."""

    PHQ_9 = "PHQ-9"
    BDI_II = "BDI-II"


HIGHEST_TOTAL: Mapping[Instrument, int] = MappingProxyType(
    {Instrument.PHQ_9: 27, Instrument.BDI_II: 63}
)
"""Nine items of 0 to 3, and twenty-one of 0 to 3."""

CASE_FROM: Mapping[Instrument, int] = MappingProxyType(
    {Instrument.PHQ_9: 10, Instrument.BDI_II: 11}
)
"""The total from which somebody counts as a case unless a site says otherwise: for the PHQ-9 where
sensitivity is .85 to .88 and specificity .85 against an interview (Levis 2019, BMJ 365:l1476); for
the BDI-II where the study's second group begins (Sci Rep 2025;15:30761)."""


SIMULATED = ("simulated", "yes")
"""Trait and group of a recording that nobody made."""


@dataclass(frozen=True, slots=True)
class QuestionnaireTotal:
    """What a person answered, summed.

    Attributes:
        total: 0 to `HIGHEST_TOTAL` of the instrument.
    """

    instrument: Instrument
    total: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class LabelledRecording:
    """One recording, measured or refused.

    Attributes:
        line: of the file, from 1.
        person: the site's own name of them, or None where nobody may know.
        summary: what was measured; None where the recording gate refused.
        refused: the gate's reason; None where there is a summary.
        questionnaire: None where there was none.
        groups: the person's group by trait.
    """

    line: int
    person: str | None
    summary: Summary | None = field(repr=False)
    refused: str | None
    questionnaire: QuestionnaireTotal | None = field(repr=False)
    groups: Mapping[str, str] = field(repr=False, hash=False)


def read_recordings(lines: Iterable[str], where: str) -> tuple[LabelledRecording, ...]:
    """Reads a file's lines; blank ones are passed over. `where` names the file in errors.

    Raises:
        BadRecordings: a line is anything else than a recording, or there is none.
    """
    found = []
    for number, text in enumerate(lines, 1):
        if number > MOST_LINES:
            raise BadRecordings(where, f"it has more than {MOST_LINES:,} lines")
        if text.strip():
            found.append(_recording(Reader(f"{where}, line {number}", BadRecordings), text, number))
    if not found:
        raise BadRecordings(where, "it has no recording")
    return tuple(found)


def recording_line(
    person: str | None,
    outcome: Summary | str,
    questionnaire: Mapping[str, Any] | None,
    groups: Mapping[str, str],
) -> str:
    """One recording as a line, without its end; `read_recordings` reads it.

    Args:
        person: as in `LabelledRecording`.
        outcome: the summary, or the reason for which the recording gate refused.
        questionnaire: `instrument` and `total`, and what else is known of it.
        groups: the person's group by trait.
    """
    measured = isinstance(outcome, Summary)
    return json.dumps(
        {
            "recordings": RECORDINGS_FORMAT,
            "person": person,
            "summary": dataclasses.asdict(outcome) if isinstance(outcome, Summary) else None,
            "refused": None if measured else outcome,
            "questionnaire": None if questionnaire is None else dict(questionnaire),
            "groups": dict(groups),
        },
        ensure_ascii=False,
    )


def simulated(recordings: Iterable[LabelledRecording]) -> bool:
    """Whether any of them says that nobody made it."""
    trait, group = SIMULATED
    return any(each.groups.get(trait) == group for each in recordings)


def refuse_simulated(recordings: Iterable[LabelledRecording], where: str) -> None:
    """Returns where people made all of them.

    Raises:
        BadRecordings: one is simulated.
    """
    if simulated(recordings):
        raise BadRecordings(
            where,
            "it has simulated people in it; give --simulated to try things out on it, and nobody "
            "can be scored with what is made",
        )


def person_of(recording: LabelledRecording, where: str) -> str:
    """Whose a recording is.

    Raises:
        BadRecordings: it does not say.
    """
    if recording.person is None:
        raise BadRecordings(
            f"{where}, line {recording.line}",
            "it does not say which recordings are one person's, and everybody counts once; an "
            "export made with --one-each does",
        )
    return recording.person


def one_each(recordings: Sequence[LabelledRecording], where: str) -> Sequence[LabelledRecording]:
    """The same recordings, once it is sure that nobody is in two of them.

    Raises:
        BadRecordings: somebody is, or a line does not say who it is of.
    """
    counted = Counter(person_of(each, where) for each in recordings)
    for person, count in counted.items():
        if count > 1:
            lines = ", ".join(str(each.line) for each in recordings if each.person == person)
            raise BadRecordings(
                where,
                f"person {person!r} is in lines {lines}, and everybody counts once: leave one",
            )
    return recordings


def no_copies(summaries: Sequence[Summary], where: str) -> None:
    """Returns where none is there twice.

    Nobody's figures are another's to the last digit, unless one was written under two names.

    Raises:
        BadRecordings: one is.
    """
    copies = len(summaries) - len(set(summaries))
    if copies:
        raise BadRecordings(
            where, f"{copies} recordings are copies of others in it: leave each of them once"
        )


def of_one_extractor(recordings: Sequence[LabelledRecording], where: str) -> tuple[str, str]:
    """The extractor and mode that all summaries are from.

    Raises:
        BadRecordings: they are from several, or there is no summary.
    """
    makers = sorted(
        {
            (each.summary.extractor_id, each.summary.mode)
            for each in recordings
            if each.summary is not None
        }
    )
    if not makers:
        raise BadRecordings(where, "every recording was refused, so that nothing was measured")
    if len(makers) > 1:
        names = ", ".join(f"{extractor} ({mode})" for extractor, mode in makers)
        raise BadRecordings(
            where, f"it mixes extractors or modes, which cannot be compared: {names}"
        )
    return makers[0]


def _recording(reader: Reader, text: str, number: int) -> LabelledRecording:
    table = reader.table(
        reader.document(text),
        "the recording",
        "recordings person summary refused questionnaire groups",
    )
    if table["recordings"] != RECORDINGS_FORMAT:
        raise reader.fault(f"format {table['recordings']!r} is not {RECORDINGS_FORMAT}")
    if (table["summary"] is None) == (table["refused"] is None):
        raise reader.fault("a recording has either a summary or a reason why it was refused")
    person, refused = table["person"], table["refused"]
    return LabelledRecording(
        line=number,
        person=None if person is None else reader.words(person, "person"),
        summary=None if table["summary"] is None else _summary(reader, table["summary"]),
        refused=None if refused is None else reader.words(refused, "refused"),
        questionnaire=_questionnaire(reader, table["questionnaire"]),
        groups=_groups(reader, table["groups"]),
    )


def _summary(reader: Reader, value: object) -> Summary:
    try:
        table: dict[str, Any] = dict(value)  # type: ignore[call-overload]
        units = tuple(ActionUnitFigures(**each) for each in table.pop("action_units"))
        head_motion = HeadMotion(**table.pop("head_motion"))
        quality = RecordingQuality(**table.pop("quality"))
        return Summary(action_units=units, head_motion=head_motion, quality=quality, **table)
    except ProtocolError as error:
        raise reader.fault(f"the summary cannot be: {error}") from None
    except (TypeError, ValueError, KeyError, AttributeError):
        raise reader.fault("the summary has other fields than summaries have") from None


def _questionnaire(reader: Reader, value: object) -> QuestionnaireTotal | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise reader.fault("questionnaire is not an object")
    try:
        instrument = Instrument(str(value.get("instrument")))
    except ValueError:
        known = ", ".join(Instrument)
        raise reader.fault(f"the instrument is none of: {known}") from None
    total, highest = value.get("total"), HIGHEST_TOTAL[instrument]
    if type(total) is not int or not 0 <= total <= highest:
        raise reader.fault(f"the total of a {instrument} is not a whole number from 0 to {highest}")
    return QuestionnaireTotal(instrument, total)


def _groups(reader: Reader, value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise reader.fault("groups is not an object")
    return MappingProxyType(
        {name: reader.words(group, f"groups.{name}") for name, group in value.items()}
    )
