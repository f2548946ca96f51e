"""Many videos, in this process or in several.

A recording has one core, so that the other is worth a whole recording more, or is left to whoever
owns the machine. Decoding ahead in a thread was tried (one recording 1.20 times as fast, two at
once then only 1.52 times one); so were batches of crops, which gain nothing: eight at once take the
landmark network as long as eight in turn, and where a face is cropped is known only from the frame
before.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kizashi_agent.extract.beside import Observe
from kizashi_agent.extract.clip import Manner, Measurer, Report, extract_clip
from kizashi_agent.extract.folder_lock import sole_run
from kizashi_agent.extract.outcome import ClipOutcome, ExtractOutcome, Progress
from kizashi_agent.extract.plan import Job, longest_first, plan
from kizashi_agent.extract.processes import Measuring, in_processes
from kizashi_agent.extract.record import discard_abandoned
from kizashi_agent.extractor import open_extractor
from kizashi_agent.segments import NO_NEUTRAL, Neutral


@dataclass(frozen=True, slots=True)
class Extraction:
    """What is asked for.

    Attributes:
        videos: files; a video's table is named after its stem.
        out: folder of the tables, made if need be.
        jobs: clips to measure at once, 1 or more; above 1 each is measured in a process of its
            own, of which there are never more than cores.
        neutral: where in each clip the face is at rest; with it tables have columns of what is
            above that, besides all others. None: they do not.
        observe: begins what else is made of each clip in the same pass (`extract.beside`), a
            function of a module; None: nothing is.
    """

    videos: Sequence[Path]
    out: Path
    jobs: int = 1
    neutral: Neutral = NO_NEUTRAL
    observe: Observe | None = None


def run_extract(asked: Extraction, report: Report) -> ExtractOutcome:
    """`extract` with the packaged extractor."""
    return extract(asked, report, open_extractor)


def extract(
    asked: Extraction, report: Report, open_measurer: Callable[[], Measurer]
) -> ExtractOutcome:
    """Writes one OpenFace-shaped table a video; goes on after a video that fails.

    Tables that are there already, made of the same video in the same way, stay; so a run that was
    interrupted goes on where it stopped. What a killed run left half-written is taken away.

    Args:
        asked: what is asked for.
        report: hears how each clip comes on, in this process.
        open_measurer: opens an extractor; a function of a module when jobs are above 1, for each
            process calls it.

    Raises:
        InputError: OUT_NOT_WRITABLE; OUT_IN_USE, another run is writing to the folder.
        ModelError: a model is missing, damaged, or cannot be used.
    """
    with sole_run(asked.out):
        discard_abandoned(asked.out)
        work, refused = plan(asked.videos, asked.out)
        # Opened here even when other processes measure: a damaged model is one error, not one a
        # clip.
        measurer = open_measurer()
        manner = Manner(asked.neutral, asked.observe)
        ends = []
        for each in refused:
            report(Progress(each.video, 0, None, each))
            ends.append(each)
        outcomes = (
            in_processes(longest_first(work), asked.jobs, Measuring(open_measurer, manner), report)
            if asked.jobs > 1 and len(work) > 1
            else _here(work, measurer, manner, report)
        )
        with closing(outcomes):
            for each in outcomes:
                report(Progress(each.video, each.frames, each.frames, each))
                ends.append(each)
    places = {video.resolve(): place for place, video in reversed(list(enumerate(asked.videos)))}
    ends.sort(key=lambda outcome: places[outcome.video.resolve()])
    return ExtractOutcome(tuple(ends), measurer.extractor_id, measurer.mode, asked.neutral)


def _here(
    work: Sequence[Job], measurer: Measurer, manner: Manner, report: Report
) -> Generator[ClipOutcome, None, None]:
    for job in work:
        yield extract_clip(job, measurer, manner, report)
