"""Writes a cohort of nobody as labelled recordings."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
from kizashi_agent.new_file import is_there, open_new
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.labelled_recordings import (
    CASE_FROM,
    SIMULATED,
    Instrument,
    LabelledRecording,
    recording_line,
)
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.simulation import Cohort, simulate


def write_cohort(out: Path, people: int, prevalence: float, effect: float, seed: int) -> int:
    """Writes a new file, mode 0600, and returns how many of its people are cases.

    Args:
        out: the file.
        people: how many.
        prevalence: probability that somebody is a case.
        effect: Cohen's d in each of the study's six figures.
        seed: the same seed gives the same file.

    Raises:
        InputError: the file is there already.
        OSError: it cannot be written.
    """
    # Stands in each line, so that nobody takes the file for people.
    trait, group = SIMULATED
    cohort = Cohort(
        people,
        prevalence,
        {figure.name: effect for figure in STUDY_FIGURES},
        case_from=CASE_FROM[Instrument.PHQ_9],
        groups={trait: (group,)},
    )
    norms = load_scorer(None, "research-prior/1").norms
    try:
        handle = open_new(out)
    except FileExistsError:
        raise is_there(out) from None
    recordings = simulate(cohort, norms, np.random.default_rng(seed))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(f"{_line(each)}\n" for each in recordings)
    return sum(
        each.questionnaire is not None and each.questionnaire.total >= cohort.case_from
        for each in recordings
    )


def _line(recording: LabelledRecording) -> str:
    answered = recording.questionnaire
    total = None if answered is None else dataclasses.asdict(answered)
    outcome = recording.summary or recording.refused or ""
    return recording_line(recording.person, outcome, total, recording.groups)
