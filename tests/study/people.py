"""Participants of a made-up study, and their clips."""

from collections.abc import Sequence
from pathlib import Path

from kizashi_study.extracting import StudyExtraction, StudyOutcome, extract_study
from kizashi_study.participants import read_participants

from tests.agent.extracting import ignore, open_brightness
from tests.agent.generated_video import write_video

HEADER = "participant,clip,group,questionnaire,total,trait_glasses"
ROWS = (
    "p01,fit.mp4,healthy,BDI-II,4,yes",
    "p02,short.mp4,subthreshold,PHQ-9,12,no",
    "p03,also_fit.mp4,healthy,,,",
)
FIT = tuple(80 + each % 60 for each in range(270))
"""Levels of nine seconds that the recording gate lets pass."""
SHORT = FIT[:60]


def write_table(path: Path, rows: Sequence[str] = ROWS, header: str = HEADER) -> Path:
    """A table of participants."""
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return path


def write_clips(folder: Path) -> Path:
    """The clips of `ROWS`."""
    folder.mkdir()
    write_video(folder / "fit.mp4", FIT)
    write_video(folder / "also_fit.mp4", FIT[::-1])
    write_video(folder / "short.mp4", SHORT)
    return folder


def extracted(folder: Path, table: Path, out: Path, **more: object) -> StudyOutcome:
    """A study's extraction in this process, by brightness, unless said otherwise."""
    opened = more.pop("open_measurer", open_brightness)
    asked = StudyExtraction(folder, read_participants(table), out, **more)  # type: ignore[arg-type]
    return extract_study(asked, ignore, opened)  # type: ignore[arg-type]
