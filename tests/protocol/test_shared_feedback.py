"""A feedback for a counsellor: opened with their key, in its place, and nowhere else."""

import dataclasses
import os

import pytest
from hypothesis import given
from kizashi_protocol import (
    Feedback,
    HelpResource,
    Invite,
    Label,
    MalformedMessage,
    ShareCode,
    UnreadableEnvelope,
    seal_feedback,
    seal_item,
    share_context,
)
from kizashi_protocol.context import framed
from kizashi_protocol.keys import expand
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_share import open_feedback

from tests.protocol.strategies import FEEDBACK
from tests.protocol.values import COUNSELLOR_SEED, feedback

KEY = ItemPrivateKey.from_seed(COUNSELLOR_SEED)
OTHER_KEY = ItemPrivateKey.from_seed(os.urandom(32))
SECRET = b"k" * 32


def code_of(
    root: bytes = bytes(32), programme_id: str = "spring-check", secret: bytes = SECRET
) -> ShareCode:
    """A share code."""
    return ShareCode(Invite("localhost", 8443, programme_id, root), secret)


CONTEXT = share_context(code_of())
SEALED = seal_feedback(feedback(), KEY.public, CONTEXT)


@given(given_feedback=FEEDBACK)
def test_a_shared_feedback_says_the_same(given_feedback: Feedback) -> None:
    """Every word comes through, and the size tells nothing of them."""
    sealed = seal_feedback(given_feedback, KEY.public, CONTEXT)
    assert open_feedback(sealed, KEY, CONTEXT) == given_feedback
    assert len(sealed.ciphertext) == len(SEALED.ciphertext)
    assert sealed.key_id == KEY.public.key_id


@pytest.mark.parametrize(
    "context",
    [
        share_context(code_of(root=b"\x01" + bytes(31))),
        share_context(code_of(programme_id="autumn-check")),
        share_context(code_of(secret=SECRET[:-1] + b"l")),
    ],
    ids=["another root", "another programme", "another secret"],
)
def test_it_opens_under_its_own_code_alone(context: bytes) -> None:
    """Root, programme and secret are bound."""
    with pytest.raises(UnreadableEnvelope):
        open_feedback(SEALED, KEY, context)


def test_nobody_else_opens_it() -> None:
    """Another key does not, nor this one after a change or for another recipient's name."""
    changed = bytearray(SEALED.ciphertext)
    changed[-1] ^= 1
    with pytest.raises(UnreadableEnvelope):
        open_feedback(SEALED, OTHER_KEY, CONTEXT)
    with pytest.raises(UnreadableEnvelope):
        open_feedback(dataclasses.replace(SEALED, ciphertext=bytes(changed)), KEY, CONTEXT)
    for_other = seal_feedback(feedback(), OTHER_KEY.public, CONTEXT)
    renamed = dataclasses.replace(for_other, key_id=KEY.public.key_id)
    with pytest.raises(UnreadableEnvelope):
        open_feedback(renamed, KEY, CONTEXT)


@pytest.mark.parametrize(
    "context",
    [
        b"",
        framed(bytes(32), b"spring-check"),
        framed(bytes(32), b"spring-check", code_of().redemption_secret),
        share_context(code_of(secret=code_of().redemption_secret)),
    ],
    ids=["nothing", "the place alone", "what fetches it", "grown from what fetches it"],
)
def test_whoever_lacks_the_code_seals_nothing_that_opens(context: bytes) -> None:
    """A server knows root, programme, recipient and, in the end, what fetched it: not enough."""
    made_up = seal_feedback(feedback("made up"), KEY.public, context)
    with pytest.raises(UnreadableEnvelope):
        open_feedback(made_up, KEY, CONTEXT)


@pytest.mark.parametrize("content", [b"", b"\xff"])
def test_what_is_no_feedback_is_refused(content: bytes) -> None:
    """Whoever sealed it."""
    item = seal_item(Label.SHARED_FEEDBACK, content, KEY.public, CONTEXT)
    with pytest.raises(MalformedMessage):
        open_feedback(item, KEY, CONTEXT)


def test_words_that_could_steer_a_terminal_are_refused() -> None:
    """A counsellor's terminal is nobody else's either."""
    spoiled = seal_feedback(feedback("\x1b[2J"), KEY.public, CONTEXT)
    with pytest.raises(MalformedMessage):
        open_feedback(spoiled, KEY, CONTEXT)


def test_a_long_feedback_in_japanese_fits() -> None:
    """One far longer than ours."""
    long = dataclasses.replace(
        feedback("字" * 100),
        locale="ja",
        paragraphs=("字" * 300,) * 5,
        contributions=("字" * 60,) * 6,
        help=(HelpResource(*["字" * 60] * 5),) * 3,
    )
    sealed = seal_feedback(long, expand(COUNSELLOR_SEED)[1], CONTEXT)
    assert open_feedback(sealed, KEY, CONTEXT) == long


def test_more_than_fits_is_refused_before_sealing() -> None:
    """And not cut."""
    with pytest.raises(MalformedMessage):
        seal_feedback(feedback("x" * 11_000), KEY.public, CONTEXT)
