"""Fits norms to people's summaries: how each figure is spread over them.

Everybody counts once: their recordings are averaged first. For AU25 and AU26 a line over the share
of speaking is fitted by least squares, and the spread is taken about it (see `norms`).

Norms are figures of people: those of n + 1 people less those of n give the one person's. So they are
told no more closely than they are known, in steps of a tenth of a standard error to a whole one, and
in three digits at most. Something is always left: by the correlations, in half of simulated tries,
the one to .6 standard deviations with 24 people and to .3 with 101.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from kizashi_protocol.summary import Summary
from numpy.typing import NDArray

from kizashi_models.errors import BadRecordings
from kizashi_models.figures import ALL_FIGURES, SPEECH_FIGURES, STUDY_FIGURES, Figure
from kizashi_models.norms import NORMS_FORMAT, parse_norms

LEAST_PERSONS = 20
"""A correlation matrix of six figures needs well more people than figures. Judgement."""

LEAST_SPREAD = 1e-3
"""Of a figure, in its unit: in one that nobody differs in, nothing can be compared."""

_DIGITS = 6
_ROUND_DIGITS = 3
_SPEAKING_ENDS = (5, 95)
"""Percentiles: the least and the most are one person's own."""


@dataclass(frozen=True, slots=True)
class People:
    """Each person's mean recording.

    Attributes:
        extractor_id: whose figures these are.
        mode: how intensities relate to the person.
        clips: recordings they were averaged from.
        values: (persons, len(ALL_FIGURES)).
        speaking: (persons,), share of the recording within speech-like mouth movement.
    """

    extractor_id: str
    mode: str
    clips: int
    values: NDArray[np.float64] = field(repr=False)
    speaking: NDArray[np.float64] = field(repr=False)


def average(recordings: Mapping[str, Sequence[Summary]], where: str) -> People:
    """Each person's recordings averaged, given by person, in the order of their names.

    Raises:
        BadRecordings: there are too few persons, or several extractors or modes.
    """
    summaries = [summary for name in sorted(recordings) for summary in recordings[name]]
    makers = {(summary.extractor_id, summary.mode) for summary in summaries}
    if len(makers) > 1:
        raise BadRecordings(where, f"it mixes extractors or modes: {sorted(makers)}")
    if len(recordings) < LEAST_PERSONS:
        raise BadRecordings(
            where, f"{len(recordings)} persons are too few for norms: {LEAST_PERSONS} are needed"
        )
    means = np.array(
        [np.mean([_row(each) for each in recordings[name]], axis=0) for name in sorted(recordings)]
    )
    (extractor_id, mode), *_ = makers
    return People(extractor_id, mode, len(summaries), means[:, :-1], means[:, -1])


@dataclass(frozen=True, slots=True)
class FittedNorms:
    """Norms as a file, and what has none.

    Attributes:
        text: the file's; `norms.parse_norms` has read it.
        left_out: figures in which nobody differs.
    """

    text: str
    left_out: tuple[str, ...]


def without_spread(figures: Sequence[Figure], summaries: Sequence[Summary]) -> list[str]:
    """Names of those of the figures in which nobody differs; `summaries` has one or more."""
    values = np.array([[figure.of(each) for figure in figures] for each in summaries])
    return [
        figure.name
        for figure, spread in zip(figures, values.std(axis=0), strict=True)
        if spread < LEAST_SPREAD
    ]


