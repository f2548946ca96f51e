"""A clip's table as its profile: what is a measurement, and whether the clip is fit to compare."""

from pathlib import Path

import pytest
from kizashi_study.analysis.clip_profile import (
    FACE_MISSING,
    TOO_FEW_FRAMES,
    UNKNOWN,
    Origin,
    read_profile,
)
from kizashi_study.errors import BadTable

from tests.study.small_study import write_records, write_table


def test_frames_without_a_face_are_no_measurement(tmp_path: Path) -> None:
    """Their zeros are dropped before any mean."""
    path = write_table(tmp_path / "c.csv", {"AU12_r": 2.0, "AU28_c": 1.0}, faces=90, without=10)
    found = read_profile(path)
    assert (found.values["AU12_r"], found.values["AU28_c"]) == (2.0, 1.0)
    assert found.refused is None


def test_a_clip_with_too_little_face_is_not_fit(tmp_path: Path) -> None:
    """Under nine frames in ten, or under thirty in all, of which no mean is made."""
    enough = write_table(tmp_path / "a.csv", {"AU12_r": 2.0}, faces=900, without=100)
    assert read_profile(enough).refused is None
    less = write_table(tmp_path / "b.csv", {"AU12_r": 2.0}, faces=899, without=101)
    assert read_profile(less).refused == FACE_MISSING
    assert read_profile(write_table(tmp_path / "c.csv", {}, faces=30)).refused is None
    few = read_profile(write_table(tmp_path / "d.csv", {}, faces=29))
    assert (few.refused, dict(few.values)) == (TOO_FEW_FRAMES, {})
    nobody = read_profile(write_table(tmp_path / "e.csv", {}, faces=0, without=200))
    assert nobody.refused == TOO_FEW_FRAMES


def test_an_intensity_ends_at_five(tmp_path: Path) -> None:
    """Five is one; what is above was not measured."""
    assert read_profile(write_table(tmp_path / "a.csv", {"AU12_r": 5.0})).values["AU12_r"] == 5.0
    with pytest.raises(BadTable):
        read_profile(write_table(tmp_path / "b.csv", {"AU12_r": 5.01}))


def test_who_measured_and_what_the_gate_said_lie_beside_the_table(tmp_path: Path) -> None:
    """Of the very table that is there: of one that was made elsewhere or changed, nothing is known."""
    path = write_table(tmp_path / "c.csv", {"AU12_r": 2.0})
    assert read_profile(path).origin == UNKNOWN
    write_records(path, "some-head/1", "SEVERAL_FACES")
    found = read_profile(path)
    assert (found.origin, found.refused) == (Origin("some-head/1", None), "SEVERAL_FACES")
    assert found.gated
    write_table(path, {"AU12_r": 2.1})
    found = read_profile(path)
    assert (found.origin, found.refused, found.gated) == (UNKNOWN, None, False)


def test_a_clip_without_any_face_is_named_as_the_gate_names_it(tmp_path: Path) -> None:
    """Its table has no mean, and stops nobody else's comparison."""
    path = write_table(tmp_path / "c.csv", {}, faces=0, without=200)
    write_records(path, "some-head/1", "NO_FACE")
    assert read_profile(path).refused == "NO_FACE"
