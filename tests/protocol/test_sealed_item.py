"""Items that the server may keep and cannot read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_protocol import Label, MalformedMessage, SealingPublicKey, UnreadableEnvelope
from kizashi_protocol.keys import OVERHEAD_BYTES, SUITE
from kizashi_protocol.open_item import ItemPrivateKey, open_item
from kizashi_protocol.sealed_item import (
    ITEM_PLAINTEXT_BYTES,
    LARGEST_ITEM,
    SealedItem,
    item_info,
    seal_item,
)
from kizashi_protocol.v1 import exchange_pb2

KEY = ItemPrivateKey.from_seed(b"k" * 32)
OTHER = ItemPrivateKey.from_seed(b"o" * 32)
LABELS = sorted(ITEM_PLAINTEXT_BYTES, key=lambda label: label.value)


@settings(max_examples=30)
@given(st.sampled_from(LABELS), st.binary(max_size=156), st.binary(max_size=40))
def test_item_opens_to_what_was_sealed(label: Label, plaintext: bytes, context: bytes) -> None:
    """Through its message and back, for each purpose and any place."""
    item = seal_item(label, plaintext, KEY.public, context)
    travelled = SealedItem.parse(
        exchange_pb2.SealedItem.FromString(item.to_message().SerializeToString())
    )
    assert travelled == item
    assert open_item(label, travelled, KEY, context) == plaintext


@pytest.mark.parametrize("label", LABELS)
def test_size_says_nothing_of_the_content(label: Label) -> None:
    """The empty item and the fullest have one size, and only that of their purpose."""
    most = ITEM_PLAINTEXT_BYTES[label] - 4
    for length in (0, 1, most):
        item = seal_item(label, bytes(length), KEY.public, b"")
        assert len(item.ciphertext) == ITEM_PLAINTEXT_BYTES[label] + OVERHEAD_BYTES
        assert [each for each in LABELS if item.is_sized_for(each)] == [label]
    with pytest.raises(MalformedMessage, match="do not fit"):
        seal_item(label, bytes(most + 1), KEY.public, b"")


def test_item_opens_in_its_own_place_alone() -> None:
    """Another key, purpose, place or a turned bit all give the same answer."""
    item = seal_item(Label.TREND_ENTRY, b"entry", KEY.public, b"place")
    turned = SealedItem(item.key_id, item.ciphertext[:-1] + bytes([item.ciphertext[-1] ^ 1]))
    said = set()
    for label, each, key, place in [
        (Label.TREND_ENTRY, item, OTHER, b"place"),
        (Label.RESEARCH_SUMMARY, item, KEY, b"place"),
        (Label.TREND_ENTRY, item, KEY, b"elsewhere"),
        (Label.TREND_ENTRY, turned, KEY, b"place"),
    ]:
        with pytest.raises(UnreadableEnvelope) as caught:
            open_item(label, each, key, place)
        said.add(str(caught.value))
    assert len(said) == 1


@pytest.mark.parametrize(
    "padded",
    [
        (9).to_bytes(4, "big") + bytes(155) + b"x",
        (157).to_bytes(4, "big") + bytes(156),
        bytes(159),
    ],
)
def test_padding_of_another_form_is_refused(padded: bytes) -> None:
    """Filling that is not zero, a length past the end, or another size."""
    sealed = SUITE.encrypt(
        padded,
        KEY.public.primitive,
        info=item_info(Label.TREND_ENTRY, KEY.public.key_id, b""),
    )
    with pytest.raises(UnreadableEnvelope, match="padding"):
        open_item(Label.TREND_ENTRY, SealedItem(KEY.public.key_id, sealed), KEY, b"")


@pytest.mark.parametrize(
    ("key_id", "size"),
    [(15, 2000), (17, 2000), (16, 0), (16, OVERHEAD_BYTES), (16, LARGEST_ITEM + 1)],
)
def test_item_of_another_size_is_none(key_id: int, size: int) -> None:
    """A key id has 16 bytes; a ciphertext more than its overhead and at most 12,000 bytes."""
    message = exchange_pb2.SealedItem(key_id=bytes(key_id), ciphertext=bytes(size))
    with pytest.raises(MalformedMessage):
        SealedItem.parse(message)


def test_largest_item_is_that_of_the_message() -> None:
    """As the message's comment says."""
    assert LARGEST_ITEM == 12_000


def test_keys_and_ciphertexts_are_in_no_repr() -> None:
    """Neither the private key nor what is sealed shows."""
    item = seal_item(Label.TREND_ENTRY, b"entry", KEY.public, b"")
    assert repr(item) == f"SealedItem(key_id={item.key_id!r})"
    assert repr(KEY) == "ItemPrivateKey()"
    assert isinstance(KEY.public, SealingPublicKey)
