"""What a recording is compared with: how figures are spread over the recordings of other people.

A norm holds for one extractor and one mode. Where lips and jaw are concerned it holds given how
much was spoken: AU25 and AU26 are what a speaking mouth does, so their expected value moves with
the share of the recording within speech-like mouth movement, along a line fitted to the norm's
own people, and no further than their range of speaking goes.

A norms file is JSON; `parse_norms` is strict, since a misspelt key would be a fact silently lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from kizashi_protocol.summary import Summary
from numpy.typing import NDArray

from kizashi_models.errors import BadNorms
from kizashi_models.figures import SPEECH_FIGURES, STUDY_FIGURES, Figure, Part
from kizashi_models.refused_words import refused_words
from kizashi_models.strict_json import Reader

NORMS_FORMAT = 1

_ID = re.compile(r"[a-z][a-z0-9-]{0,47}/[1-9]\d{0,3}")


@dataclass(frozen=True, slots=True)
class FigureNorm:
    """How one figure is spread over the norm's people.

    Attributes:
        mean: in the figure's unit.
        standard_deviation: over people; above 0. About the line where there is a slope.
        speaking_slope: change of the expected value from no speaking to speaking throughout; 0 for
            all figures but `SPEECH_FIGURES`.
    """

    mean: float
    standard_deviation: float
    speaking_slope: float = 0.0


@dataclass(frozen=True, slots=True)
class Speaking:
    """Share of a recording within speech-like mouth movement, over the norm's people, 0 to 1."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class NormsLabel:
    """What must be told wherever a norm is used.

    Attributes:
        id: name and version, such as "clips/1".
        clips: recordings.
        persons: people in them; each counts once, as the mean of their recordings.
        source: whose recordings they are, in words, by locale ("en" and "ja").
    """

    id: str
    clips: int
    persons: int
    source: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Norms:
    """A norm for one extractor and one mode.

    Attributes:
        label: id, numbers and source.
        extractor_id: whose figures these are.
        mode: how intensities relate to the person, such as "static".
        speaking: what `FigureNorm.speaking_slope` is about.
        figures: the spread of each figure there is a norm for, by its name.
        correlations: (6, 6), symmetric, between `STUDY_FIGURES` as `z` gives them, over people.
    """

    label: NormsLabel
    extractor_id: str
    mode: str
    speaking: Speaking
    figures: Mapping[str, FigureNorm] = field(repr=False, hash=False)
    correlations: tuple[tuple[float, ...], ...] = field(repr=False)

    def z(
        self, figures: Sequence[Figure], summary: Summary, part: Part = Part.WHOLE
    ) -> NDArray[np.float64]:
        """How far figures lie from the norm, in its standard deviations; shape (len(figures),).

        A half is compared given the speaking of the whole recording: a summary tells no other.
        """
        limits = self.speaking
        excess = min(max(summary.speaking_fraction, limits.low), limits.high) - limits.mean
        return np.array([self._z(figure, figure.of(summary, part), excess) for figure in figures])

    def _z(self, figure: Figure, value: float, speaking_excess: float) -> float:
        norm = self.figures[figure.name]
        expected = norm.mean + norm.speaking_slope * speaking_excess
        return (value - expected) / norm.standard_deviation


def parse_norms(text: str | bytes, where: str) -> Norms:
    """Norms from JSON text; `where` names it in errors.

    Raises:
        BadNorms: not JSON, a key missing or unknown, or a value that cannot be.
    """
    reader = Reader(where, BadNorms)
    value = reader.document(text)
    table = reader.table(
        value,
        "norms",
        "norms id source persons clips extractor_id mode speaking figures correlations",
    )
    if table["norms"] != NORMS_FORMAT:
        raise BadNorms(where, f"norms format {table['norms']!r} is not {NORMS_FORMAT}")
    names = reader.table(table["figures"], "figures", " ".join(table["figures"]))
    return Norms(
        label=_label(reader, table),
        extractor_id=reader.words(table["extractor_id"], "extractor_id"),
        mode=reader.words(table["mode"], "mode"),
        speaking=_speaking(reader, table["speaking"]),
        figures=MappingProxyType({name: _figure(reader, name, names[name]) for name in names}),
        correlations=_correlations(reader, table["correlations"], names),
    )


def _label(reader: Reader, table: Mapping[str, Any]) -> NormsLabel:
    norms_id = reader.words(table["id"], "id")
    if not _ID.fullmatch(norms_id):
        raise reader.fault(f"id {norms_id!r} is not of the form name/version")
    source = reader.table(table["source"], "source", "en ja")
    clips, persons = (reader.count(table[name], name) for name in ("clips", "persons"))
    if persons > clips:
        raise reader.fault("there are more persons than clips")
    texts = {locale: reader.words(text, f"source.{locale}") for locale, text in source.items()}
    # Everybody who gets a result reads it, word for word.
    if found := [word for text in texts.values() for word in refused_words(text)]:
        raise reader.fault(f"the source has words that nobody may be told with a result: {found}")
    return NormsLabel(norms_id, clips, persons, MappingProxyType(texts))


def _speaking(reader: Reader, value: object) -> Speaking:
    table = reader.table(value, "speaking", "mean low high")
    mean, low, high = (
        reader.number(table[name], f"speaking.{name}", 0, 1) for name in ("mean", "low", "high")
    )
    if not low <= mean <= high:
        raise reader.fault("speaking: the mean lies outside low to high")
    return Speaking(mean, low, high)


def _figure(reader: Reader, name: str, value: object) -> FigureNorm:
    try:
        figure = Figure.parse(name)
    except ValueError as error:
        raise reader.fault(str(error)) from error
    slope = "speaking_slope" if figure in SPEECH_FIGURES else ""
    table = reader.table(value, name, "mean standard_deviation", slope)
    # No figure of a summary exceeds 5, so no spread and no change of one can.
    return FigureNorm(
        mean=reader.number(table["mean"], f"{name}.mean", 0, 5),
        standard_deviation=reader.number(
            table["standard_deviation"], f"{name}.standard_deviation", 1e-6, 5
        ),
        speaking_slope=reader.number(
            table.get("speaking_slope", 0), f"{name}.speaking_slope", -5, 5
        ),
    )


def _correlations(
    reader: Reader, value: object, names: Mapping[str, Any]
) -> tuple[tuple[float, ...], ...]:
    table = reader.table(value, "correlations", "figures matrix")
    expected = [figure.name for figure in STUDY_FIGURES]
    if table["figures"] != expected or not set(expected) <= set(names):
        raise reader.fault(f"correlations are not between {expected}, each with a norm")
    rows = table["matrix"]
    if not isinstance(rows, list) or [_length(row) for row in rows] != [len(expected)] * len(rows):
        raise reader.fault("the correlation matrix is not square")
    matrix = np.array([[reader.number(r, "a correlation", -1, 1) for r in row] for row in rows])
    if matrix.shape != (len(expected), len(expected)):
        raise reader.fault("the correlation matrix is not square")
    if not (np.allclose(matrix, matrix.T, atol=1e-6) and np.allclose(np.diag(matrix), 1)):
        raise reader.fault("the correlation matrix is not symmetric with ones")
    if np.linalg.eigvalsh(matrix).min() < -1e-4:
        raise reader.fault("no set of figures can have these correlations")
    return tuple(tuple(float(r) for r in row) for row in matrix)


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else -1
