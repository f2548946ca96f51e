"""A folder of participants' clips to tables of action units and labelled recordings, in one pass.

STUDY/tables holds what `kizashi extract` writes; STUDY/recordings.jsonl what a scorer is measured
and calibrated on (`kizashi_models.labelled_recordings`). Both are figures alone: no frame, crop or
landmark is written. Run again, it measures only what is new; who answered what is read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kizashi_agent.extract import Extraction, ExtractOutcome, extract, read_beside, replacing
from kizashi_agent.extract.clip import Measurer, Report
from kizashi_agent.extractor import open_extractor
from kizashi_agent.segments import NO_NEUTRAL, Neutral
from kizashi_models.labelled_recordings import (
    LabelledRecording,
    QuestionnaireTotal,
    read_recordings,
    recording_line,
)

from kizashi_study.observing import GateAndSummary
from kizashi_study.participants import Participant

TABLES = "tables"
RECORDINGS = "recordings.jsonl"


@dataclass(frozen=True, slots=True)
class StudyExtraction:
    """What is asked for.

    Attributes:
        folder: of the clips.
        participants: each with a clip that is there (`require_clips`).
        out: folder of the study's figures, made if need be.
        jobs: clips to measure at once.
        neutral: where in each clip the face is at rest; it is no part of the introduction.
    """

    folder: Path
    participants: Sequence[Participant]
    out: Path
    jobs: int = 1
    neutral: Neutral = NO_NEUTRAL


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """What came of it.

    Attributes:
        tables: clip by clip.
        recordings: where the labelled recordings are.
        measured: how many recordings have a summary.
        refused: participants whose recording has none, with the recording gate's reason.
        without_total: how many of either have no questionnaire's total.
        unlisted: files beside the clips, of their kind, that belong to no participant.
    """

    tables: ExtractOutcome
    recordings: Path
    measured: int
    refused: Mapping[str, str]
    without_total: int
    unlisted: tuple[str, ...]


def extract_study(
    asked: StudyExtraction,
    report: Report,
    open_measurer: Callable[[], Measurer] = open_extractor,
) -> StudyOutcome:
    """Measures whoever is not measured yet, then writes the recordings of all who are.

    A clip that cannot be read has no line; the others go on.

    Raises:
        InputError: the folder cannot be written to, or another run has it.
        ModelError: a model is missing or damaged.
    """
    videos = [asked.folder / each.clip for each in asked.participants]
    tables = extract(
        Extraction(videos, asked.out / TABLES, asked.jobs, asked.neutral, GateAndSummary),
        report,
        open_measurer,
    )
    found = _found(asked)
    listed = [each for each in asked.participants if each.name in found]
    recordings = asked.out / RECORDINGS
    if listed:
        with replacing(recordings) as file:
            file.writelines(f"{_line(each, found[each.name])}\n" for each in listed)
    refused = {name: each.refused for name, each in found.items() if each.refused is not None}
    return StudyOutcome(
        tables=tables,
        recordings=recordings,
        measured=len(found) - len(refused),
        refused=refused,
        without_total=sum(each.questionnaire is None for each in listed),
        unlisted=_unlisted(asked.folder, videos),
    )


def done(asked: StudyExtraction) -> int:
    """How many participants' clips are measured, as a run that was broken off left them."""
    return len(_found(asked))


def _found(asked: StudyExtraction) -> Mapping[str, LabelledRecording]:
    return {
        each.name: recording
        for each in asked.participants
        if (recording := _kept(asked.out / TABLES / f"{each.clip.stem}.csv")) is not None
    }


def _kept(table: Path) -> LabelledRecording | None:
    made = read_beside(table)
    return None if made is None else read_recordings([made], table.name)[0]


def _line(participant: Participant, recording: LabelledRecording) -> str:
    outcome = recording.summary if recording.summary is not None else recording.refused
    assert outcome is not None  # noqa: S101 - a recording has one of the two
    return recording_line(
        participant.name, outcome, _answers(participant.questionnaire), participant.groups
    )


def _answers(questionnaire: QuestionnaireTotal | None) -> Mapping[str, str | int] | None:
    if questionnaire is None:
        return None
    return {"instrument": questionnaire.instrument.value, "total": questionnaire.total}


def _unlisted(folder: Path, videos: Sequence[Path]) -> tuple[str, ...]:
    kinds = {each.suffix.casefold() for each in videos}
    places = {each.parent for each in videos} | {folder}
    return tuple(
        sorted(
            each.name
            for place in places
            for each in place.iterdir()
            if each.suffix.casefold() in kinds and each not in videos and each.is_file()
        )
    )
