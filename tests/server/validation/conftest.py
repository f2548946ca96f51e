"""One cohort and one report on it, shared by all tests here."""

import hashlib
from datetime import date
from pathlib import Path

import pytest
from kizashi_models.labelled_recordings import (
    Instrument,
    LabelledRecording,
    read_recordings,
)
from kizashi_models.scorer_loading import load_scorer, read_scorer
from kizashi_server.validation.people import Question
from kizashi_server.validation.report import Report
from kizashi_server.validation.validating import validate_scorer

from tests.server.validation.measured import SCORER, people, text_of, write_calibrated

DAY = date(2027, 1, 15)


@pytest.fixture(scope="session")
def cohort() -> tuple[LabelledRecording, ...]:
    """As many as it takes for figures to be told."""
    return people(1150, 7)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site's folder with a calibrated scorer."""
    folder = tmp_path_factory.mktemp("site") / "models"
    write_calibrated(folder)
    return folder


@pytest.fixture(scope="session")
def report(cohort: tuple[LabelledRecording, ...], models: Path) -> Report:
    """The calibrated scorer, measured on the cohort."""
    return measured(text_of(cohort), models)


def measured(text: str, models: Path, question: Question | None = None) -> Report:
    """A report on "even/1", with a short appendix."""
    return validate_scorer(
        read_recordings(text.split("\n"), "people.jsonl"),
        hashlib.sha256(text.encode()).hexdigest(),
        "people.jsonl",
        load_scorer(models, SCORER),
        read_scorer(models, SCORER).card,
        question or Question(Instrument.PHQ_9, 10),
        DAY,
        seed=1,
        replicates=5,
    )
