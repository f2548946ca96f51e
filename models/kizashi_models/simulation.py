"""Cohorts of nobody, with known effects, through the same schema as real summaries.

Statistics that are to be believed must find what was put in, and find nothing where nothing was.
Each person has a latent normal z of every figure, drawn with the norms' correlations between the
study's figures and none between the others. A figure's value is that quantile of a gamma
distribution (a beta distribution for a rate) with the norm's mean and standard deviation, since
movements are never negative and most faces show little of most of them; so values correlate a
little less than the norms' do. A case's z lies higher, by as much as makes the difference of means d
pooled standard deviations, with what speaking adds in them: more cases than others show much, and
cases who show nothing there are too. So the area under a figure's ROC curve is about that of two
normal distributions d apart, and cases spread wider, as the shape of such figures has it.

No norm is made of a simulation, and no figure of one is told to anybody as measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

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
from scipy.optimize import brentq
from scipy.special import betaincinv, gammaincinv, ndtr

from kizashi_models.figures import ALL_FIGURES, STUDY_FIGURES, Figure, Statistic
from kizashi_models.labelled_recordings import (
    HIGHEST_TOTAL,
    Instrument,
    LabelledRecording,
    QuestionnaireTotal,
)
from kizashi_models.norms import FigureNorm, Norms, Speaking

# Of a latent z by an effect: so far up that nearly all cases are at the end of a figure's range.
_LARGEST_SHIFT = 6.0
_GRID = np.linspace(-7, 7, 701)
_GRID_WEIGHTS = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()
_SPEAKING_STEPS = 20

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
            named. Less comes of it where a figure's range ends before.
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
    columns = []
    for column, figure in enumerate(figures):
        norm = norms.figures[figure.name]
        effect = cohort.effects.get(figure.name, 0.0)
        shift = _shift(figure, norm, norms.speaking, cohort.prevalence, effect)
        excess = speaking - norms.speaking.mean
        columns.append(_value(figure, norm, latent[:, column] + shift * cases, excess))
    return Drawn(figures, np.stack(columns, axis=1), speaking, cases)


def totals_of(
    cohort: Cohort, cases: NDArray[np.bool_], random: np.random.Generator
) -> NDArray[np.int64]:
    """The questionnaire's totals, (people,): uniform over the cases' range, and over the others'.

    What matters to an analysis of two groups is who is in which.
    """
    low = np.where(cases, cohort.case_from, 0)
    high = np.where(cases, HIGHEST_TOTAL[cohort.instrument], cohort.case_from - 1)
    return random.integers(low, high, endpoint=True)


def simulate(
    cohort: Cohort, norms: Norms, random: np.random.Generator
) -> tuple[LabelledRecording, ...]:
    """Draws a cohort as labelled recordings; takes about a millisecond a person.

    Raises:
        ValueError: as `draw`.
    """
    drawn = draw(cohort, norms, random)
    spreads = [norms.figures[figure.name].standard_deviation for figure in drawn.figures]
    apart = random.normal(0, cohort.half_noise, drawn.values.shape) * spreads
    totals = totals_of(cohort, drawn.cases, random)
    return tuple(
        LabelledRecording(
            line=index + 1,
            person=f"s{index + 1:06}",
            summary=_summary(norms, drawn, apart, index),
            refused=None,
            questionnaire=QuestionnaireTotal(cohort.instrument, int(totals[index])),
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


@lru_cache(maxsize=1_000)
def _shift(
    figure: Figure, norm: FigureNorm, speaking: Speaking, prevalence: float, effect: float
) -> float:
    """By how much a case's z lies higher, so that Cohen's d is the effect."""
    if effect == 0:
        return 0.0
    mean, variance = _moments(figure, norm, speaking, 0.0)

    def missing(shift: float) -> float:
        cases_mean, cases_variance = _moments(figure, norm, speaking, shift)
        pooled = (1 - prevalence) * variance + prevalence * cases_variance
        return effect - float((cases_mean - mean) / np.sqrt(pooled))

    if missing(_LARGEST_SHIFT) >= 0:
        return _LARGEST_SHIFT
    return float(brentq(missing, 0, _LARGEST_SHIFT))


def _moments(
    figure: Figure, norm: FigureNorm, speaking: Speaking, shift: float
) -> tuple[float, float]:
    """Mean and variance over people, however much they speak."""
    shares = (np.arange(_SPEAKING_STEPS) + 0.5) / _SPEAKING_STEPS
    excess = speaking.low + shares * (speaking.high - speaking.low) - speaking.mean
    steps = excess[:, np.newaxis] if norm.speaking_slope else np.zeros((1, 1))
    values = _value(figure, norm, _GRID + shift, steps)
    mean = float((values @ _GRID_WEIGHTS).mean())
    return mean, float(((values - mean) ** 2 @ _GRID_WEIGHTS).mean())


def _value(
    figure: Figure, norm: FigureNorm, latent: NDArray[np.float64], excess: NDArray[np.float64]
) -> NDArray[np.float64]:
    """In the figure's unit, of a latent z and of speaking so much more than the norm's people."""
    value = _quantile(figure, norm, latent) + norm.speaking_slope * excess
    return np.clip(value, 0, _LARGEST[figure.statistic])


def _quantile(figure: Figure, norm: FigureNorm, latent: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, variance = norm.mean, norm.standard_deviation**2
    if figure.statistic is Statistic.PRESENCE_RATE:
        size = mean * (1 - mean) / variance - 1
        return np.asarray(betaincinv(mean * size, (1 - mean) * size, ndtr(latent)), np.float64)
    shape = mean**2 / variance
    return np.asarray(gammaincinv(shape, ndtr(latent)) * (mean / shape), np.float64)


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