def fit_norms(
    people: People, norms_id: str, source: Mapping[str, str], *, of_the_public: bool = False
) -> FittedNorms:
    """A norms file of these people.

    Args:
        people: whose figures.
        norms_id: such as "clips/1".
        source: whose recordings they are, in words, by locale ("en" and "ja").
        of_the_public: whether the recordings are public, so that there is nothing to round off.

    Raises:
        BadRecordings: nobody differs in a figure that the study is about.
        BadNorms: the id is not of the form name/version, or the source lacks a language or has
            words that nobody may be told.
    """
    figures, z = _spreads(people)
    missing = [figure.name for figure in STUDY_FIGURES if figure.name not in figures]
    if missing:
        raise BadRecordings(
            norms_id, f"nobody differs in {', '.join(missing)}, which the study is about"
        )
    columns = [ALL_FIGURES.index(figure) for figure in STUDY_FIGURES]
    correlations = np.asarray(np.corrcoef(z[:, columns], rowvar=False), np.float64)
    speaking = _speaking(people.speaking, (0, 100) if of_the_public else _SPEAKING_ENDS)
    if not of_the_public:
        figures = {name: _told_of(each, people.speaking) for name, each in figures.items()}
        speaking = _in_steps(speaking, people.speaking.std(), len(people.speaking))
        correlations = _told_correlations(correlations, len(people.values))
    table = {
        "norms": NORMS_FORMAT,
        "id": norms_id,
        "source": dict(source),
        "persons": len(people.values),
        "clips": people.clips,
        "extractor_id": people.extractor_id,
        "mode": people.mode,
        "speaking": speaking,
        "figures": figures,
        "correlations": {
            "figures": [figure.name for figure in STUDY_FIGURES],
            "matrix": correlations.tolist(),
        },
    }
    text = json.dumps(_rounded(table), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    parse_norms(text, norms_id)
    left_out = [figure.name for figure in ALL_FIGURES if figure.name not in figures]
    return FittedNorms(text, tuple(left_out))


def _row(summary: Summary) -> list[float]:
    return [*(figure.of(summary) for figure in ALL_FIGURES), summary.speaking_fraction]


def _spreads(people: People) -> tuple[dict[str, dict[str, float]], NDArray[np.float64]]:
    """Each figure's norm, and z of each person, shape (persons, len(ALL_FIGURES))."""
    norms: dict[str, dict[str, float]] = {}
    excess = people.speaking - people.speaking.mean()
    z = np.zeros_like(people.values)
    for column, figure in enumerate(ALL_FIGURES):
        values = people.values[:, column]
        entry = {"mean": float(values.mean())}
        slope, fitted = 0.0, 1
        if figure in SPEECH_FIGURES and excess.any():
            slope, fitted = float(excess @ values / (excess @ excess)), 2
            entry["speaking_slope"] = slope
        left = values - values.mean() - slope * excess
        spread = float(np.sqrt(left @ left / (len(left) - fitted)))
        if spread < LEAST_SPREAD:
            continue
        norms[figure.name] = entry | {"standard_deviation": spread}
        z[:, column] = left / spread
    return norms, z


def _speaking(speaking: NDArray[np.float64], ends: tuple[int, int]) -> dict[str, float]:
    mean, (low, high) = speaking.mean(), np.percentile(speaking, ends)
    return {"mean": float(mean), "low": float(min(low, mean)), "high": float(max(high, mean))}


def _told_of(norm: Mapping[str, float], speaking: NDArray[np.float64]) -> dict[str, float]:
    """A figure's norm as it is told; the slope's error is that of a change over all of speaking."""
    spread, people = norm["standard_deviation"], len(speaking)
    told = _in_steps({name: norm[name] for name in ("mean", "standard_deviation")}, spread, people)
    if "speaking_slope" in norm:
        slope = {"speaking_slope": norm["speaking_slope"]}
        # Where hardly anybody differs in speaking a slope is hardly known: one digit is left of it.
        told |= _in_steps(slope, spread / max(speaking.std(), LEAST_SPREAD), people)
    return told


def _told_correlations(exact: NDArray[np.float64], people: int) -> NDArray[np.float64]:
    step = _step(1.0, people)
    told = np.round(exact / step) * step
    if np.linalg.eigvalsh(told).min() < 0:
        # Rounding moves no eigenvalue further than this: drawn towards 0 by as much, they can be.
        furthest = step / 2 * (len(exact) - 1)
        off_diagonal = np.round(exact * (1 - furthest) / step) * step
        told = np.where(np.eye(len(exact), dtype=np.bool_), 1.0, off_diagonal)
    return np.asarray(told, np.float64)


def _in_steps(values: Mapping[str, float], spread: float, people: int) -> dict[str, float]:
    """Values rounded to about the standard error of a mean, or to three digits if coarser."""
    return {name: _in_step(value, _step(spread, people)) for name, value in values.items()}


def _in_step(value: float, step: float) -> float:
    digits = 10.0 ** (math.floor(math.log10(abs(value))) - _ROUND_DIGITS + 1) if value else 0.0
    coarser = max(step, digits)
    return round(value / coarser) * coarser


def _step(spread: float, people: int) -> float:
    """The largest power of ten that is no larger than the standard error of a mean."""
    error = max(spread, LEAST_SPREAD) / math.sqrt(people)
    return float(10.0 ** math.floor(math.log10(error)))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(float(value), _DIGITS) if isinstance(value, float) else value
