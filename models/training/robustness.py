"""How surely agreement is known, and for whom: intervals over persons, and groups of frames.

Frames of one person are alike, so persons are what is resampled: percentile intervals of a
bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13) in which as
many persons as there are, drawn with replacement, bring all their frames. A resample of persons is
a weighted sum of what each person adds, so each person's frames are summed once.

Groups come from what the manifest notes and what the prediction measured; nobody is labelled here.
A group of fewer than `LEAST_PERSONS` persons has no figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from agreement import STUDY_UNITS
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray
from subjects import Subject
from tables import Pairs, TableError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_PERSONS = 10
DRAWS = 1000
PERCENTILES = (2.5, 97.5)
CANNOT_TELL = "cannot tell"
UNTOLD = "untold"
NO_TRAIT = "none noted"

FACE_WIDTH_EDGES = (120.0, 160.0, 240.0)
"""Pixels, ear to ear."""

YAW_EDGES = (5.0, 15.0)
"""Degrees, either way."""

_STUDY = [INTENSITY_UNITS.index(unit) for unit in STUDY_UNITS]
_INTENSE = [PRESENCE_UNITS.index(unit) for unit in INTENSITY_UNITS]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; nan where it cannot be told."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Agreement of a group of frames: means over units, where what cannot be told counts as 0.

    Attributes:
        r: over the 17 intensities.
        study_r: over the study's five.
        f1: of presence, over the units with an intensity.
    """

    r: Estimate
    study_r: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the frames; `figures` is None if they are of too few persons."""

    persons: int
    clips: int
    frames: int
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class Robustness:
    """Agreement with intervals, for everybody and by group.

    Attributes:
        r: by unit, of `INTENSITY_UNITS`.
        f1: by unit, of `PRESENCE_UNITS`.
        everybody: all frames.
        traits: by word of the manifest, and `NO_TRAIT`; None if it notes none at all.
        face_width: by band of pixels; None if the prediction does not tell it.
        yaw: by band of degrees; None if the prediction does not tell it.
    """

    r: Mapping[int, Estimate]
    f1: Mapping[int, Estimate]
    everybody: Group
    traits: Mapping[str, Group] | None
    face_width: Mapping[str, Group] | None
    yaw: Mapping[str, Group] | None


@dataclass(frozen=True, slots=True)
class Sums:
    """What agreement is computed from, summed over some frames; the first axes are free.

    Attributes:
        moments: (..., 6, 17): of predicted x and reference y, the sums of 1, x, y, xx, yy, xy.
        positives: (..., 3, 18): frames positive in both, in the predicted, in the reference.
    """

    moments: Array
    positives: Array

    def correlations(self) -> Array:
        """Pearson's r, (..., 17); nan where either is constant."""
        count, x, y, xx, yy, xy = np.moveaxis(self.moments, -2, 0)
        spread_x, spread_y = xx - x * x / count, yy - y * y / count
        # A difference of two sums is exact to 16 digits: less is a constant's rounding.
        still = (spread_x <= 1e-12 * xx) | (spread_y <= 1e-12 * yy)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = (xy - x * y / count) / np.sqrt(spread_x * spread_y)
        return np.where(still, np.nan, r)

    def f1(self) -> Array:
        """F1 of presence, (..., 18); nan where the reference has no positive."""
        both, predicted, reference = np.moveaxis(self.positives, -2, 0)
        there = reference > 0
        return np.where(there, 2 * both / np.where(there, predicted + reference, 1), np.nan)

    def resampled(self, weights: NDArray[np.int64]) -> Sums:
        """Sums of resamples (draws, ...) from sums of persons (persons, ...).

        Args:
            weights: (draws, persons), how often each person was drawn.
        """
        return Sums(
            np.tensordot(weights, self.moments, axes=1),
            np.tensordot(weights, self.positives, axes=1),
        )


def robustness(
    pairs: Pairs,
    subjects: Mapping[str, Subject],
    random: np.random.Generator,
    draws: int = DRAWS,
) -> Robustness:
    """Intervals and groups; `subjects` says who is in each clip of `pairs`.

    Raises:
        TableError: `subjects` does not say who is in a clip.
    """
    clips, places = np.unique(pairs.clips, return_inverse=True)
    if unknown := sorted(set(clips.tolist()) - set(subjects)):
        raise TableError(f"the manifest does not say who is in {', '.join(unknown)}")
    who = [subjects[clip] for clip in clips.tolist()]
    persons = np.array([subject.person for subject in who])[places]
    frames = frame_sums(pairs)

    def group(mask: Mask) -> Group:
        by_person = person_sums(frames, persons, mask)
        told = len(by_person.moments) >= LEAST_PERSONS
        return Group(
            len(by_person.moments),
            len(np.unique(places[mask])),
            int(np.count_nonzero(mask)),
            _figures(by_person, random, draws) if told else None,
        )

    everybody = np.ones(len(pairs), bool)
    r, f1 = _units(person_sums(frames, persons, everybody), random, draws)
    traits = {word: mask[places] for word, mask in _trait_masks(who).items()}
    widths = None if pairs.face_width is None else bands(pairs.face_width, FACE_WIDTH_EDGES)
    yaws = None if pairs.yaw is None else bands(np.abs(np.degrees(pairs.yaw)), YAW_EDGES)
    return Robustness(
        r,
        f1,
        group(everybody),
        {word: group(mask) for word, mask in traits.items()} or None,
        None if widths is None else {name: group(mask) for name, mask in widths.items()},
        None if yaws is None else {name: group(mask) for name, mask in yaws.items()},
    )


