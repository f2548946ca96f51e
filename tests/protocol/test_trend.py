"""Entries of a trend: sealed by the server, and opened by the person's key alone."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_protocol import (
    Band,
    Label,
    MalformedMessage,
    TrendEntry,
    UnreadableEnvelope,
    seal_item,
    seal_trend_entry,
    trend_context,
)
from kizashi_protocol.moments import DAY, EARLIEST, LATEST
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_trend import open_trend_entry
from kizashi_protocol.reply import TREND_ENTRY_BYTES
from kizashi_protocol.v1 import exchange_pb2

KEY = ItemPrivateKey.from_seed(b"t" * 32)
CONTEXT = trend_context("spring-check", b"s" * 32)
ENTRY = TrendEntry(20_000, Band.FEWER, "research-prior/1", "clips/1")
IDENTIFIERS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=64)


@settings(max_examples=30)
@given(
    st.builds(
        TrendEntry,
        st.integers(-(-EARLIEST // DAY), LATEST // DAY),
        st.none() | st.sampled_from(Band),
        IDENTIFIERS,
        IDENTIFIERS,
    )
)
def test_an_entry_comes_back(entry: TrendEntry) -> None:
    """Whatever it says, it has one size, and the key opens it."""
    sealed = seal_trend_entry(entry, KEY.public, CONTEXT)
    assert len(sealed) == TREND_ENTRY_BYTES
    assert open_trend_entry(sealed, KEY, CONTEXT) == entry


@pytest.mark.parametrize(
    "context",
    [trend_context("autumn-check", b"s" * 32), trend_context("spring-check", bytes(32)), b""],
)
def test_an_entry_opens_in_its_own_trend_alone(context: bytes) -> None:
    """Neither another programme's trend nor another person's takes it."""
    sealed = seal_trend_entry(ENTRY, KEY.public, CONTEXT)
    with pytest.raises(UnreadableEnvelope):
        open_trend_entry(sealed, KEY, context)


@pytest.mark.parametrize(
    "plaintext",
    [
        b"\xff",
        exchange_pb2.TrendEntry(scorer_id="a\x1b[2J").SerializeToString(),
        exchange_pb2.TrendEntry(norms_id="a\nb").SerializeToString(),
        b"\x10\x09",  # band 9
    ],
)
def test_an_entry_of_another_form_is_refused(plaintext: bytes) -> None:
    """Bytes that do not parse, an unknown band, or what could steer a terminal."""
    sealed = seal_item(Label.TREND_ENTRY, plaintext, KEY.public, CONTEXT).ciphertext
    with pytest.raises(MalformedMessage):
        open_trend_entry(sealed, KEY, CONTEXT)


def test_identifiers_too_long_are_refused() -> None:
    """An entry that would not fit its one size is not sealed at all."""
    with pytest.raises(MalformedMessage):
        seal_trend_entry(dataclasses.replace(ENTRY, scorer_id="x" * 157), KEY.public, CONTEXT)
