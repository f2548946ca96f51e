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
    assert isinstance(redeeming.content, Redemption)
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


def test_another_key_opens_nothing_and_says_what_to_do(laptop: Laptop) -> None:
    """It is gone from the server; the words say so."""
    left = left_one(laptop)
    with pytest.raises(TrustBroken) as caught:
        fetched(laptop, left.code, ItemPrivateKey.from_seed(b"j" * 32))
    assert caught.value.reason == "SHARE_UNREADABLE"
    assert "share again" in caught.value.person


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
