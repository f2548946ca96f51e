"""Whoever is compared: who is left out and said to be, and what is not compared at all."""

import numpy as np
import pytest
from kizashi_study.analysis.clip_profile import MEASURES, UNKNOWN, ClipProfile, Origin
from kizashi_study.analysis.people import People, gather
from kizashi_study.errors import NothingToCompare

from tests.study.small_study import ORIGIN, gathered, participant, profile


def refusal(change: object) -> str:
    """What is told of profiles that are not compared."""
    with pytest.raises(NothingToCompare) as caught:
        gathered(change)  # type: ignore[arg-type]
    return caught.value.person


def test_refused_clips_are_left_out_and_counted() -> None:
    """By reason and group, and their people are known by name; asked for, they are compared."""
    people = [
        participant(number, "healthy" if number < 7 else "subthreshold") for number in range(14)
    ]
    profiles = {f"c{number:02}": profile(number) for number in range(14)}
    profiles["c00"] = profile(0, "TOO_SHORT")
    profiles["c07"] = profile(7, "NO_FACE")
    profiles["c08"] = ClipProfile({}, "NO_FACE", ORIGIN)
    found = gather(people, profiles, None)
    assert found.sizes == (6, 5)
    assert found.left_out == {
        ("clip refused: TOO_SHORT", "healthy"): 1,
        ("clip refused: NO_FACE", "subthreshold"): 2,
    }
    assert found.left_out_names == {"p00", "p07", "p08"}
    asked = gather(people, profiles, None, with_refused=True)
    assert asked.sizes == (7, 6)  # of c08 there is no mean to compare
    assert asked.left_out == {("clip refused: NO_FACE", "subthreshold"): 1}


def test_too_few_are_told_with_those_left_out() -> None:
    """Whoever reads that four are too few learns where the others went."""
    told = refusal(lambda number: profile(number, "TOO_DARK" if number < 2 else None))
    assert 'Group "healthy" has 4 measured people (2 left out, clip refused: TOO_DARK)' in told
    assert gathered(lambda number: profile(number, "TOO_DARK" if number < 1 else None)).sizes == (
        5,
        6,
    )


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Origin("openface/2", static=True), "kizashi-gradient-head/1, openface/2"),
        (Origin(None, static=True), "kizashi-gradient-head/1, unknown"),
        (Origin("kizashi-gradient-head/1", static=False), "several modes"),
    ],
)
def test_tables_of_two_origins_are_not_compared(other: Origin, words: str) -> None:
    """Of two extractors, of one and who knows which, or of two modes."""
    assert words in refusal(lambda number: profile(number, None, other if number == 3 else ORIGIN))


def test_who_is_not_compared_may_be_of_any_origin() -> None:
    """A clip that was left out stops nobody."""
    found = gathered(
        lambda number: profile(number, "NO_FACE", UNKNOWN) if number == 3 else profile(number)
    )
    assert found.origin == ORIGIN


def test_one_clip_under_two_names_is_refused() -> None:
    """With both rows: nobody's figures are another's to the last digit."""
    told = refusal(lambda number: profile(4 if number == 9 else number))
    assert "p04 (row 6) and p09 (row 11)" in told


def test_a_study_in_which_nobody_differs_carries_no_analysis() -> None:
    """Empty tables are no people who are alike."""
    nothing = dict.fromkeys(MEASURES, 0.0)
    assert "Nobody differs" in refusal(lambda _: ClipProfile(nothing, None, ORIGIN))


def by_total(totals: list[int]) -> People:
    """People of these totals of the BDI-II, of whom the table names no group."""
    people = [participant(number, None, total) for number, total in enumerate(totals)]
    return gather(people, {f"c{number:02}": profile(number) for number in range(len(people))}, None)


def test_ranges_are_the_studys() -> None:
    """1 to 10 and 11 to 20 of the BDI-II; a total of 0 is in neither, as one of 21."""
    found = by_total([1, 1, 2, 9, 10, 11, 12, 13, 14, 20, 0, 21])
    assert found.sizes == (5, 5)
    assert found.left_out == {("in neither group", ""): 2}
    assert np.array_equal(found.in_second, [False] * 5 + [True] * 5)
    with pytest.raises(NothingToCompare, match="carries no analysis"):
        by_total([0, 1, 2, 9, 10, 11, 12, 13, 14, 20])


def test_named_groups_need_a_column_that_names_them() -> None:
    """Else the ranges of the BDI-II would be compared, and nothing would say so."""
    people = [participant(number, None) for number in range(12)]
    profiles = {f"c{number:02}": profile(number) for number in range(12)}
    with pytest.raises(NothingToCompare) as caught:
        gather(people, profiles, ("control", "low"))
    assert "--groups" in caught.value.person


def test_one_group_is_told_as_such() -> None:
    """No order of groups is asked for where there is no second."""
    people = [participant(number, "healthy") for number in range(12)]
    profiles = {f"c{number:02}": profile(number) for number in range(12)}
    with pytest.raises(NothingToCompare) as caught:
        gather(people, profiles, None)
    assert "one group, healthy" in caught.value.person
