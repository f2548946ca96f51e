"""Replies: what the server says is words that may be shown, or it is nothing."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    PLAINTEXT_BYTES,
    STANDING,
    Acknowledged,
    Erased,
    Feedback,
    HelpResource,
    MalformedMessage,
    Outcome,
    Redeemed,
    Refusal,
    Reply,
    Scope,
    SealedItem,
    Shared,
    Trend,
    Withheld,
    countersign,
    read_reply,
    write_reply,
)
from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.reply import TREND_ENTRY_BYTES
from kizashi_protocol.v1 import exchange_pb2

from tests.protocol.strategies import FEEDBACK, WORDS
from tests.protocol.values import NOW, RECEIPT_KEY, consent_token, feedback

OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    FEEDBACK,
    st.just(Withheld()),
    st.builds(Refusal, WORDS, WORDS),
    st.just(Acknowledged()),
    st.builds(Erased, st.text(max_size=40)),
    st.builds(Shared, st.integers(946_684_800, 2**37)),
    st.builds(
        Redeemed,
        st.builds(
            SealedItem,
            st.binary(min_size=16, max_size=16),
            st.binary(min_size=1137, max_size=1200),
        ),
    ),
    st.builds(
        Trend,
        st.lists(st.binary(min_size=TREND_ENTRY_BYTES, max_size=TREND_ENTRY_BYTES), max_size=2).map(
            tuple
        ),
    ),
)

UNFIT = ["\x1b[2J", "a\nb", "a\rb", "\x07", "\x9b0m", "\u202e", "\u2028", "\u200b", "\x7f"]
"""Escapes, line breaks, the bell, C1 controls, turned writing, invisible characters."""


@given(feedback=FEEDBACK, nonce=st.none() | st.binary(min_size=32, max_size=32))
def test_an_opening_nonce_travels_beside_its_feedback(
    feedback: Feedback, nonce: bytes | None
) -> None:
    """The words stay the same with it and without."""
    reply = Reply(feedback, opening_nonce=nonce)
    assert read_reply(write_reply(reply)) == reply


@pytest.mark.parametrize("size", [1, 31, 33])
def test_an_opening_nonce_of_another_size_is_refused(size: int) -> None:
    """It has 32 bytes."""
    with pytest.raises(MalformedMessage):
        read_reply(write_reply(Reply(feedback(), opening_nonce=bytes(size))))


@given(outcome=OUTCOMES, receipts=st.lists(st.text(max_size=40), max_size=2).map(tuple))
def test_a_reply_survives_the_wire(outcome: Outcome, receipts: tuple[str, ...]) -> None:
    """Written and read, every outcome is the same, and so are its receipts."""
    reply = Reply(outcome, receipts)
    assert read_reply(write_reply(reply)) == reply


@pytest.mark.parametrize("text", UNFIT, ids=ascii)
@pytest.mark.parametrize(
    "name", ["headline", "scorer_id", "norms_id", "paragraphs", "contributions"]
)
def test_feedback_that_could_steer_a_terminal_is_refused(name: str, text: str) -> None:
    """No field of feedback may hold what is not shown as it is."""
    value = (text,) if name in ("paragraphs", "contributions") else text
    spoiled = dataclasses.replace(feedback(), **{name: value})  # type: ignore[arg-type]
    with pytest.raises(MalformedMessage):
        read_reply(write_reply(Reply(spoiled)))


@pytest.mark.parametrize("text", UNFIT, ids=ascii)
@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(HelpResource)])
def test_help_that_could_steer_a_terminal_is_refused(name: str, text: str) -> None:
    """The same for every field of a help resource."""
    spoiled = dataclasses.replace(feedback().help[0], **{name: text})
    with pytest.raises(MalformedMessage):
        read_reply(write_reply(Reply(dataclasses.replace(feedback(), help=(spoiled,)))))


@pytest.mark.parametrize("text", UNFIT, ids=ascii)
def test_a_refusal_that_could_steer_a_terminal_is_refused(text: str) -> None:
    """The same for what a refusal says, to the person and to a machine."""
    for refusal in (Refusal(text, "Words."), Refusal("REASON", text)):
        with pytest.raises(MalformedMessage):
            read_reply(write_reply(Reply(refusal)))


def test_every_space_may_be_shown() -> None:
    """The full-width space, with which Japanese names are written, is a space like any other."""
    assert is_displayable("学生相談室\u3000本館\xa0 2F")


def test_feedback_without_help_is_refused() -> None:
    """Where help is stands beside every result."""
    with pytest.raises(MalformedMessage):
        read_reply(write_reply(Reply(dataclasses.replace(feedback(), help=()))))


@pytest.mark.parametrize("change", [{"locale": "fr"}, {"locale": ""}, {"band": 9}], ids=str)
def test_feedback_of_another_form_is_refused(change: dict[str, str | int]) -> None:
    """An unknown language or band is no feedback."""
    message = exchange_pb2.Reply.FromString(write_reply(Reply(feedback())))
    for name, value in change.items():
        setattr(message.feedback, name, value)
    with pytest.raises(MalformedMessage):
        read_reply(message.SerializeToString())


@pytest.mark.parametrize("plaintext", [b"", b"\xff", exchange_pb2.Reply().SerializeToString()])
def test_a_reply_that_says_nothing_is_refused(plaintext: bytes) -> None:
    """Bytes that do not parse or hold no outcome are one error."""
    with pytest.raises(MalformedMessage):
        read_reply(plaintext)


@pytest.mark.parametrize(
    "entries", [[b""], [bytes(TREND_ENTRY_BYTES - 1)], [bytes(TREND_ENTRY_BYTES)] * 21], ids=len
)
def test_a_trend_of_another_form_is_refused(entries: list[bytes]) -> None:
    """Entries have one size, and there are 20 at most."""
    message = exchange_pb2.Reply(trend=exchange_pb2.Trend(entries=entries))
    with pytest.raises(MalformedMessage):
        read_reply(message.SerializeToString())


def test_the_longest_trend_fits() -> None:
    """Twenty entries leave room in an envelope, and each keeps to the message's limit."""
    assert TREND_ENTRY_BYTES <= 1300
    assert len(write_reply(Reply(Trend((bytes(TREND_ENTRY_BYTES),) * 20)))) < PLAINTEXT_BYTES - 4


def test_a_long_reply_in_japanese_fits() -> None:
    """Feedback far longer than ours, with every receipt, leaves room in an envelope."""
    receipts = tuple(
        countersign(consent_token(scope), RECEIPT_KEY, now=NOW)
        for scope in (Scope.SCORE, Scope.FEEDBACK, *STANDING)
    )
    long = Feedback(
        band=None,
        locale="ja",
        headline="字" * 100,
        paragraphs=("字" * 300,) * 5,
        contributions=("字" * 60,) * 6,
        help=(HelpResource(*["字" * 60] * 5),) * 3,
        scorer_id="research-prior/1",
        norms_id="clips/1",
    )
    assert len(write_reply(Reply(long, receipts))) < PLAINTEXT_BYTES - 4
