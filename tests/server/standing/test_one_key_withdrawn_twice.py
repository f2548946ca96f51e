"""A key whose consents were taken back in two ways: the later time counts, whichever way it was."""

import os
from dataclasses import dataclass

import pytest
from kizashi_protocol import Scope, SigningKey
from kizashi_server.exchange.subjects import latest, subject_digest_of

from tests.server.laptop import Sent
from tests.server.recoverable import SECRET, tagged
from tests.server.refusals import refusal_of
from tests.server.world import PROGRAMME, START, World

KEY = SigningKey.from_seed(b"k" * 32)
SCOPES = (Scope.SCORE, Scope.FEEDBACK, Scope.COHORT)


@dataclass(frozen=True)
class TakenBack:
    """When the key's standing consent was withdrawn, and when its checks were by the code."""

    withdrawn: int
    recovered: int


def by_one_key(world: World) -> Sent:
    """A check of somebody who signs every consent with one key, which no agent of this project does."""
    report_id = os.urandom(16)
    tokens = tuple(world.laptop.consent(scope, report_id, KEY, change=tagged()) for scope in SCOPES)
    return world.laptop.send(world.laptop.check_content(tokens), [KEY], report_id=report_id)


@pytest.mark.parametrize("times", [TakenBack(50, 10), TakenBack(10, 50)], ids=str)
def test_the_later_time_counts(world: World, times: TakenBack) -> None:
    """A consent of between the two does not hold."""
    digest = subject_digest_of(KEY.public, PROGRAMME.id, Scope.COHORT)
    world.holdings.withdraw(digest, Scope.COHORT, PROGRAMME.id, START + times.withdrawn)
    world.holdings.remember_recovery(SECRET, PROGRAMME.id, START + times.recovered)
    world.clock.seconds += 30
    assert refusal_of(world.reply_to(by_one_key(world))) == "CONSENT_WITHDRAWN"
    assert world.weigh.calls == 0


def test_latest_keeps_every_key() -> None:
    """Each with the latest of its times."""
    assert latest({b"a": 3, b"b": 1}, {b"a": 2}, {b"b": 4, b"c": 0}) == {b"a": 3, b"b": 4, b"c": 0}
    assert latest() == {}
