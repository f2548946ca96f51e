"""Whoever is compared: participants with their clips' profiles, in two groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.labelled_recordings import Instrument
from numpy.typing import NDArray

from kizashi_study.analysis.clip_profile import MEASURES, ClipProfile
from kizashi_study.errors import NothingToCompare
from kizashi_study.participants import Participant

LEAST_A_GROUP = 5
"""People a group. Judgement: a t test of fewer is arithmetic, and looks like a result."""

STUDY_RANGES: tuple[tuple[str, int, int], ...] = (("healthy", 1, 10), ("subthreshold", 11, 20))
"""Name, lowest and highest total of the BDI-II: the groups of Sci Rep 2025;15:30761."""


@dataclass(frozen=True, slots=True)
class People:
    """Participants in a fixed order.

    Attributes:
        names: the study's own codes.
        first: name of the first group, such as "healthy".
        second: name of the second.
        in_second: (people,), bool.
        totals: (people,), of the questionnaire; not a number where there was none.
        instrument: of the totals; None where nobody has one.
        values: (people, len(MEASURES)).
        left_out: why, and how many participants.
    """

    names: tuple[str, ...]
    first: str
    second: str
    in_second: NDArray[np.bool_] = field(repr=False)
    totals: NDArray[np.float64] = field(repr=False)
    instrument: Instrument | None
    values: NDArray[np.float64] = field(repr=False)
    left_out: Mapping[str, int]

    def of(self, measure: str) -> NDArray[np.float64]:
        """One measure of everybody, (people,)."""
        return self.values[:, MEASURES.index(measure)]

    @property
    def sizes(self) -> tuple[int, int]:
        """People in the first and in the second group."""
        second = int(self.in_second.sum())
        return len(self.names) - second, second


def gather(
    participants: Sequence[Participant],
    profiles: Mapping[str, ClipProfile],
    groups: tuple[str, str] | None,
) -> People:
    """Puts participants and profiles together.

    Args:
        participants: of the study.
        profiles: by the stem of the clip's name; those missing were not measured.
        groups: which two of the groups named in the table to compare, the expected lower first;
            None takes "healthy" and "subthreshold", and where the table names no groups, the
            study's ranges of the BDI-II.

    Raises:
        NothingToCompare: there are no two groups of enough people, or tables or questionnaires of
            several kinds.
    """
    _require_one_kind(profiles.values())
    named = any(each.group is not None for each in participants)
    if named and groups is None:
        _require_known_names(participants)
    chosen = groups if named and groups is not None else _RANGE_NAMES
    left_out: Counter[str] = Counter()
    kept: list[tuple[Participant, str]] = []
    for each in participants:
        group = each.group if named else _range_of(each)
        if each.clip.stem not in profiles:
            left_out["clip not measured"] += 1
        elif group not in chosen:
            left_out["in neither group"] += 1
        else:
            kept.append((each, group))
    in_second = np.array([group == chosen[1] for _, group in kept], np.bool_)
    _require_sizes(chosen, in_second)
    instrument = _instrument([each for each, _ in kept])
    return People(
        names=tuple(each.name for each, _ in kept),
        first=chosen[0],
        second=chosen[1],
        in_second=in_second,
        totals=np.array([_total(each) for each, _ in kept]),
        instrument=instrument,
        values=np.array(
            [[profiles[each.clip.stem].values[name] for name in MEASURES] for each, _ in kept]
        ),
        left_out=dict(left_out),
    )


_RANGE_NAMES = (STUDY_RANGES[0][0], STUDY_RANGES[1][0])


def _require_known_names(participants: Sequence[Participant]) -> None:
    """Returns where the groups' own names say which is expected to be lower."""
    found = sorted({each.group for each in participants if each.group is not None})
    if found != sorted(_RANGE_NAMES):
        raise NothingToCompare(
            f"The table names the groups {', '.join(found)}. Say which two to compare, and in which "
            "order, the one expected to move less first: --groups FIRST,SECOND. Only healthy and "
            "subthreshold need no saying."
        )


def _range_of(participant: Participant) -> str | None:
    answered = participant.questionnaire
    if answered is None or answered.instrument is not Instrument.BDI_II:
        return None
    return next((name for name, low, high in STUDY_RANGES if low <= answered.total <= high), None)


def _require_one_kind(profiles: Iterable[ClipProfile]) -> None:
    modes = {each.static for each in profiles}
    if len(modes) > 1:
        raise NothingToCompare(
            "The tables are of several modes or tools (static, relative to the clip, or not "
            "stated), which cannot be compared. Measure all clips in one way."
        )


def _require_sizes(chosen: tuple[str, str], in_second: NDArray[np.bool_]) -> None:
    second = int(in_second.sum())
    for name, size in zip(chosen, (len(in_second) - second, second), strict=True):
        if size < LEAST_A_GROUP:
            raise NothingToCompare(
                f'Group "{name}" has {size} measured people, and at least {LEAST_A_GROUP} a group '
                "are needed. Nothing was worked out."
            )


def _instrument(participants: Sequence[Participant]) -> Instrument | None:
    found = {each.questionnaire.instrument for each in participants if each.questionnaire}
    if len(found) > 1:
        raise NothingToCompare(
            "Totals are of several questionnaires, which have different scales. Leave those of one."
        )
    return found.pop() if found else None


def _total(participant: Participant) -> float:
    answered = participant.questionnaire
    return float("nan") if answered is None else float(answered.total)
