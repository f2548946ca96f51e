"""A model is handed out only if it is the file its card describes."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.errors import BadCard, MissingModel, ModelError, UnusableModel, WrongDigest
from kizashi_models.registry import all_cards, find_card, packaged_folders, read_model
from kizashi_models.session import open_network

NETWORKS = Path(str(packaged_folders()[0]))
ID = "face_mesh"
NETWORK_IDS = ("face_detector", "face_mesh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with one real network and its card."""
    for suffix in ("json", "onnx"):
        shutil.copy(NETWORKS / f"{ID}.{suffix}", tmp_path)
    return tmp_path


def rewrite_card(folder: Path, **changes: object) -> None:
    """Change keys of the card in a directory."""
    path = folder / f"{ID}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_every_packaged_model_is_the_one_its_card_describes() -> None:
    """All cards parse, all files are there, all digests are right."""
    cards = list(all_cards())
    assert set(NETWORK_IDS) <= {card.id for card in cards}
    for card in cards:
        assert read_model(card.id).card == card


@pytest.mark.parametrize("model_id", NETWORK_IDS)
def test_packaged_networks_give_what_their_cards_say(model_id: str) -> None:
    """Each output has the shape, type and range of its card."""
    network = open_network(model_id)
    rng = np.random.default_rng(1)
    full = {t.name: 255 if t.dtype == "uint8" else 1 for t in network.card.inputs}
    inputs = {
        t.name: (rng.random(t.shape) * full[t.name]).astype(t.dtype) for t in network.card.inputs
    }
    for tensor, output in zip(network.card.outputs, network.run(inputs), strict=True):
        assert output.shape == tensor.shape
        assert output.dtype == tensor.dtype
        low, high = tensor.range or (-np.inf, np.inf)
        assert low <= output.min()
        assert output.max() <= high


def test_the_converted_networks_stay_close_to_their_originals() -> None:
    """The differences that conversion measured are below what moves a landmark visibly."""
    for card in all_cards(NETWORKS):
        assert card.metrics["largest_difference_from_tflite"] < 2e-3


def test_a_directory_of_ones_own_is_used(folder: Path) -> None:
    """A site's own models are found where it says, and nothing else is."""
    assert open_network(ID, folder).card.id == ID
    assert [card.id for card in all_cards(folder)] == [ID]
    with pytest.raises(MissingModel):
        read_model("face_detector", folder)


def test_one_flipped_bit_is_refused(folder: Path) -> None:
    """A file that differs in one bit is named and never opened."""
    path = folder / f"{ID}.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WrongDigest) as caught:
        open_network(ID, folder)
    assert caught.value.reason == "MODEL_DIGEST_MISMATCH"
    assert ID in caught.value.person
    assert hashlib.sha256(data).hexdigest() in caught.value.log


def test_a_missing_file_is_named(folder: Path) -> None:
    """A card without its file says which file."""
    (folder / f"{ID}.onnx").unlink()
    with pytest.raises(MissingModel, match=rf"{ID}\.onnx"):
        read_model(ID, folder)


def test_an_unknown_id_is_named() -> None:
    """Asking for a model that is not packaged says so."""
    with pytest.raises(MissingModel, match="no_such_model") as caught:
        find_card("no_such_model")
    assert caught.value.reason == "MODEL_MISSING"


def test_a_card_under_another_name_is_refused(folder: Path) -> None:
    """A card cannot stand in for another model by being renamed."""
    (folder / f"{ID}.json").rename(folder / "face_detector.json")
    with pytest.raises(BadCard, match=ID):
        find_card("face_detector", folder)


def test_a_card_that_leads_out_of_its_folder_is_refused(folder: Path) -> None:
    """The file a card names lies beside it."""
    rewrite_card(folder, file=f"../{ID}.onnx")
    with pytest.raises(BadCard):
        read_model(ID, folder)


def test_bytes_that_are_no_network_are_refused(folder: Path) -> None:
    """A right digest over a wrong file still ends in a clear error."""
    (folder / f"{ID}.onnx").write_bytes(b"not a network")
    rewrite_card(folder, sha256=hashlib.sha256(b"not a network").hexdigest())
    with pytest.raises(UnusableModel) as caught:
        open_network(ID, folder)
    assert caught.value.reason == "MODEL_UNUSABLE"


def test_a_card_that_misnames_an_output_is_refused(folder: Path) -> None:
    """The graph's own names are compared with the card's."""
    card = json.loads((folder / f"{ID}.json").read_text())
    card["outputs"][0]["name"] = "scores"
    rewrite_card(folder, outputs=card["outputs"])
    with pytest.raises(UnusableModel, match="scores"):
        open_network(ID, folder)


@pytest.mark.parametrize(
    "error",
    [
        MissingModel("a", "b"),
        BadCard("a", "b"),
        WrongDigest("a", "b", "c"),
        UnusableModel("a", "b"),
    ],
)
def test_every_error_says_what_to_do_next(error: ModelError) -> None:
    """The person's message is one line and ends in a next step."""
    assert "Install kizashi again" in error.person
    assert "\n" not in error.person
    assert error.reason.startswith("MODEL_")


def test_the_registry_brings_no_onnxruntime() -> None:
    """Pure modules may look at cards without loading the run time."""
    code = "import sys, kizashi_models.registry, kizashi_models.network; print('onnxruntime' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
