"""A model is the bytes that its card's digest covers, and nothing beside them."""

from pathlib import Path

import pytest
from kizashi_models.errors import UnusableModel
from kizashi_models.external_data import has_external_data
from kizashi_models.registry import all_cards, read_model
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.scorer_writing import graph_of

from tests.models.calibrated import WEIGHTS, with_values_elsewhere
from tests.models.scoring import write_scorer

PLACES = ["initializer", "attribute", "inner graph", "function"]


@pytest.mark.parametrize("place", PLACES)
def test_values_in_another_file_are_found_wherever_the_model_names_it(place: str) -> None:
    """In the graph, in a node, in a graph inside a node, in a function."""
    assert has_external_data(with_values_elsewhere(place))


def test_a_model_that_is_whole_has_none() -> None:
    """Those of this package, and what is written for a site."""
    assert not has_external_data(graph_of(WEIGHTS))
    assert not any(has_external_data(read_model(card.id).data) for card in all_cards())


def test_a_scorer_whose_weights_lie_elsewhere_is_refused(tmp_path: Path) -> None:
    """Though its card's digest is right: the other file could be changed at any time."""
    write_scorer(tmp_path / "site", with_values_elsewhere("initializer"))
    (tmp_path / "site" / "weights.bin").write_bytes(WEIGHTS.astype("<f4").tobytes())
    with pytest.raises(UnusableModel, match="another file"):
        load_scorer(tmp_path / "site", "even/1")


@pytest.mark.parametrize("data", [b"\xff" * 20, b"\x3a\x05ab", b"ORTMORTM"])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    """In the words of a model that cannot be used."""
    write_scorer(tmp_path / "site", data)
    with pytest.raises(UnusableModel):
        load_scorer(tmp_path / "site", "even/1")
