"""A study that nobody took part in, as files: tables, participants, ratings and raters' own totals."""

import csv
from pathlib import Path

import numpy as np
from kizashi_models.figures import Statistic
from kizashi_models.labelled_recordings import Instrument, QuestionnaireTotal
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.simulation import Cohort, draw
from kizashi_study.analysis.clip_profile import MEASURES
from kizashi_study.rating.ratings import ITEMS, Rater, write_rater

PEOPLE, RATERS, FRAMES = 40, 12, 40
LOWER_RATED = ITEMS[:4]
"""Scored lower in the second group, as in the study."""


def write_study(folder: Path, effect: float = 1.5) -> Path:
    """Writes forty people, the last twenty of whom show more of the study's units by `effect`."""
    random = np.random.default_rng(5)
    effects = {f"AU{unit:02d}.mean": effect for unit in (1, 5, 20, 25, 26)}
    norms = load_scorer(None, "research-prior/1").norms
    drawn = draw(Cohort(3 * PEOPLE, 0.5, effects), norms, random)
    columns = {
        f"AU{figure.action_unit:02d}_{'r' if figure.statistic is Statistic.MEAN else 'c'}": index
        for index, figure in enumerate(drawn.figures)
    }
    halves = [drawn.values[rows][: PEOPLE // 2] for rows in (~drawn.cases, drawn.cases)]
    values = np.concatenate(halves)
    (folder / "tables").mkdir(parents=True)
    (folder / "ratings").mkdir()
    rows = []
    for person in range(PEOPLE):
        frame = [values[person, columns[name]] if name in columns else 0.0 for name in MEASURES]
        write_table(folder / "tables" / f"c{person:02}.csv", frame, random)
        second = person >= PEOPLE // 2
        total = int(random.integers(11, 21) if second else random.integers(1, 11))
        group = "subthreshold" if second else "healthy"
        rows.append([f"p{person:02}", f"c{person:02}.mp4", group, "BDI-II", total])
    write_rows(
        folder / "participants.csv",
        [["participant", "clip", "group", "questionnaire", "total"], *rows],
    )
    for rater in range(RATERS):
        _write_ratings(folder / "ratings" / f"r{rater:02}.csv", rater, random)
        _write_rater(folder / "ratings" / f"r{rater:02}.json", rater, int(random.integers(0, 25)))
    return folder


def write_table(path: Path, frame: list[float], random: np.random.Generator) -> None:
    """A table in OpenFace's form: a frame without a face, then frames around the same figures."""
    lines = [["frame", "success", *MEASURES], ["1", "0", *["0"] * len(MEASURES)]]
    for number in range(FRAMES):
        cells = [
            f"{value:.2f}" if name.endswith("_r") else str(int(random.random() < value))
            for name, value in zip(MEASURES, frame, strict=True)
        ]
        lines.append([str(number + 2), "1", *cells])
    path.write_text("".join(", ".join(line) + "\n" for line in lines))


def _write_rater(path: Path, rater: int, total: int) -> None:
    told = QuestionnaireTotal(Instrument.BDI_II, total)
    with path.open("w") as file:
        write_rater(Rater(f"r{rater:02}", 1, (), asked=True, questionnaire=told), file)


def write_rows(path: Path, rows: list[list[object]]) -> None:
    """A CSV."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def _write_ratings(path: Path, rater: int, random: np.random.Generator) -> None:
    rows: list[list[object]] = [["rater", "participant", "item", "score"]]
    for person in range(PEOPLE):
        for item in ITEMS:
            lower = 1.0 if person >= PEOPLE // 2 and item in LOWER_RATED else 0.0
            score = int(np.clip(round(random.normal(4.5 - lower, 1.0)), 1, 7))
            rows.append([f"r{rater:02}", f"p{person:02}", item, score])
    write_rows(path, rows)