def frame_sums(pairs: Pairs) -> Sums:
    """What each frame adds, (n, ...)."""
    x, y = pairs.intensities, pairs.reference_intensities
    ours, theirs = pairs.presences, pairs.reference_presences
    return Sums(
        np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1),
        np.stack([ours & theirs, ours, theirs], axis=1).astype(np.float64),
    )


def person_sums(frames: Sums, persons: NDArray[np.str_], mask: Mask) -> Sums:
    """What each person adds with the frames of a mask (n,), persons in order of their names."""
    names, places = np.unique(persons[mask], return_inverse=True)
    moments = np.zeros((len(names), *frames.moments.shape[1:]))
    positives = np.zeros((len(names), *frames.positives.shape[1:]))
    np.add.at(moments, places, frames.moments[mask])
    np.add.at(positives, places, frames.positives[mask])
    return Sums(moments, positives)


def draw_weights(persons: int, draws: int, random: np.random.Generator) -> NDArray[np.int64]:
    """How often each person is drawn, (draws, persons), `persons` times with replacement."""
    return random.multinomial(persons, np.full(persons, 1 / persons), size=draws)


def bands(values: Array, edges: Sequence[float]) -> dict[str, Mask]:
    """The frames of each band; an edge belongs to the band above it."""
    place = np.digitize(values, edges)
    names = [
        f"<{edges[0]:g}",
        *(f"{low:g}-{high:g}" for low, high in pairwise(edges)),
        f">={edges[-1]:g}",
    ]
    return {name: place == number for number, name in enumerate(names)}


def as_dict(found: Robustness) -> dict[str, Any]:
    """The same as plain values for a card or JSON, with None for a figure that is not told.

    `units` maps a unit's name to `r`, `r_interval`, `f1`, `f1_interval` (28 has no r). `groups`
    has `everybody`, and `traits`, `face_width_pixels` and `absolute_yaw_degrees`, each of which
    maps a name to a group, or is "untold". A group has `persons`, `clips`, `frames` and `r`,
    `study_r`, `f1`, each with its interval; or, for too few persons, `agreement`: "cannot tell".
    An interval is [low, high], or "cannot tell".
    """
    units = {}
    for unit in PRESENCE_UNITS:
        told = {"r": found.r[unit]} if unit in found.r else {}
        units[f"AU{unit:02d}"] = _with_intervals(told | {"f1": found.f1[unit]})
    return {
        "units": units,
        "groups": {
            "everybody": _group_dict(found.everybody),
            "traits": _groups_dict(found.traits),
            "face_width_pixels": _groups_dict(found.face_width),
            "absolute_yaw_degrees": _groups_dict(found.yaw),
        },
    }


def _trait_masks(who: Sequence[Subject]) -> dict[str, Mask]:
    words = sorted({word for subject in who for word in subject.traits})
    masks = {word: np.array([word in subject.traits for subject in who]) for word in words}
    return masks | {NO_TRAIT: ~np.any(list(masks.values()), axis=0)} if masks else {}


def _units(
    persons: Sums, random: np.random.Generator, draws: int
) -> tuple[dict[int, Estimate], dict[int, Estimate]]:
    whole, drawn = _whole_and_drawn(persons, random, draws)
    told = len(persons.moments) >= LEAST_PERSONS
    r = _estimates(whole.correlations(), drawn.correlations(), told=told)
    f1 = _estimates(whole.f1(), drawn.f1(), told=told)
    return (
        dict(zip(INTENSITY_UNITS, r, strict=True)),
        dict(zip(PRESENCE_UNITS, f1, strict=True)),
    )


def _figures(persons: Sums, random: np.random.Generator, draws: int) -> Figures:
    whole, drawn = _whole_and_drawn(persons, random, draws)
    means = [
        np.stack([r.mean(-1), r[..., _STUDY].mean(-1), f1[..., _INTENSE].mean(-1)], axis=-1)
        for r, f1 in (
            (np.nan_to_num(sums.correlations()), np.nan_to_num(sums.f1()))
            for sums in (whole, drawn)
        )
    ]
    return Figures(*_estimates(*means, told=True))


def _whole_and_drawn(persons: Sums, random: np.random.Generator, draws: int) -> tuple[Sums, Sums]:
    weights = draw_weights(len(persons.moments), draws, random)
    whole = Sums(persons.moments.sum(axis=0), persons.positives.sum(axis=0))
    return whole, persons.resampled(weights)


def _estimates(whole: Array, drawn: Array, *, told: bool) -> list[Estimate]:
    """Estimates (k,) of figures (k,) and their draws (draws, k), draws without a figure left out."""
    estimates = []
    for value, column in zip(whole.tolist(), drawn.T, strict=True):
        known = column[~np.isnan(column)]
        low, high = (
            np.percentile(known, PERCENTILES).tolist() if told and known.size else [np.nan] * 2
        )
        estimates.append(Estimate(value, low, high))
    return estimates


def _with_intervals(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, each in estimates.items():
        plain[name] = None if np.isnan(each.value) else each.value
        plain[f"{name}_interval"] = CANNOT_TELL if np.isnan(each.low) else [each.low, each.high]
    return plain


def _group_dict(group: Group) -> dict[str, Any]:
    plain = {"persons": group.persons, "clips": group.clips, "frames": group.frames}
    if group.figures is None:
        return plain | {"agreement": CANNOT_TELL}
    figures = group.figures
    return plain | _with_intervals({"r": figures.r, "study_r": figures.study_r, "f1": figures.f1})


def _groups_dict(groups: Mapping[str, Group] | None) -> dict[str, Any] | str:
    return UNTOLD if groups is None else {name: _group_dict(each) for name, each in groups.items()}
