"""Reads a study's folders, works everything out, and writes page, JSON and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from kizashi_agent.new_file import require_new, write_new
from kizashi_models.scorer_loading import load_scorer

from kizashi_study.analysis.clip_profile import ClipProfile, read_profile
from kizashi_study.analysis.comparisons import DISCOVERY
from kizashi_study.analysis.counted import counted
from kizashi_study.analysis.files import files_of
from kizashi_study.analysis.people import People, gather
from kizashi_study.analysis.rating_analysis import RatingResults, analyse_ratings
from kizashi_study.analysis.rating_table import read_rater_totals, read_ratings
from kizashi_study.analysis.report import STUDY_MEASURES, LeftOut, Report, Subject, report_of
from kizashi_study.analysis.simulated import COHORTS, simulated
from kizashi_study.errors import NothingToCompare
from kizashi_study.participants import Participant, read_participants

_FRAMES = (
    "all frames with a face; clips with one in fewer than 90 % of their frames, and those that the "
    "recording gate refused, are "
)

_MODES = {
    True: "absolute (static)",
    False: "relative to each clip",
    None: "as the tool that wrote the tables has them (not stated)",
}


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is asked for.

    Attributes:
        participants: the table of participants.
        tables: folder of their clips' tables.
        out: new folder for the report.
        groups: which two to compare; None where the table leaves no choice.
        ratings: folder of raters' tables and what is kept beside them, or None.
        seed: of the appendix's random numbers.
        cohorts: simulated for it, of each kind.
        with_refused: compares clips that the recording gate refused too.
    """

    participants: Path
    tables: Path
    out: Path
    groups: tuple[str, str] | None
    ratings: Path | None
    seed: int
    cohorts: int = COHORTS
    with_refused: bool = False


def analyse(asked: Analysis, day: date) -> Report:
    """Works a study out and writes `out`: report.html, report.json and a CSV of each table.

    Raises:
        BadParticipants, BadTable, BadRatings: a file is not what it has to be.
        BadRecordings: what the recording gate said of a clip cannot be read.
        NothingToCompare: there are no two groups of enough people who differ in anything, or a
            folder is not there.
        InputError: the folder of the report is there already.
        OSError: it cannot be written.
    """
    require_new(asked.out)
    participants = read_participants(asked.participants)
    profiles = _profiles(participants, asked.tables)
    people = gather(participants, profiles, asked.groups, with_refused=asked.with_refused)
    ratings, why_not = _ratings(asked, people)
    norms = load_scorer(None, "research-prior/1").norms
    subject = Subject(
        first=people.first,
        second=people.second,
        sizes=people.sizes,
        instrument=people.instrument,
        left_out=tuple(
            LeftOut(reason, group, count) for (reason, group), count in people.left_out.items()
        ),
        extractor=people.origin.extractor,
        mode=_MODES[people.origin.static],
        ungated=people.ungated,
        frames=_FRAMES + ("compared as well" if asked.with_refused else "left out"),
        day=day,
        version=version("kizashi"),
    )
    appendix = simulated(people.sizes, STUDY_MEASURES, norms, asked.seed, asked.cohorts)
    report = report_of(people, subject, ratings, why_not, appendix)
    _write(asked.out, files_of(report))
    return report


def in_a_sentence(report: Report) -> str:
    """What is found, for a terminal."""
    subject, ratings = report.subject, report.ratings
    first, second = subject.sizes
    found = len(report.found)
    said = [
        f"{subject.first} ({first}) and {subject.second} ({second}).",
    ]
    differ = "differs" if found == 1 else "differ"
    said.append(
        f"Action units: {counted(found, 'measure')} {differ} at a false discovery rate of "
        f"{DISCOVERY:.2f}."
    )
    if left_out := sum(each.people for each in subject.left_out):
        said.append(f"{counted(left_out, 'participant')} left out.")
    if ratings is None:
        said.append(f"Ratings: {report.no_ratings}")
    else:
        items = ", ".join(each.item for each in ratings.found) or "no item"
        said.append(
            f"Ratings, by {counted(ratings.raters, 'rater')}: {items} shown to differ, over people "
            "and raters."
        )
    return " ".join(said)


def _profiles(participants: Sequence[Participant], folder: Path) -> dict[str, ClipProfile]:
    if not folder.is_dir():
        raise NothingToCompare(f"There is no folder of tables {folder}.")
    found = {
        each.clip.stem: read_profile(path)
        for each in participants
        if (path := folder / f"{each.clip.stem}.csv").is_file()
    }
    if not found:
        raise NothingToCompare(
            f"{folder} has no table of any participant's clip, named after the clip, such as "
            f"{participants[0].clip.stem}.csv. Make them with: kizashi study extract FOLDER --participants FILE --out FOLDER"
        )
    return found


def _ratings(asked: Analysis, people: People) -> tuple[RatingResults | None, str]:
    if asked.ratings is None:
        return None, "There were no ratings."
    if not asked.ratings.is_dir():
        raise NothingToCompare(f"There is no folder of ratings {asked.ratings}.")
    if not (tables := sorted(asked.ratings.glob("*.csv"))):
        raise NothingToCompare(
            f"{asked.ratings} has no table of ratings. Make them with: kizashi study rate FOLDER "
            "--participants FILE --rater NAME --out FOLDER/NAME.csv"
        )
    totals = read_rater_totals(asked.ratings.glob("*.json"))
    table = read_ratings(tables)
    try:
        return analyse_ratings(table, people, totals), ""
    except NothingToCompare as error:
        return None, error.person


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(mode=0o700)
    for name, text in files.items():
        write_new(folder / name, text.encode())
