"""Cards are read strictly: what is misspelt, missing or of another type is refused by name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_models.card import Kind, parse_card
from kizashi_models.errors import BadCard


def card_value(**changes: object) -> dict[str, Any]:
    """A valid card as a JSON value, with some keys changed."""
    tensor = {
        "name": "x",
        "shape": [1, 3],
        "dtype": "float32",
        "unit": "pixels",
        "range": [0, 1],
        "meaning": "three numbers",
    }
    labelled = tensor | {"name": "y", "range": None, "labels": ["AU01", "AU02", "AU04"]}
    value: dict[str, Any] = {
        "card": 1,
        "id": "a_head",
        "version": "1.2.3",
        "kind": "action_unit_head",
        "summary": "A head.",
        "file": "a_head.onnx",
        "sha256": "0" * 64,
        "licence": "LICENSE-MODELS",
        "source": "fitted here",
        "inputs": [tensor],
        "outputs": [labelled],
        "provenance": {"anything": [1, {"nested": True}]},
        "metrics": {},
    }
    return value | changes


def tensor_value(**changes: object) -> dict[str, Any]:
    """A card whose only input has some keys changed."""
    return card_value(inputs=[card_value()["inputs"][0] | changes])


def fault_of(value: object) -> BadCard:
    """The error that a JSON value gives."""
    with pytest.raises(BadCard) as caught:
        parse_card(json.dumps(value), "a_head.json")
    assert caught.value.reason == "MODEL_CARD_INVALID"
    assert "a_head.json" in caught.value.person
    return caught.value


def test_a_card_is_parsed_with_its_labels_and_free_parts() -> None:
    """Every field arrives, labels included, and the free objects are kept whole."""
    card = parse_card(json.dumps(card_value()), "a_head.json")
    assert (card.id, card.version, card.kind) == ("a_head", "1.2.3", Kind.ACTION_UNIT_HEAD)
    assert card.inputs[0].range == (0.0, 1.0)
    assert card.output("y").labels == ("AU01", "AU02", "AU04")
    assert card.provenance["anything"] == [1, {"nested": True}]


@pytest.mark.parametrize("kind", ["network", "action_unit_head", "scorer"])
def test_each_kind_is_known(kind: str) -> None:
    """The three kinds of model share one form of card."""
    assert parse_card(json.dumps(card_value(kind=kind)), "a_head.json").kind == kind


@pytest.mark.parametrize("key", sorted(card_value()))
def test_every_key_is_needed(key: str) -> None:
    """A card without one of its keys is refused, and the key is named."""
    value = card_value()
    del value[key]
    assert repr(key) in fault_of(value).log


@given(st.text(min_size=1).filter(lambda key: key not in card_value()))
def test_an_unknown_key_is_an_error_that_names_it(key: str) -> None:
    """No fact is lost in silence because its key was misspelt."""
    assert repr([key]) in fault_of(card_value(**{key: 1})).log


@pytest.mark.parametrize(
    "value",
    [
        [],
        card_value(card=2),
        card_value(card=True),
        card_value(id="../etc"),
        card_value(file="../a_head.onnx"),
        card_value(file="a_head.pickle"),
        card_value(sha256="0" * 63),
        card_value(sha256="Z" * 64),
        card_value(version="1.2"),
        card_value(kind="toy"),
        card_value(licence=" "),
        card_value(inputs=[]),
        card_value(metrics=[]),
        tensor_value(shape=[0, 3]),
        tensor_value(shape=[True, 3]),
        tensor_value(dtype="complex64"),
        tensor_value(range=[1, 0]),
        tensor_value(range=[0]),
        tensor_value(range=[0, 10**400]),
        tensor_value(range=[0, float("nan")]),
        tensor_value(range=[0, float("inf")]),
        tensor_value(labels=["one"]),
        tensor_value(labels=[1, 2, 3]),
        tensor_value(more=1),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(value: object) -> None:
    """Wrong form, wrong type and wrong range all end in the one error for cards."""
    fault_of(value)


def test_text_that_is_not_json_is_refused() -> None:
    """A broken file is a bad card, not a crash."""
    for text in (b"\xff{", b"[" * 100_000):
        with pytest.raises(BadCard, match="not JSON"):
            parse_card(text, "a_head.json")


def test_an_output_that_is_not_there_is_named() -> None:
    """Asking for an output by a wrong name is an error of the card."""
    with pytest.raises(BadCard, match="'z'"):
        parse_card(json.dumps(card_value()), "a_head.json").output("z")
