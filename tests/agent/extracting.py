"""Stand-ins for the extractor, importable by an extraction's processes; and what came of it."""

import csv
import os
from pathlib import Path

import numpy as np
from kizashi_agent.extract import Extraction, ExtractOutcome, Progress, extract
from kizashi_agent.frames import Frame
from kizashi_agent.measurement import (
    ActionUnits,
    FaceFigures,
    FaceMeasurement,
    FrameMeasurement,
    HeadPose,
)
from kizashi_agent.segments import NO_NEUTRAL, Neutral
from kizashi_protocol.summary import MODE_STATIC

FIGURES = FaceFigures(
    face_width=200,
    centre_x=80,
    centre_y=60,
    luma=120,
    clipped_fraction=0,
    mouth_open=0.1,
    mouth_visible=1,
    landmark_score=0.987,
)
FACING = HeadPose(0, 0, 0)
BRIGHT = (200, 120, 0, 240, 80)
"""Levels of five frames, the third without a face."""
LOCK = ".kizashi/lock"


def ignore(progress: Progress) -> None:
    """Hears and forgets."""


def read_table(table: Path) -> list[dict[str, float]]:
    """The rows of a table, as a reader of OpenFace's tables would take them."""
    with table.open(newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        return [{name: float(value) for name, value in each.items()} for each in rows]


def files_below(folder: Path) -> set[str]:
    """Every file in a folder and below, hidden ones too."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def measurement_of(
    index: int,
    intensity: float,
    *,
    face: bool = True,
    timestamp: float | None = None,
    pose: HeadPose = FACING,
) -> FrameMeasurement:
    """A frame whose intensities rise from unit to unit, starting at `intensity`."""
    intensities = np.clip(intensity + np.arange(17) / 10, 0, 5).astype(np.float32)
    units = ActionUnits(intensities, np.arange(18) % 3 == 0, intensities)
    measured = FaceMeasurement(units, pose, FIGURES) if face else None
    seconds = index / 30 if timestamp is None else timestamp
    return FrameMeasurement(index, seconds, int(face), measured)


class BrightnessMeasurer:
    """Takes the brightness of a frame for its intensity; sees a face where it is not black."""

    extractor_id = "brightness/1"
    mode = MODE_STATIC

    def __init__(self, fail_at: int | None = None) -> None:
        self.restarts = 0
        self._fail_at = fail_at

    def restart(self) -> None:
        """Counted."""
        self.restarts += 1

    def measure(self, frame: Frame) -> FrameMeasurement:
        """What the brightness says; ends like Ctrl-C at the frame it was told."""
        if frame.index == self._fail_at:
            raise KeyboardInterrupt
        brightness = float(frame.image.mean())
        return measurement_of(
            frame.index, brightness / 100, face=brightness > 5, timestamp=frame.timestamp
        )


class EndingMeasurer(BrightnessMeasurer):
    """Takes its whole process down, as a crash in a decoder would."""

    def measure(self, frame: Frame) -> FrameMeasurement:
        """Does not come back."""
        os._exit(1)


class EndingInTheDarkMeasurer(BrightnessMeasurer):
    """Takes its whole process down at a dark frame."""

    def measure(self, frame: Frame) -> FrameMeasurement:
        """Does not come back from the dark."""
        if frame.image.mean() < 50:
            os._exit(1)
        return super().measure(frame)


def open_brightness() -> BrightnessMeasurer:
    """For `extract`."""
    return BrightnessMeasurer()


def open_ending() -> EndingMeasurer:
    """For `extract`."""
    return EndingMeasurer()


def open_ending_in_the_dark() -> EndingInTheDarkMeasurer:
    """For `extract`."""
    return EndingInTheDarkMeasurer()


def extract_here(
    videos: list[Path],
    out: Path,
    measurer: BrightnessMeasurer | None = None,
    neutral: Neutral = NO_NEUTRAL,
) -> ExtractOutcome:
    """An extraction in this process."""
    asked = Extraction(videos, out, neutral=neutral)
    return extract(asked, ignore, lambda: measurer or open_brightness())


def statuses(outcome: ExtractOutcome) -> list[str]:
    """Of the clips, in order."""
    return [clip.status.value for clip in outcome.clips]


def reasons(outcome: ExtractOutcome) -> list[str]:
    """Of the clips, in order; empty where one did not fail."""
    return [clip.reason for clip in outcome.clips]
