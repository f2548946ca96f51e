"""Whoever is compared: participants with their clips' profiles, in two groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.labelled_recordings import Instrument
from numpy.typing import NDArray

from kizashi_study.analysis.clip_profile import MEASURES, UNKNOWN, ClipProfile, Origin
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
        left_out: how many participants of the table are not compared, by reason and by the group
            that it names for them ("" where it names none).
        left_out_names: theirs.
        origin: of all their clips' tables.
        ungated: of whose clips the recording gate was not asked.
    """

    names: tuple[str, ...]
    first: str
    second: str
    in_second: NDArray[np.bool_] = field(repr=False)
    totals: NDArray[np.float64] = field(repr=False)
    instrument: Instrument | None
    values: NDArray[np.float64] = field(repr=False)
    left_out: Mapping[tuple[str, str], int]
    left_out_names: frozenset[str] = frozenset()
    origin: Origin = UNKNOWN
    ungated: int = 0

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
    *,
    with_refused: bool = False,
) -> People:
    """Puts participants and profiles together; clips that the recording gate refuses are left out.

    Args:
        participants: of the study.
        profiles: by the stem of the clip's name; those missing were not measured.
        groups: which two of the groups named in the table to compare, the expected lower first;
            None takes "healthy" and "subthreshold", and where the table names no groups, the
            study's ranges of the BDI-II.
        with_refused: takes in clips that the gate refuses, if there are enough frames for a mean.

    Raises:
        NothingToCompare: there are no two groups of enough people, one clip stands under two names,
            nobody differs in any measure, or tables or questionnaires are of several kinds.
    """
    named = any(each.group is not None for each in participants)
    if groups is not None and not named:
        raise NothingToCompare(
            "The table names no group, and --groups names two: fill its column group, or leave "
            "--groups out."
        )
    if named and groups is None:
        _require_known_names(participants)
    chosen = _RANGE_NAMES if groups is None else groups
    left_out: Counter[tuple[str, str]] = Counter()
    kept: list[tuple[Participant, str]] = []
    for each in participants:
        group = (each.group if named else _range_of(each)) or ""
        profile = profiles.get(each.clip.stem)
        why_not = _why_not(profile, is_chosen=group in chosen, with_refused=with_refused)
        if why_not is None:
            kept.append((each, group))
        else:
            left_out[why_not, group] += 1
    in_second = np.array([group == chosen[1] for _, group in kept], np.bool_)
    _require_sizes(chosen, in_second, left_out)
    taken = [profiles[each.clip.stem] for each, _ in kept]
    values = np.array([[profile.values[name] for name in MEASURES] for profile in taken])
    _require_no_copies([each for each, _ in kept], values)
    names = tuple(each.name for each, _ in kept)
    return People(
        names=names,
        first=chosen[0],
        second=chosen[1],
        in_second=in_second,
        totals=np.array([_total(each) for each, _ in kept]),
        instrument=_instrument([each for each, _ in kept]),
        values=values,
        left_out=dict(left_out),
        left_out_names=frozenset(each.name for each in participants) - frozenset(names),
        origin=_one_origin(taken),
        ungated=sum(not each.gated for each in taken),
    )


def _why_not(profile: ClipProfile | None, *, is_chosen: bool, with_refused: bool) -> str | None:
    """Why a participant is left out; None where they are compared."""
    if not is_chosen:
        return "in neither group"
    if profile is None:
        return "clip not measured"
    if profile.refused is None or (with_refused and profile.values):
        return None
    return f"clip refused: {profile.refused}"


_RANGE_NAMES = (STUDY_RANGES[0][0], STUDY_RANGES[1][0])


def _require_known_names(participants: Sequence[Participant]) -> None:
    """Returns where the groups' own names say which is expected to be lower."""
    found = sorted({each.group for each in participants if each.group is not None})
    if len(found) == 1:
        raise NothingToCompare(
            f"Everybody in the table is in one group, {found[0]}, and two are compared: name another "
            "in the column group."
        )
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


def _one_origin(profiles: Sequence[ClipProfile]) -> Origin:
    """What all tables have in common."""
    found = {each.origin for each in profiles}
    if len({each.extractor for each in found}) > 1:
        names = sorted(each.extractor or "unknown" for each in found)
        raise NothingToCompare(
            f"The tables are of several extractors ({', '.join(dict.fromkeys(names))}), which "
            "cannot be compared. Measure all clips in one way: kizashi study extract FOLDER "
            "--participants FILE --out FOLDER, and change no table by hand."
        )
    if len(found) > 1:
        raise NothingToCompare(
            "The tables are of several modes or tools (static, relative to the clip, or not "
            "stated), which cannot be compared. Measure all clips in one way."
        )
    return found.pop()


def _require_sizes(
    chosen: tuple[str, str], in_second: NDArray[np.bool_], left_out: Mapping[tuple[str, str], int]
) -> None:
    second = int(in_second.sum())
    for name, size in zip(chosen, (len(in_second) - second, second), strict=True):
        if size < LEAST_A_GROUP:
            reasons = "; ".join(
                f"{count} left out, {reason}"
                for (reason, group), count in left_out.items()
                if group == name
            )
            raise NothingToCompare(
                f'Group "{name}" has {size} measured people{f" ({reasons})" if reasons else ""}, '
                f"and at least {LEAST_A_GROUP} a group are needed. Nothing was worked out."
            )


def _require_no_copies(participants: Sequence[Participant], values: NDArray[np.float64]) -> None:
    """Returns where nobody's figures are another's to the last digit."""
    if len(np.unique(values, axis=0)) == 1:
        raise NothingToCompare(
            "Nobody differs from anybody in any measure: the tables hold one and the same recording, "
            "or nothing was measured in them. Nothing was worked out."
        )
    seen: dict[bytes, Participant] = {}
    for each, row in zip(participants, values, strict=True):
        first = seen.setdefault(row.tobytes(), each)
        if first is not each:
            raise NothingToCompare(
                f"{first.name} (row {first.row}) and {each.name} (row {each.row}) have the same "
                "figures to the last digit, so that one clip stands under two names. Leave one of "
                "them in the table."
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
