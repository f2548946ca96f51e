"""Reads a study's folders, works everything out, and writes page, JSON and tables."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from kizashi_agent.new_file import require_new, write_new
from kizashi_models.reports import plain
from kizashi_models.scorer_loading import load_scorer

from kizashi_study.analysis.clip_profile import ClipProfile, read_profile
from kizashi_study.analysis.page import as_page
from kizashi_study.analysis.people import People, gather
from kizashi_study.analysis.rating_analysis import RatingResults, analyse_ratings
from kizashi_study.analysis.rating_table import read_rater_totals, read_ratings
from kizashi_study.analysis.report import STUDY_MEASURES, Report, Subject, report_of
from kizashi_study.analysis.simulated import COHORTS, simulated
from kizashi_study.errors import NothingToCompare
from kizashi_study.participants import Participant, read_participants

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
    """

    participants: Path
    tables: Path
    out: Path
    groups: tuple[str, str] | None
    ratings: Path | None
    seed: int
    cohorts: int = COHORTS


def analyse(asked: Analysis, day: date) -> Report:
    """Works a study out and writes `out`: report.html, report.json and a CSV of each table.

    Raises:
        BadParticipants, BadTable, BadRatings: a file is not what it has to be.
        NothingToCompare: there are no two groups of enough people.
        InputError: the folder of the report is there already.
        OSError: it cannot be written.
    """
    require_new(asked.out)
    participants = read_participants(asked.participants)
    profiles = _profiles(participants, asked.tables)
    people = gather(participants, profiles, asked.groups)
    ratings, why_not = _ratings(asked, people)
    norms = load_scorer(None, "research-prior/1").norms
    subject = Subject(
        first=people.first,
        second=people.second,
        sizes=people.sizes,
        instrument=people.instrument,
        left_out=people.left_out,
        mode=_MODES[next(iter(profiles.values())).static],
        day=day,
        version=version("kizashi"),
    )
    appendix = simulated(people.sizes, STUDY_MEASURES, norms, asked.seed, asked.cohorts)
    report = report_of(people, subject, ratings, why_not, appendix)
    _write(asked.out, _files(report))
    return report


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
    totals = read_rater_totals(asked.ratings.glob("*.json"))
    table = read_ratings(asked.ratings.glob("*.csv"))
    try:
        return analyse_ratings(table, people, totals), ""
    except NothingToCompare as error:
        return None, error.person


def _files(report: Report) -> dict[str, str]:
    comparisons, ratings = report.comparisons, report.ratings
    files = {
        "report.html": as_page(report),
        "report.json": json.dumps(plain(report), indent=1, ensure_ascii=False) + "\n",
        "comparisons.csv": _table((*comparisons.intensities, *comparisons.presences)),
        "correlations.csv": _table(report.correlations),
        "power.csv": _table(report.power.rows),
    }
    if ratings is not None:
        files |= {
            "ratings.csv": _table(ratings.comparisons),
            "ratings_of_these_clips.csv": _table(ratings.effects),
            "agreement.csv": _table(ratings.agreement),
            "raters_mood.csv": _table(ratings.mood),
        }
    return files


def _table(rows: Sequence[object]) -> str:
    """A tidy CSV, one row a record; empty where there is none."""
    written = io.StringIO()
    tables = [dataclasses.asdict(row) for row in rows]  # type: ignore[call-overload]
    if tables:
        writer = csv.DictWriter(written, tables[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(tables)
    return written.getvalue()


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(mode=0o700)
    for name, text in files.items():
        write_new(folder / name, text.encode())
