"""The script that makes the packaged prior, and the writing of scorers that it stands on."""

from pathlib import Path

import numpy as np
import pytest
from kizashi_models.scorer_writing import graph_of

from tests.models.scoring import EVEN_SCORER
from tests.training.scripts import TRAINING, training_module

PACKAGED = TRAINING.parent / "kizashi_models"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the prior, made anew from what is packaged."""
    folder = tmp_path_factory.mktemp("prior")
    norms = PACKAGED / "norms" / "clips_1.json"
    head = PACKAGED / "heads" / "gradient_head.json"
    words = ["--norms", norms, "--head", head, "--out", folder]
    training_module("build_prior").main([str(word) for word in words])
    return folder


@pytest.mark.parametrize("name", ["research_prior_1.onnx", "research_prior_1.json"])
def test_the_packaged_prior_is_what_the_script_writes(written: Path, name: str) -> None:
    """Byte for byte, the graph and its card."""
    assert (written / name).read_bytes() == (PACKAGED / "scorers" / name).read_bytes()


def test_a_graph_of_the_same_weights_has_the_same_bytes() -> None:
    """The even scorer of the tests is six weights of a half."""
    assert graph_of(np.full(6, 0.5)) == EVEN_SCORER.read_bytes()
