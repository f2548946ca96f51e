"""Extracts one long recording and prints how much memory it took: a process of its own.

usage: python -m tests.prove.long_extraction VIDEO OUT MEASURER [NEUTRAL]

Prints a JSON object: `frames` measured, and the largest resident memory in kB after the first
minute (`minute`) and at the end (`end`). MEASURER is `packaged`; `brightness`, which stands in for
it where the real one would take too long, with the real reading and writing around it; or
`hoarding`, which keeps every measurement, to show that it would be seen.
"""

import json
import sys
from pathlib import Path

from kizashi_agent.extract import Extraction, Progress, extract
from kizashi_agent.extract.clip import Measurer
from kizashi_agent.extractor import open_extractor
from kizashi_agent.frames import Frame
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.segments import NO_NEUTRAL, parse_neutral
from kizashi_agent.show.progress import Done

from tests.agent.extracting import BrightnessMeasurer

FIRST_MINUTE = 60 * 30
"""Frames; the recordings have 30 a second."""


class HoardingMeasurer(BrightnessMeasurer):
    """Forgets nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[FrameMeasurement] = []

    def measure(self, frame: Frame) -> FrameMeasurement:
        """Measures and keeps."""
        self.kept.append(super().measure(frame))
        return self.kept[-1]


def open_measurer(name: str) -> Measurer:
    """By its name on the command line."""
    match name:
        case "packaged":
            return open_extractor()
        case "brightness":
            return BrightnessMeasurer()
        case "hoarding":
            return HoardingMeasurer()
        case _:
            raise SystemExit(f"no measurer is called {name}")


def largest_resident() -> int:
    """Of this process since it began, in kB; unlike `ru_maxrss` not that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def main(video: Path, out: Path, measurer: str, neutral: str | None = None) -> None:
    """Extracts and prints."""
    after_minute, done = 0, Done()

    def report(told: Progress) -> None:
        nonlocal after_minute
        done.follow(told)
        if told.frames == FIRST_MINUTE:
            after_minute = largest_resident()

    window = NO_NEUTRAL if neutral is None else parse_neutral(neutral)
    outcome = extract(
        Extraction([video], out, neutral=window), report, lambda: open_measurer(measurer)
    )
    frames = outcome.clips[0].frames
    print(json.dumps({"frames": frames, "minute": after_minute, "end": largest_resident()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
