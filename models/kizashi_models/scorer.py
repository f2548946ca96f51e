"""Scores a summary: where it lies against a norm, or why that cannot be told.

    summary -> z of each figure -> composite -> band, or abstention

A scorer is its norms and `weigh`, which turns z into contributions and a composite. `weigh` is
handed in (`scorer_loading` makes one of an ONNX file), so that what is decided here is a function
of values. The contract of a site's own scorer stands in `scorer_loading`.

A calibrated scorer gives a probability too. It is nobody's to read as it stands: it only finds the
people of a validation who had about the same, and how many of those were cases is what is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from kizashi_protocol.reply import Band
from kizashi_protocol.summary import Summary
from numpy.typing import NDArray

from kizashi_models.errors import ExtractorWithoutNorms
from kizashi_models.figures import Figure, Part
from kizashi_models.norms import Norms, NormsLabel
from kizashi_models.recording_floor import RecordingFault, recording_faults
from kizashi_models.validation import Share, Validation

# In standard deviations of the norm. Bands and not percentages, because no posterior above one
# half is ever justified at the effects that can be expected of action units alone.
LOWER_CUT = -1.0
UPPER_CUT = 1.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a scorer's graph makes of z, row by row, all finite.

    Attributes:
        contributions: (n, k) float32.
        composite: (n,) float32, the sum of a row's contributions.
        probability: (n,) float32, 0 to 1, of being a case; None from all but calibrated models.
    """

    contributions: NDArray[np.float32] = field(repr=False)
    composite: NDArray[np.float32] = field(repr=False)
    probability: NDArray[np.float32] | None = field(default=None, repr=False)


Weigh = Callable[[NDArray[np.float32]], Weighed]
"""z (n, k) float32 -> what a scorer makes of it."""


class AbstentionReason(StrEnum):
    """Why a summary gets no band. Each is about the measurement, never about the person."""

    RECORDING = "recording"
    UNSTEADY = "unsteady"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One action unit's part in a score.

    Attributes:
        action_unit: number in the Facial Action Coding System.
        direction: where the unit's own figure lies against the norm, by the same cuts.
        value: what it adds to the composite.
    """

    action_unit: int
    direction: Band = field(repr=False)
    value: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class Score:
    """Where a recording lies against the norm. What it says of a person stays out of its repr.

    Attributes:
        scorer_id: such as "research-prior/1".
        norms: what it was compared with.
        band: of the composite.
        composite: weighted z of the figures; standard deviation 1 over the norm's people.
        standard_error: of the composite, from the two halves of the recording.
        borderline: whether the composite within its standard error reaches another band.
        contributions: one for each figure, the largest part first.
        validation: what was measured of the scorer, where that may be told.
        share: how many of those with about the same probability were cases, where a calibrated
            scorer's validation carries that.
    """

    scorer_id: str
    norms: NormsLabel
    band: Band = field(repr=False)
    composite: float = field(repr=False)
    standard_error: float = field(repr=False)
    borderline: bool = field(repr=False)
    contributions: tuple[Contribution, ...] = field(repr=False)
    validation: Validation | None = None
    share: Share | None = field(default=None, repr=False)

    @property
    def norms_id(self) -> str:
        """Such as "clips/1"."""
        return self.norms.id


@dataclass(frozen=True, slots=True)
class Abstention:
    """No band, because the measurement does not carry one.

    Attributes:
        scorer_id: such as "research-prior/1".
        norms: what it would have been compared with.
        reason: what the measurement lacks.
        faults: what was wrong with the recording; empty unless that is the reason.
        validation: what was measured of the scorer, where that may be told.
    """

    scorer_id: str
    norms: NormsLabel
    reason: AbstentionReason = field(repr=False)
    faults: tuple[RecordingFault, ...] = field(default=(), repr=False)
    validation: Validation | None = None

    @property
    def norms_id(self) -> str:
        """Such as "clips/1"."""
        return self.norms.id


@dataclass(frozen=True, slots=True)
class Scorer:
    """What turns summaries into scores.

    Attributes:
        id: name and version, such as "research-prior/1".
        figures: what it reads of a summary; one an action unit at most, each with a norm.
        norms: what they are compared with.
        weigh: contributions and composite of their z.
        validation: the report on it whose figures are told, if there is one.
    """

    id: str
    figures: tuple[Figure, ...]
    norms: Norms
    weigh: Weigh = field(repr=False)
    validation: Validation | None = None

    @property
    def extractor_ids(self) -> tuple[str, ...]:
        """The extractors whose summaries it can score."""
        return (self.norms.extractor_id,)

    @property
    def norms_id(self) -> str:
        """Such as "clips/1"."""
        return self.norms.label.id


def score(summary: Summary, scorer: Scorer) -> Score | Abstention:
    """Scores a summary, or abstains on grounds of the measurement alone.

    The standard error of the composite is half the distance between the two halves' composites:
    the whole is about the mean of its halves, and for two independent halves the expected square
    of |c1 - c2| / 2 is the variance of their mean. It rests on one degree of freedom and counts a
    change in the course of the recording as error, which errs towards caution.

    Raises:
        ExtractorWithoutNorms: the norms are for another extractor or mode.
    """
    norms = scorer.norms
    if (summary.extractor_id, summary.mode) != (norms.extractor_id, norms.mode):
        raise ExtractorWithoutNorms(summary.extractor_id, summary.mode, norms.label.id)
    faults = recording_faults(summary.quality)
    if faults:
        return Abstention(
            scorer.id, norms.label, AbstentionReason.RECORDING, faults, scorer.validation
        )
    z = np.stack([norms.z(scorer.figures, summary, part) for part in Part]).astype(np.float32)
    weighed = scorer.weigh(z)
    composite, first, second = (float(value) for value in weighed.composite)
    error = abs(first - second) / 2
    if spans_both_cuts(composite, error):
        return Abstention(
            scorer.id, norms.label, AbstentionReason.UNSTEADY, validation=scorer.validation
        )
    band = band_of(composite)
    return Score(
        scorer_id=scorer.id,
        norms=norms.label,
        band=band,
        composite=composite,
        standard_error=error,
        borderline={band_of(composite - error), band_of(composite + error)} != {band},
        contributions=_contributions(scorer.figures, z[0], weighed.contributions[0]),
        validation=scorer.validation,
        share=_share(weighed, scorer.validation),
    )


def band_of(z: float) -> Band:
    """The band of a value in the norm's standard deviations; a cut itself is in the middle."""
    if z < LOWER_CUT:
        return Band.FEWER
    return Band.MORE if z > UPPER_CUT else Band.ABOUT_AS_MANY


def spans_both_cuts(composite: float, standard_error: float) -> bool:
    """Whether every band lies within one standard error, so that none can be told."""
    return composite - standard_error < LOWER_CUT and composite + standard_error > UPPER_CUT


def _share(weighed: Weighed, validation: Validation | None) -> Share | None:
    if weighed.probability is None or validation is None:
        return None
    return validation.share_of(float(weighed.probability[0]))


def _contributions(
    figures: tuple[Figure, ...], z: NDArray[np.float32], values: NDArray[np.float32]
) -> tuple[Contribution, ...]:
    each = [
        Contribution(figure.action_unit, band_of(float(own)), float(value))
        for figure, own, value in zip(figures, z, values, strict=True)
    ]
    return tuple(sorted(each, key=lambda part: -abs(part.value)))
