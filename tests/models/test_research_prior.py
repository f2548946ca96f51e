"""The packaged prior: that its file is what evidence, norms and agreement make it."""

import json
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.registry import find_card
from kizashi_models.scorer import Scorer
from kizashi_models.scorer_loading import load_scorer

EVIDENCE = Path(__file__).parents[2] / "models" / "training" / "evidence.json"


@pytest.fixture(scope="module")
def prior() -> Scorer:
    """The packaged scorer."""
    return load_scorer(None, "research-prior/1")


def weights_of(scorer: Scorer) -> np.ndarray:
    """Each figure's weight: the contribution of one standard deviation."""
    weighed = scorer.weigh(np.eye(len(scorer.figures), dtype=np.float32))
    return np.diag(weighed.contributions).astype(float)


def test_prior_reads_the_studys_figures(prior: Scorer) -> None:
    """The six units that the study found, intensities but for AU28."""
    assert prior.figures == STUDY_FIGURES


def test_prior_has_variance_1_over_its_norms(prior: Scorer) -> None:
    """The bands' cuts are in standard deviations of the norm's people."""
    weights = weights_of(prior)
    assert weights @ np.array(prior.norms.correlations) @ weights == pytest.approx(1, abs=1e-4)


def test_prior_weighs_effects_by_agreement(prior: Scorer) -> None:
    """Weights stand in the ratio of effect times agreement, and none is negative."""
    evidence = json.loads(EVIDENCE.read_text("utf-8"))
    agreement = find_card("research_prior_1").provenance["agreement_with_openface"]
    expected = np.array([entry["d"] * agreement[entry["figure"]] for entry in evidence["effects"]])
    ratio = weights_of(prior) / expected
    assert ratio.min() > 0
    assert ratio == pytest.approx(np.full(6, ratio[0]), rel=1e-3)


def test_prior_says_where_its_effects_are_from(prior: Scorer) -> None:
    """Every effect in the card has a source, and performance is not established."""
    card = find_card(prior.id.replace("-", "_").replace("/", "_"))
    effects = card.provenance["evidence"]["effects"]
    assert [entry["figure"] for entry in effects] == [figure.name for figure in STUDY_FIGURES]
    assert all(entry["source"] for entry in effects)
    assert card.metrics["performance"] == "not established"


def test_evidence_is_what_the_design_of_the_prior_says() -> None:
    """Effects and their uncertainty; each interval of two standard deviations includes 0."""
    effects = json.loads(EVIDENCE.read_text("utf-8"))["effects"]
    assert {entry["figure"]: entry["d"] for entry in effects} == {
        "AU01.mean": 0.25,
        "AU05.mean": 0.25,
        "AU20.mean": 0.1,
        "AU25.mean": 0.2,
        "AU26.mean": 0.2,
        "AU28.presence_rate": 0.1,
    }
    assert all(entry["d"] - 2 * entry["standard_deviation"] < 0 for entry in effects)
    assert all(entry["source"] == "judgement" for entry in effects)
