"""An entry is read back as it was written, and shows nothing of what it holds."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.ledger.entry import Call, Direction, Entry, Head, Message
from kizashi_agent.ledger.sealing import Place, seal, unseal

DIGESTS = st.binary(min_size=32, max_size=32)
MESSAGES = st.builds(
    Message,
    time=st.integers(0, 2**40),
    address=st.text(max_size=30),
    call=st.sampled_from(Call),
    direction=st.sampled_from(Direction),
    body=st.binary(max_size=200),
    plaintext=st.none() | st.binary(max_size=200),
    answers=st.none() | st.integers(1, 2**40),
    fault=st.none() | st.text(max_size=20),
)


@given(entry=st.builds(Entry, st.integers(1, 2**40), DIGESTS, MESSAGES))
def test_an_entry_survives_being_written(entry: Entry) -> None:
    """An empty plaintext and none are told apart too."""
    assert Entry.decode(entry.encode()) == entry


@given(
    head=st.builds(Head, st.integers(1, 2**40), st.none() | DIGESTS, st.integers(0, 2**40), DIGESTS)
)
def test_a_head_survives_being_written(head: Head) -> None:
    """So does where the ledger begins and ends."""
    assert Head.decode(head.encode()) == head


@given(data=st.binary(max_size=100))
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    """Any bytes at all end in one of the errors that are named."""
    for decode in (Entry.decode, Head.decode):
        with pytest.raises((ValueError, KeyError, TypeError)):
            decode(data)


def test_an_entry_shows_neither_bytes_nor_plaintext() -> None:
    """Both stay out of texts."""
    message = Message(1, "host:1", Call.EXCHANGE, Direction.SENT, b"BODY", b"PLAIN")
    for shown in (repr(message), repr(Entry(1, bytes(32), message))):
        assert "BODY" not in shown
        assert "PLAIN" not in shown


KEY, NONCE = bytes(32), bytes(12)
SEALED = seal(Place.ENTRY, 7, b"text", KEY, NONCE)
OPENINGS: dict[str, Callable[[], bytes]] = {
    "another number": lambda: unseal(Place.ENTRY, 8, SEALED, KEY),
    "another place": lambda: unseal(Place.HEAD, 7, SEALED, KEY),
    "another key": lambda: unseal(Place.ENTRY, 7, SEALED, b"k" * 32),
    "cut off": lambda: unseal(Place.ENTRY, 7, SEALED[:-1], KEY),
    "nothing": lambda: unseal(Place.ENTRY, 7, b"", KEY),
    "a nonce alone": lambda: unseal(Place.ENTRY, 7, NONCE, KEY),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_sealed_bytes_open_in_their_place_alone(name: str) -> None:
    """Number, place and key are bound, and nothing may be missing."""
    assert unseal(Place.ENTRY, 7, SEALED, KEY) == b"text"
    with pytest.raises(ValueError, match=r"open|[Nn]once"):
        OPENINGS[name]()


@given(where=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(where: int, bit: int) -> None:
    """A sealed entry opens whole or not at all."""
    changed = bytearray(SEALED)
    changed[where] ^= 1 << bit
    with pytest.raises(ValueError, match="open"):
        unseal(Place.ENTRY, 7, bytes(changed), KEY)
