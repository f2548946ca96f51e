"""Sharing: what a counsellor's tool makes of a code."""

import pytest
from kizashi_agent.errors import SealedRefusal, ServerUnreachable, TrustBroken
from kizashi_agent.submit.sharing import fetch_feedback
from kizashi_protocol import (
    Acknowledged,
    Feedback,
    Redemption,
    Refusal,
    ShareCode,
    seal_feedback,
    share_context,
)
from kizashi_protocol.open_item import ItemPrivateKey

from tests.agent.submit.laptop import Laptop
from tests.agent.submit.sharing.person import GONE, KEY, left_one
from tests.protocol.values import (
    feedback,
)


def fetched(laptop: Laptop, code: ShareCode, key: ItemPrivateKey = KEY) -> Feedback:
    """What a counsellor's tool makes of a code."""
    return fetch_feedback(code, key, laptop.exchanger, "en", pause=lambda _: None)


def test_the_counsellor_reads_the_same_words(laptop: Laptop) -> None:
    """And has the server drop its sealed copy, with the key it came with."""
    left = left_one(laptop)
    assert fetched(laptop, left.code) == feedback()
    (_, redeeming), (_, acknowledging) = laptop.server.reports[-2:]
    assert redeeming.content == Redemption(left.code.redemption_secret, KEY.public.key_id)
    assert redeeming.signers == acknowledging.signers
    assert laptop.server.left == {}


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_envelope(laptop: Laptop) -> None:
    """Another envelope would find nothing any more."""
    left = left_one(laptop)
    before = len(laptop.server.envelopes)
    laptop.server.faults.extend([GONE, GONE])
    assert fetched(laptop, left.code) == feedback()
    attempts = laptop.server.envelopes[before : before + 3]
    assert attempts[0] == attempts[1] == attempts[2]


def test_a_server_that_stays_away_is_told(laptop: Laptop) -> None:
    """After three attempts."""
    left = left_one(laptop)
    laptop.server.faults.extend([GONE, GONE, GONE])
    with pytest.raises(ServerUnreachable):
        fetched(laptop, left.code)


def test_with_another_key_nothing_is_fetched(laptop: Laptop) -> None:
    """What waits is still there for the right one."""
    left = left_one(laptop)
    with pytest.raises(SealedRefusal) as caught:
        fetched(laptop, left.code, ItemPrivateKey.from_seed(b"j" * 32))
    assert caught.value.reason == "SHARE_UNKNOWN"
    assert fetched(laptop, left.code) == feedback()


def test_what_the_server_makes_up_is_not_shown(laptop: Laptop) -> None:
    """It knows everything but the code: whom it is for, where, and what fetches it."""
    left = left_one(laptop)
    (digest,) = laptop.server.left
    guess = share_context(ShareCode(left.code.invite, left.code.redemption_secret))
    laptop.server.left[digest] = seal_feedback(feedback("made up"), KEY.public, guess)
    with pytest.raises(TrustBroken) as caught:
        fetched(laptop, left.code)
    assert caught.value.reason == "SHARE_UNREADABLE"


def test_what_was_left_under_another_code_is_not_shown(laptop: Laptop) -> None:
    """Two people share with one counsellor; the server hands out each the other's."""
    codes = [left_one(laptop).code for _ in range(2)]
    (one, first), (other, second) = laptop.server.left.items()
    laptop.server.left.update({one: second, other: first})
    for code in codes:
        with pytest.raises(TrustBroken) as caught:
            fetched(laptop, code)
        assert caught.value.reason == "SHARE_UNREADABLE"


def test_a_refusal_reaches_the_counsellor_in_words(laptop: Laptop) -> None:
    """As the server put it."""
    left = left_one(laptop)
    laptop.server.answer_with(Refusal("SHARE_UNKNOWN", "Nothing is left under this code."))
    with pytest.raises(SealedRefusal) as caught:
        fetched(laptop, left.code)
    assert caught.value.person == "Nothing is left under this code."


def test_an_answer_of_another_kind_is_not_believed(laptop: Laptop) -> None:
    """Whatever a server says instead."""
    left = left_one(laptop)
    laptop.server.answer_with(Acknowledged())
    with pytest.raises(TrustBroken) as caught:
        fetched(laptop, left.code)
    assert caught.value.reason == "REDEMPTION_UNTRUE"
