"""Envelopes: one size, one header, one purpose."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    CIPHERTEXT_BYTES,
    PLAINTEXT_BYTES,
    Envelope,
    Header,
    MalformedMessage,
    UnreadableEnvelope,
    seal_reply,
    seal_report,
)
from kizashi_protocol.context import Label, framed, info
from kizashi_protocol.envelope import pad, unpad
from kizashi_protocol.keys import SealingPublicKey, expand
from kizashi_protocol.open_reply import ReplyPrivateKey, open_reply
from kizashi_protocol.open_report import ReportPrivateKey, open_report

from tests.protocol.strategies import HEADERS, PROGRAMME_IDS, REPORT_IDS
from tests.protocol.values import REPORT_ID, SEALING_SEED

LONGEST = PLAINTEXT_BYTES - 4
SERVER = ReportPrivateKey.from_seed(SEALING_SEED)
LAPTOP = ReplyPrivateKey.from_seed(b"l" * 32)

LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]
"""Points of Curve25519 whose order divides 8 (RFC 7748, 6.1): every exchange gives zero."""


@given(plaintext=st.binary(max_size=LONGEST))
def test_padding_comes_off_again(plaintext: bytes) -> None:
    """Every text that fits gets one size and comes back as it was."""
    padded = pad(plaintext)
    assert len(padded) == PLAINTEXT_BYTES
    assert unpad(padded) == plaintext


@pytest.mark.parametrize("size", [0, 1, LONGEST - 1, LONGEST])
def test_padding_holds_at_its_ends(size: int) -> None:
    """The empty text and the longest one come back too."""
    assert unpad(pad(b"\0" * size)) == b"\0" * size


def test_a_text_that_does_not_fit_is_refused() -> None:
    """One byte too many is an error, not a larger envelope."""
    with pytest.raises(MalformedMessage):
        pad(b"x" * (LONGEST + 1))


@given(
    plaintext=st.binary(max_size=200),
    where=st.integers(204, PLAINTEXT_BYTES - 1),
    byte=st.integers(1, 255),
)
def test_a_filling_that_says_something_is_refused(plaintext: bytes, where: int, byte: int) -> None:
    """Nothing hides behind the text."""
    padded = bytearray(pad(plaintext))
    padded[where] = byte
    with pytest.raises(UnreadableEnvelope):
        unpad(bytes(padded))


@given(padded=st.binary(max_size=64))
def test_padding_of_another_size_is_refused(padded: bytes) -> None:
    """Only the one size is a padded text."""
    with pytest.raises(UnreadableEnvelope):
        unpad(padded)


@given(plaintext=st.binary(max_size=LONGEST), programme=PROGRAMME_IDS, report_id=REPORT_IDS)
def test_a_report_comes_out_as_it_went_in(
    plaintext: bytes, programme: str, report_id: bytes
) -> None:
    """Sealed, sent, parsed and opened, a report is the same, and its envelope has the one size."""
    sealed = seal_report(plaintext, SERVER.public, programme_id=programme, report_id=report_id)
    received = Envelope.parse(sealed.to_message())
    assert received == sealed
    assert len(received.ciphertext) == CIPHERTEXT_BYTES
    assert open_report(received, SERVER) == plaintext


@given(plaintext=st.binary(max_size=LONGEST))
def test_a_reply_comes_out_as_it_went_in(plaintext: bytes) -> None:
    """The same for a reply, which has the same size."""
    sealed = seal_reply(plaintext, LAPTOP.public, programme_id="p", report_id=REPORT_ID)
    assert len(sealed.ciphertext) == CIPHERTEXT_BYTES
    assert open_reply(sealed, LAPTOP, programme_id="p", report_id=REPORT_ID) == plaintext


@pytest.mark.parametrize(
    ("programme", "report_id", "seed"),
    [("q", REPORT_ID, b"l"), ("p", bytes(16), b"l"), ("p", REPORT_ID, b"m")],
)
def test_a_reply_to_something_else_does_not_open(
    programme: str, report_id: bytes, seed: bytes
) -> None:
    """A reply is bound to programme, report and one-time key, whatever its header says."""
    sealed = seal_reply(b"x", LAPTOP.public, programme_id="p", report_id=REPORT_ID)
    key = ReplyPrivateKey.from_seed(seed * 32)
    with pytest.raises(UnreadableEnvelope):
        open_reply(sealed, key, programme_id=programme, report_id=report_id)


def test_a_report_is_no_reply_and_a_reply_no_report() -> None:
    """With one key and one header, the label alone keeps the two apart."""
    as_report = seal_report(b"x", SERVER.public, programme_id="p", report_id=REPORT_ID)
    with pytest.raises(UnreadableEnvelope):
        open_reply(
            as_report,
            ReplyPrivateKey.from_seed(SEALING_SEED),
            programme_id="p",
            report_id=REPORT_ID,
        )
    as_reply = seal_reply(b"x", SERVER.public, programme_id="p", report_id=REPORT_ID)
    with pytest.raises(UnreadableEnvelope):
        open_report(as_reply, SERVER)


def test_sealing_twice_shows_nothing_in_common() -> None:
    """The same text to the same key is another ciphertext and another digest."""
    first, second = (
        seal_report(b"x", SERVER.public, programme_id="p", report_id=REPORT_ID) for _ in range(2)
    )
    assert first.ciphertext != second.ciphertext
    assert first.digest() != second.digest()


@given(header=HEADERS, other=HEADERS)
def test_a_digest_covers_the_header(header: Header, other: Header) -> None:
    """Two envelopes with one ciphertext have one digest only under one header."""
    ciphertext = bytes(CIPHERTEXT_BYTES)
    same = Envelope(header, ciphertext).digest() == Envelope(other, ciphertext).digest()
    assert same == (header == other)


@given(header=HEADERS, other=HEADERS)
def test_contexts_differ_in_every_part(header: Header, other: Header) -> None:
    """No two purposes and no two headers share an HPKE info."""
    contexts = {info(label, header) for label in Label}
    assert len(contexts) == len(Label)
    assert (info(Label.REPORT, header) == info(Label.REPORT, other)) == (header == other)


@given(first=st.lists(st.binary(max_size=6)), second=st.lists(st.binary(max_size=6)))
def test_framing_is_unambiguous(first: list[bytes], second: list[bytes]) -> None:
    """Parts cannot be moved across their borders."""
    assert (framed(*first) == framed(*second)) == (first == second)


@pytest.mark.parametrize(
    "change",
    [
        {"key_id": bytes(15)},
        {"report_id": bytes(17)},
        {"programme_id": ""},
        {"programme_id": "a" * 65},
        {"programme_id": "Spring"},
        {"programme_id": "spring\n"},
        {"programme_id": "春"},
    ],
    ids=str,
)
def test_a_header_of_another_form_is_refused(change: dict[str, bytes | str]) -> None:
    """Lengths and letters are checked once, on construction."""
    header = Header(bytes(16), "spring", bytes(16))
    with pytest.raises(MalformedMessage):
        dataclasses.replace(header, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("point", LOW_ORDER, ids=bytes.hex)
def test_a_key_of_low_order_is_refused(point: bytes) -> None:
    """A reply key that nothing can be sealed to is found when it is read, before any scoring."""
    with pytest.raises(MalformedMessage):
        SealingPublicKey(SERVER.public.raw[:-32] + point)


@pytest.mark.parametrize("raw", [b"", bytes(1215), bytes(1217), b"\xff" * 1216])
def test_bytes_that_are_no_key_are_refused(raw: bytes) -> None:
    """A sealing key has its length, and coefficients that ML-KEM allows."""
    with pytest.raises(MalformedMessage):
        SealingPublicKey(raw)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size: int) -> None:
    """A shorter seed is an error, not a weaker key."""
    with pytest.raises(ValueError, match="32 bytes"):
        expand(bytes(size))
