"""How far predicted action units agree with a reference, frame by frame.

Pearson's r and ICC(3,1) (Shrout and Fleiss, Psychol Bull 86(2), 1979: two-way mixed, consistency)
over all frames of all clips; r of the clips' means; the median of the correlations within clips;
F1 of presence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray

Array = NDArray[np.float64]

STUDY_UNITS = (1, 5, 20, 25, 26)
# A clip's mean of fewer frames, and a correlation within a clip where the reference hardly moves,
# say little.
LEAST_FRAMES_OF_A_CLIP = 20
LEAST_MOVEMENT = 0.1


@dataclass(frozen=True, slots=True)
class UnitAgreement:
    """Agreement in one unit; nan where it cannot be told.

    Attributes:
        r: over frames.
        icc: over frames.
        clip: r of clip means.
        within: median r within clips.
        f1: of presence over frames.
    """

    r: float = np.nan
    icc: float = np.nan
    clip: float = np.nan
    within: float = np.nan
    f1: float = np.nan


def pearson(one: Array, other: Array) -> float:
    """Correlation; nan where either is constant or there are fewer than three values."""
    if len(one) < 3 or one.std() < 1e-9 or other.std() < 1e-9:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def icc_consistency(one: Array, other: Array) -> float:
    """ICC(3,1); nan where there are fewer than three pairs or no variance."""
    pairs = np.stack([one, other], axis=1)
    if len(pairs) < 3:
        return np.nan
    grand, of_rows, of_columns = pairs.mean(), pairs.mean(1, keepdims=True), pairs.mean(0)
    between = 2 * ((of_rows - grand) ** 2).sum() / (len(pairs) - 1)
    residual = ((pairs - of_rows - of_columns + grand) ** 2).sum() / (len(pairs) - 1)
    total = between + residual
    return float((between - residual) / total) if total > 0 else np.nan


def f1(predicted: NDArray[np.bool_], reference: NDArray[np.bool_]) -> float:
    """F1 of presence; nan where the reference has no positive."""
    if not reference.any():
        return np.nan
    both = np.count_nonzero(predicted & reference)
    return 2 * both / (np.count_nonzero(predicted) + np.count_nonzero(reference))


def agreement(
    intensities: Array,
    presences: NDArray[np.bool_],
    reference_intensities: Array,
    reference_presences: NDArray[np.bool_],
    clips: Sequence[str],
) -> dict[int, UnitAgreement]:
    """Agreement of each unit of `PRESENCE_UNITS`; 28 has no intensity, so only f1.

    Args:
        intensities: (n, 17), 0-5.
        presences: (n, 18).
        reference_intensities: as `intensities`.
        reference_presences: as `presences`.
        clips: (n,), which clip each frame is of.
    """
    names = np.asarray(clips)
    parts = [names == name for name in np.unique(names)]
    found = {}
    for column, unit in enumerate(PRESENCE_UNITS):
        presence = f1(presences[:, column], reference_presences[:, column])
        if unit not in INTENSITY_UNITS:
            found[unit] = UnitAgreement(f1=presence)
            continue
        place = INTENSITY_UNITS.index(unit)
        one, other = intensities[:, place], reference_intensities[:, place]
        found[unit] = UnitAgreement(
            r=pearson(one, other),
            icc=icc_consistency(one, other),
            clip=_of_clip_means(one, other, parts),
            within=_within_clips(one, other, parts),
            f1=presence,
        )
    return found


def mean_of(
    found: Mapping[int, UnitAgreement], units: Sequence[int] = INTENSITY_UNITS
) -> dict[str, float]:
    """Means over units with an intensity; what cannot be told counts as 0."""
    return {
        key: float(np.mean([np.nan_to_num(getattr(found[unit], key)) for unit in units]))
        for key in UnitAgreement.__slots__
    }


def _of_clip_means(one: Array, other: Array, parts: Sequence[NDArray[np.bool_]]) -> float:
    long = [part for part in parts if np.count_nonzero(part) >= LEAST_FRAMES_OF_A_CLIP]
    return pearson(
        np.array([one[part].mean() for part in long]),
        np.array([other[part].mean() for part in long]),
    )


def _within_clips(one: Array, other: Array, parts: Sequence[NDArray[np.bool_]]) -> float:
    # A prediction that stands still where the reference moves has no agreement.
    values = [
        pearson(one[part], other[part]) if one[part].std() > 1e-9 else 0.0
        for part in parts
        if other[part].std() > LEAST_MOVEMENT
    ]
    told = [value for value in values if not np.isnan(value)]
    return float(np.median(told)) if told else np.nan
