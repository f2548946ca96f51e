"""Cohorts of nobody, with known effects, through the same schema as real summaries.

Statistics that are to be believed must find what was put in, and find nothing where nothing was.
Each person has a latent normal z of every figure, drawn with the norms' correlations between the
study's figures and none between the others. A figure's value is that quantile of a gamma
distribution (a beta distribution for a rate) with the norm's mean and standard deviation, since
movements are never negative and most faces show little of most of them; so values correlate a
little less than the norms' do. Cases then have d standard deviations added. The difference of means
is exactly d, but for the values at the end of their range, and both groups spread alike.

No norm is made of a simulation, and no figure of one is told to anybody as measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from kizashi_protocol.summary import (
    INTENSITY_UNITS,
    PRESENCE_UNITS,
    ActionUnitFigures,
    HeadMotion,
    RecordingQuality,
    Summary,
)
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv, ndtr

from kizashi_models.figures import ALL_FIGURES, STUDY_FIGURES, Figure, Statistic
from kizashi_models.labelled_recordings import (
    HIGHEST_TOTAL,
    Instrument,
    LabelledRecording,
    QuestionnaireTotal,
)
from kizashi_models.norms import FigureNorm, Norms

_LARGEST = {Statistic.MEAN: 5.0, Statistic.PRESENCE_RATE: 1.0}

_QUALITY = RecordingQuality(
    duration=10,
    frame_rate=30,
    valid_fraction=1,
    longest_gap=0,
    face_width=220,
    absolute_yaw=3,
    absolute_pitch=4,
    face_luma=120,
    neutral_duration=0,
)


@dataclass(frozen=True, slots=True)
class Cohort:
    """What is to be simulated.

    Attributes:
        people: how many.
        prevalence: probability that somebody is a case, 0 to 1.
        effects: by figure name, Cohen's d of cases against all others, 0 or more; 0 where not
            named.
        case_from: the questionnaire's total from which somebody is a case.
        instrument: the questionnaire.
        half_noise: standard deviation between the halves of a recording, in the norm's.
        groups: by trait, the groups that people fall into with equal probability.
    """

    people: int
    prevalence: float
    effects: Mapping[str, float]
    case_from: int = 10
    instrument: Instrument = Instrument.PHQ_9
    half_noise: float = 0.5
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A cohort as numbers.

    Attributes:
        figures: of the columns.
        values: (people, figures), in each figure's unit.
        speaking: (people,), 0 to 1.
        cases: (people,), bool.
    """

    figures: tuple[Figure, ...]
    values: NDArray[np.float64] = field(repr=False)
    speaking: NDArray[np.float64] = field(repr=False)
    cases: NDArray[np.bool_] = field(repr=False)


def draw(cohort: Cohort, norms: Norms, random: np.random.Generator) -> Drawn:
    """Draws a cohort. The same generator state gives the same cohort.

    Raises:
        ValueError: an effect is below 0, of no figure, or of one that the norms do not have.
    """
    figures = tuple(figure for figure in ALL_FIGURES if figure.name in norms.figures)
    unknown = set(cohort.effects) - {figure.name for figure in figures}
    if unknown or min(cohort.effects.values(), default=0.0) < 0:
        raise ValueError(f"no such effect: {sorted(unknown) or 'one below 0'}")
    cases = random.random(cohort.people) < cohort.prevalence
    speaking = random.uniform(norms.speaking.low, norms.speaking.high, cohort.people)
    latent = _latent(cohort.people, norms, figures, random)
    columns = [
        _quantile(figure, norms.figures[figure.name], latent[:, column])
        + norms.figures[figure.name].speaking_slope * (speaking - norms.speaking.mean)
        + norms.figures[figure.name].standard_deviation
        * cohort.effects.get(figure.name, 0.0)
        * cases
        for column, figure in enumerate(figures)
    ]
    largest = [_LARGEST[figure.statistic] for figure in figures]
    values = np.clip(np.stack(columns, axis=1), 0, largest)
    return Drawn(figures, values, speaking, cases)


