"""Writing a scorer's files: whole or not at all, and over nothing."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.errors import SimulatedScorer, UnusableModel
from kizashi_models.fitted_to import fitted_to
from kizashi_models.scorer import Weighed
from kizashi_models.scorer_loading import load_scorer, read_scorer
from kizashi_models.scorer_writing import Curve
from kizashi_models.simulation import Cohort
from kizashi_models.validation import Estimate
from kizashi_server.calibration import begun_from
from kizashi_server.calibration.begun_from import require_study_figures
from kizashi_server.calibration.calibrating import (
    Calibration,
    Fitted,
    require_enough,
    require_finite,
    require_plausible,
)
from kizashi_server.calibration.comparison import Comparison, Recalibration
from kizashi_server.calibration.export import files_of, read_base
from kizashi_server.calibration.nested_folds import Plan
from kizashi_server.calibration.people import People
from kizashi_server.calibration.scorer_files import Target, require_new, write_scorer
from kizashi_server.calibration.told import as_text, refusal_of
from kizashi_server.errors import CalibrationRefused
from numpy.typing import NDArray

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


def test_what_is_there_is_seen_before_anything_is_worked_out(tmp_path: Path) -> None:
    """Norms that are to be new, or of another content; and a graph without its card."""
    target = Target(tmp_path, "own/1")
    written(target)
    require_new(Target(tmp_path, "own/2"), FILES.norms_id, FILES.norms)
    for norms in (None, b"{}"):
        with pytest.raises(CalibrationRefused, match=r"clips_1\.json is there"):
            require_new(Target(tmp_path, "own/2"), FILES.norms_id, norms)
    (tmp_path / "own_1.json").unlink()
    with pytest.raises(CalibrationRefused, match=r"own_1\.onnx is there"):
        require_new(target, FILES.norms_id, FILES.norms)


def test_what_is_made_of_nobody_says_so(tmp_path: Path) -> None:
    """It is written whole, and nobody can be scored with it."""
    target = Target(tmp_path, "own/1", simulated=True)
    written(target)
    with pytest.raises(SimulatedScorer, match="simulated people"):
        load_scorer(tmp_path, "own/1")
    assert load_scorer(tmp_path, "own/1", simulated=True).norms == BASE.norms
    card = read_scorer(tmp_path, "own/1").card
    assert "of simulated people" in card.source
    assert card.summary.endswith("calibrated on 20 simulated people.")


def test_a_card_that_no_longer_says_so_makes_nobody_of_it(tmp_path: Path) -> None:
    """The graph says it too, and the card's digest holds the graph."""
    written(Target(tmp_path, "own/1", simulated=True))
    path = tmp_path / "own_1.json"
    card = json.loads(path.read_text())
    assert card["provenance"].pop("simulated")
    path.write_text(json.dumps(card))
    with pytest.raises(SimulatedScorer):
        load_scorer(tmp_path, "own/1")


def test_whom_the_scorer_before_was_fitted_to_is_known_too(tmp_path: Path) -> None:
    """Norms and weights of one's own are handed on with what is known of their people."""
    base = dataclasses.replace(
        FILES,
        card=dataclasses.replace(
            FILES.card, provenance={**FILES.card.provenance, "fitted_to": ["b"]}
        ),
    )
    made = found(BETTER)
    made = dataclasses.replace(made, people=dataclasses.replace(made.people, digests=("c", "a")))
    target = Target(tmp_path, "own/1")
    write_scorer(target, files_of(made, fitted(), base, "0" * 64, target))
    assert fitted_to(read_scorer(tmp_path, "own/1").card) == ["a", "b", "c"]


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
    nothing = dataclasses.replace(
        BASE, weigh=lambda z: Weighed(np.zeros_like(z), np.zeros(len(z), np.float32))
    )
    for other in (dataclasses.replace(BASE, figures=BASE.figures[:5]), nothing):
        with pytest.raises(CalibrationRefused) as refused:
            require_study_figures(other)
        assert refused.value.reason == "SCORER_UNFIT"


def test_a_base_that_saw_totals_of_these_people_is_refused() -> None:
    """One of norms alone saw no total, and is better on nobody."""
    seen = {**FILES.card.provenance, "fitted_to": ["b", "c"]}
    of_norms = dataclasses.replace(FILES.card, provenance=seen)
    of_totals = dataclasses.replace(FILES.card, provenance=seen | {"instrument": "PHQ-9"})
    begun_from.require_unseen(BASE, of_norms, ["a", "b"])
    begun_from.require_unseen(BASE, of_totals, ["a"])
    with pytest.raises(CalibrationRefused) as refused:
        begun_from.require_unseen(BASE, of_totals, ["a", "b"])
    assert refused.value.reason == "FITTED_ON_THESE"


def test_a_bases_weights_are_what_a_movement_adds() -> None:
    """Whatever a graph contributes where nothing moves is in none of them."""

    def weigh(z: NDArray[np.float32]) -> Weighed:
        contributions = z * np.float32(0.5) + np.float32(2)
        return Weighed(contributions, contributions.sum(axis=1))

    found = begun_from.weights_of(dataclasses.replace(BASE, weigh=weigh))
    assert found == pytest.approx(np.full(6, 0.5))


def people(cases: int, others: int) -> People:
    """So many of each."""
    whole = drawn_people(Cohort(cases + others, 0.5, {}), packaged_norms(), 1)
    return dataclasses.replace(whole, cases=np.arange(cases + others) < cases)


def test_the_larger_of_two_limits_holds() -> None:
    """Where one in five is a case, fitting takes 233 and 929: a hundred of each do not do."""
    require_enough(people(233, 929))
    with pytest.raises(CalibrationRefused) as refused:
        require_enough(people(200, 800))
    assert refused.value.reason == "TOO_FEW_CASES"
    assert "33 more cases and 129 more others are needed" in refused.value.person


NAN = float("nan")


@pytest.mark.parametrize(
    ("own", "slope"), [(Estimate(0.9, 0.8, NAN), SOME), (SOME, Estimate(8.0, NAN, NAN))]
)
def test_an_interval_without_an_end_is_refused(own: Estimate, slope: Estimate) -> None:
    """Of an area as of the calibration."""
    require_finite(Comparison(SOME, SOME, SOME), None)
    require_finite(Comparison(SOME, SOME, SOME), Recalibration(SOME, SOME, 0.1, 0.4))
    with pytest.raises(CalibrationRefused, match="no end") as refused:
        require_finite(Comparison(SOME, own, SOME), Recalibration(SOME, slope, 0.1, 0.4))
    assert refused.value.reason == "TOO_GOOD"


@pytest.mark.parametrize("which", ["old", "own"])
def test_an_area_that_no_face_gives_is_refused(which: str) -> None:
    """Of the scorer that a site has, as of its own."""
    good = Comparison(SOME, SOME, SOME)
    require_plausible(dataclasses.replace(good, **{which: Estimate(0.949, 0.94, 0.96)}))
    with pytest.raises(CalibrationRefused, match=r"AUC of 0\.95"):
        require_plausible(dataclasses.replace(good, **{which: Estimate(0.95, 0.94, 0.96)}))


def test_no_figure_that_is_none_is_written(tmp_path: Path) -> None:
    """A card is JSON, which knows no such number."""
    odd = dataclasses.replace(fitted(), pull=NAN)
    target = Target(tmp_path, "own/1")
    with pytest.raises(ValueError, match="JSON"):
        files_of(found(BETTER), odd, FILES, "0" * 64, target)
