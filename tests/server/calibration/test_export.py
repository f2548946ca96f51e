"""Writing a scorer's files: whole or not at all, and over nothing."""

import dataclasses
from pathlib import Path

import pytest
from kizashi_models.errors import SimulatedScorer, UnusableModel
from kizashi_models.scorer_loading import load_scorer, read_scorer
from kizashi_models.scorer_writing import Curve
from kizashi_models.simulation import Cohort
from kizashi_models.validation import Estimate
from kizashi_server.calibration.begun_from import require_study_figures
from kizashi_server.calibration.calibrating import Calibration, Fitted
from kizashi_server.calibration.comparison import Comparison, Recalibration
from kizashi_server.calibration.export import files_of, read_base
from kizashi_server.calibration.nested_folds import Plan
from kizashi_server.calibration.scorer_files import Target, require_new, write_scorer
from kizashi_server.calibration.told import as_text, refusal_of
from kizashi_server.errors import CalibrationRefused

from tests.server.calibration.cohorts import PRIOR, drawn_people, packaged_norms, prior, weights_of

BASE = prior()
FILES = read_base(None, PRIOR)
SOME = Estimate(0.6, 0.5, 0.7)


def found(difference: Estimate, lowest: float = 0.1, fitted: Fitted | None = None) -> Calibration:
    """A calibration of made-up figures."""
    people = drawn_people(Cohort(20, 0.5, {}), packaged_norms(), 1)
    recalibration = Recalibration(SOME, SOME, lowest, 0.4)
    comparison = Comparison(SOME, SOME, difference)
    return Calibration(people, BASE, Plan(1), comparison, recalibration, fitted)


def fitted(slope: float = 0.5) -> Fitted:
    """The prior's weights with a curve."""
    return Fitted(weights_of(BASE), Curve(-1.0, slope, 0.1, 0.4), 0.1)


BETTER = Estimate(0.02, 0.01, 0.03)


def written(target: Target, curve_slope: float = 0.5) -> list[Path]:
    """What is written of a made-up calibration."""
    made = fitted(curve_slope)
    return write_scorer(target, files_of(found(BETTER), made, FILES, "0" * 64, target))


def test_what_was_written_goes_again_when_the_rest_cannot_be(tmp_path: Path) -> None:
    """A file that comes up meanwhile is left as it is, and no half of a scorer is there."""
    target = Target(tmp_path, "own/1")
    (tmp_path / "own_1.json").write_bytes(b"other")
    with pytest.raises(CalibrationRefused) as refused:
        written(target)
    assert refused.value.reason == "ALREADY_THERE"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [b"other"]


def test_norms_that_are_there_already_are_left(tmp_path: Path) -> None:
    """Two scorers of one folder share them."""
    for version in (1, 2):
        target = Target(tmp_path, f"own/{version}")
        require_new(target, FILES.norms_id, FILES.norms)
        files = written(target)
        assert (tmp_path / "norms" / "clips_1.json" in files) == (version == 1)
        assert load_scorer(tmp_path, f"own/{version}").norms == BASE.norms


def test_what_is_made_of_nobody_says_so(tmp_path: Path) -> None:
    """It is written whole, and nobody can be scored with it."""
    target = Target(tmp_path, "own/1", simulated=True)
    written(target)
    with pytest.raises(SimulatedScorer, match="simulated people"):
        load_scorer(tmp_path, "own/1")
    assert load_scorer(tmp_path, "own/1", simulated=True).norms == BASE.norms
    assert "of simulated people" in read_scorer(tmp_path, "own/1").card.source


def test_what_the_server_would_refuse_is_not_written(tmp_path: Path) -> None:
    """Here a probability that falls where the composite grows."""
    with pytest.raises(UnusableModel):
        written(Target(tmp_path, "own/1"), -0.5)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where a folder would have to be."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "norms").write_bytes(b"")
    with pytest.raises(CalibrationRefused) as refused:
        written(Target(tmp_path / "models", "own/1"))
    assert refused.value.reason == "OUT_UNUSABLE"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["norms"]


def test_why_there_is_no_scorer_is_one_of_two_reasons() -> None:
    """Not better, or no more cases at the upper end than at the lower."""
    same = refusal_of(found(Estimate(0.02, 0.0, 0.04)), "own/1")
    flat = refusal_of(found(BETTER, lowest=0.4), "own/1")
    assert same is not None
    assert flat is not None
    assert (same.reason, flat.reason) == ("NOT_BETTER", "NOT_CARRIED")
    assert refusal_of(found(BETTER, fitted=fitted()), "own/1") is None


def test_what_is_printed_of_a_scorer_says_that_its_worth_is_not_established() -> None:
    """With each weight, how strong the pull was, and each file."""
    text = as_text(found(BETTER, fitted=fitted()), "own/1", [Path("own_1.json")])
    assert "not established" in text
    assert "pull towards research-prior/1: 0.1" in text
    assert "AU28.presence_rate" in text
    assert "written: own_1.json" in text


def test_a_base_of_other_figures_is_refused() -> None:
    """Weights of the study's six are all that is fitted."""
    other = dataclasses.replace(BASE, figures=BASE.figures[:5])
    with pytest.raises(CalibrationRefused) as refused:
        require_study_figures(other)
    assert refused.value.reason == "SCORER_UNFIT"