def simulate(
    cohort: Cohort, norms: Norms, random: np.random.Generator
) -> tuple[LabelledRecording, ...]:
    """Draws a cohort as labelled recordings; takes about a millisecond a person.

    Totals of cases and of others are each uniform over their range: what matters to an analysis of
    two groups is who is in which.

    Raises:
        ValueError: as `draw`.
    """
    drawn = draw(cohort, norms, random)
    spreads = [norms.figures[figure.name].standard_deviation for figure in drawn.figures]
    apart = random.normal(0, cohort.half_noise, drawn.values.shape) * spreads
    return tuple(
        LabelledRecording(
            line=index + 1,
            person=f"s{index + 1:06}",
            summary=_summary(norms, drawn, apart, index),
            refused=None,
            questionnaire=_total(cohort, bool(drawn.cases[index]), random),
            groups={trait: str(random.choice(names)) for trait, names in cohort.groups.items()},
        )
        for index in range(cohort.people)
    )


def _latent(
    people: int, norms: Norms, figures: tuple[Figure, ...], random: np.random.Generator
) -> NDArray[np.float64]:
    """(people, figures): standard normal, correlated between the study's figures as in the norms."""
    latent = random.standard_normal((people, len(figures)))
    columns = [figures.index(figure) for figure in STUDY_FIGURES]
    # Rounded correlations may miss being positive definite by a hair, hence not Cholesky.
    values, vectors = np.linalg.eigh(np.array(norms.correlations))
    root = vectors * np.sqrt(np.maximum(values, 0))
    latent[:, columns] = random.standard_normal((people, len(columns))) @ root.T
    return latent


def _quantile(figure: Figure, norm: FigureNorm, latent: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, variance = norm.mean, norm.standard_deviation**2
    if figure.statistic is Statistic.PRESENCE_RATE:
        size = mean * (1 - mean) / variance - 1
        return np.asarray(betaincinv(mean * size, (1 - mean) * size, ndtr(latent)), np.float64)
    shape = mean**2 / variance
    return np.asarray(gammaincinv(shape, ndtr(latent)) * (mean / shape), np.float64)


def _total(cohort: Cohort, case: bool, random: np.random.Generator) -> QuestionnaireTotal:
    low, high = (
        (cohort.case_from, HIGHEST_TOTAL[cohort.instrument]) if case else (0, cohort.case_from - 1)
    )
    return QuestionnaireTotal(cohort.instrument, int(random.integers(low, high, endpoint=True)))


def _summary(norms: Norms, drawn: Drawn, apart: NDArray[np.float64], index: int) -> Summary:
    values = dict(zip(drawn.figures, drawn.values[index].tolist(), strict=True))
    halves = dict(zip(drawn.figures, apart[index].tolist(), strict=True))
    speaking = float(drawn.speaking[index])
    return Summary(
        extractor_id=norms.extractor_id,
        mode=norms.mode,
        action_units=tuple(_unit(unit, values, halves) for unit in PRESENCE_UNITS),
        blink_rate=15,
        mouth_open_fraction=speaking,
        speaking_fraction=speaking,
        head_motion=HeadMotion(3, 3, 2, 10),
        quality=_QUALITY,
    )


def _unit(
    unit: int, values: Mapping[Figure, float], halves: Mapping[Figure, float]
) -> ActionUnitFigures:
    rates = _parts(Figure(unit, Statistic.PRESENCE_RATE), values, halves)
    means = (0.0, 0.0, 0.0)
    if unit in INTENSITY_UNITS:
        means = _parts(Figure(unit, Statistic.MEAN), values, halves)
    spread = min(means[0] / 2, 2.5)
    return ActionUnitFigures(
        unit,
        mean=means[0],
        standard_deviation=spread,
        percentile_10=max(means[0] - spread, 0),
        percentile_50=means[0],
        percentile_90=min(means[0] + spread, 5),
        first_half_mean=means[1],
        second_half_mean=means[2],
        presence_rate=rates[0],
        first_half_presence_rate=rates[1],
        second_half_presence_rate=rates[2],
        onset_rate=0,
    )


def _parts(
    figure: Figure, values: Mapping[Figure, float], halves: Mapping[Figure, float]
) -> tuple[float, float, float]:
    """The whole and its halves, whose mean is the whole."""
    largest = _LARGEST[figure.statistic]
    whole = values.get(figure, 0.0)
    apart = min(abs(halves.get(figure, 0.0)), whole, largest - whole)
    apart = apart if halves.get(figure, 0.0) >= 0 else -apart
    return whole, whole + apart, whole - apart
