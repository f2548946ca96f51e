"""Cohorts of nobody for calibration: as numbers where they are many, as files where few."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.labelled_recordings import Instrument, LabelledRecording, recording_line
from kizashi_models.norms import Norms, parse_norms
from kizashi_models.scorer import Scorer
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.simulation import Cohort, draw
from kizashi_server.calibration.people import People
from numpy.typing import NDArray

PRIOR = "research-prior/1"
UNDERWEIGHTED: Mapping[str, float] = {"AU20.mean": 0.6, "AU28.presence_rate": 0.6}
"""Strong where the prior has its smallest weights."""


def packaged_norms() -> Norms:
    """Those of the prior."""
    path = files("kizashi_models") / "norms" / "clips_1.json"
    return parse_norms(path.read_bytes(), path.name)


def prior() -> Scorer:
    """The packaged scorer."""
    return load_scorer(None, PRIOR)


def weights_of(scorer: Scorer) -> NDArray[np.float64]:
    """(6,): the contribution of one standard deviation of each figure."""
    weighed = scorer.weigh(np.eye(len(scorer.figures), dtype=np.float32))
    return np.diag(weighed.contributions).astype(np.float64)


def drawn_people(cohort: Cohort, norms: Norms, seed: int) -> People:
    """The cohort as `people_of` would give it, without a summary of anybody."""
    drawn = draw(cohort, norms, np.random.default_rng(seed))
    columns = []
    for figure in STUDY_FIGURES:
        norm = norms.figures[figure.name]
        expected = norm.mean + norm.speaking_slope * (drawn.speaking - norms.speaking.mean)
        values = drawn.values[:, drawn.figures.index(figure)]
        columns.append((values - expected) / norm.standard_deviation)
    z = np.clip(np.stack(columns, axis=1), -3, 3)
    return People(z, drawn.cases, Instrument.PHQ_9, 10, {})


def line_of(recording: LabelledRecording) -> str:
    """A recording as a file has it."""
    asked = recording.questionnaire
    return recording_line(
        recording.person,
        recording.summary if recording.summary is not None else str(recording.refused),
        None if asked is None else {"instrument": asked.instrument, "total": asked.total},
        recording.groups,
    )


def write_recordings(path: Path, recordings: Iterable[LabelledRecording]) -> Path:
    """A file of them."""
    path.write_text("".join(f"{line_of(each)}\n" for each in recordings), "utf-8")
    return path
