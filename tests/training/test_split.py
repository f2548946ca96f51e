"""Who may be fitted on: nobody is on two sides."""

import hashlib
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.scripts import training_module

split = training_module("split")

SET_ASIDE_SHA256 = "06bc5b44af2e28403b6e2f6b25a2828b45d30870e0d4519001fc4f387f200014"

SET_ASIDE = [9, 10, 16, 18, 20, 21, 22, 24, 25, 32, 37, 38]
LENGTHS = st.lists(st.integers(50, 1000), min_size=20, max_size=60)


def manifest(lengths: list[int], clips_a_person: int = 2) -> tuple[Any, ...]:
    """Clips of as many frames; every so many of them are of one person."""
    return tuple(
        split.Clip(f"clip{place}.mp4", f"person{place // clips_a_person}", frames)
        for place, frames in enumerate(lengths)
    )


@given(LENGTHS, st.integers(1, 3))
def test_nobody_set_aside_is_usable(lengths: list[int], clips_a_person: int) -> None:
    """Twelve persons are set aside, and none of their clips is left."""
    clips = manifest(lengths, clips_a_person)
    everybody = {clip.person for clip in clips}
    aside = split.set_aside(clips)
    assert len(aside) == min(12, len(everybody))
    assert {clip.person for clip in split.usable(clips)} == everybody - aside


@given(LENGTHS, st.randoms(use_true_random=False))
def test_the_split_depends_on_names_alone(lengths: list[int], random: Random) -> None:
    """The order of the manifest changes neither who is set aside nor which fold a person is in."""
    clips = list(manifest(lengths))
    aside, folds = split.set_aside(clips), split.folds(clips)
    random.shuffle(clips)
    assert split.set_aside(clips) == aside
    assert split.folds(clips) == folds


@given(LENGTHS)
def test_each_person_has_one_fold_and_folds_are_even(lengths: list[int]) -> None:
    """No fold has more frames than a fifth of all and the longest person's together."""
    clips = manifest(lengths)
    fold_of = split.folds(clips)
    assert set(fold_of) == {clip.person for clip in clips}
    of_person: Counter[str] = Counter()
    of_fold: Counter[int] = Counter()
    for clip in clips:
        of_person[clip.person] += clip.frames
        of_fold[fold_of[clip.person]] += clip.frames
    assert set(of_fold) == set(range(5))
    assert max(of_fold.values()) <= sum(lengths) / 5 + max(of_person.values())


def test_who_is_set_aside_stays_set_aside() -> None:
    """The seed and the way it is used are fixed: these twelve of forty, for good."""
    clips = manifest([100] * 40, 1)
    assert sorted(int(name.removeprefix("person")) for name in split.set_aside(clips)) == SET_ASIDE


@pytest.mark.clips
def test_the_research_clips_split_as_they_were_fitted(clips: Path) -> None:
    """Twelve persons of the research clips are left out of everything that was fitted."""
    listed = split.read_manifest(clips / "MANIFEST.tsv")
    everybody = {clip.person for clip in listed}
    aside = split.set_aside(listed)
    # Told by a digest, for their names are nobody's business here.
    names = "\n".join(sorted(aside)).encode()
    assert hashlib.sha256(names).hexdigest() == SET_ASIDE_SHA256
    assert len(aside) == 12
    assert {clip.person for clip in split.usable(listed)} == everybody - split.set_aside(listed)
