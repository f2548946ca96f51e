"""Consents that outlast a check, of which the server had seen none when their code was used."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_protocol import STANDING, Feedback, Scope
from kizashi_server.store.holdings_contract import HoldingsStore, Item, Subject
from kizashi_server.store.holdings_database import open_holdings

from tests.server.laptop import recovery_secret
from tests.server.memory_holdings import MemoryHoldings
from tests.server.refusals import refusal_of
from tests.server.standing.people import ANNA, BEN, EVERYTHING, check, contents
from tests.server.world import World

SUBJECT = Subject(b"a" * 32, Scope.TREND, "self-check", "consent of a", b"A" * 32, 100, 1000)


def recover(world: World, scope: Scope) -> str:
    """Why the code takes nothing back."""
    secret = recovery_secret(ANNA.key(scope))
    return refusal_of(world.reply_to(world.laptop.recover(secret, scope)))


@pytest.mark.parametrize("scope", STANDING)
def test_a_first_consent_on_its_way_does_not_count_after_a_recovery(
    world: World, scope: Scope
) -> None:
    """However late its check comes; its owner is told, and nobody else is concerned."""
    on_its_way = world.laptop.check(EVERYTHING, person=ANNA)
    assert recover(world, scope) == "RECOVERY_UNKNOWN"
    world.clock.seconds += 3600
    assert refusal_of(world.reply_to(on_its_way)) == "CONSENT_WITHDRAWN"
    assert (list(world.holdings.subjects()), world.weigh.calls) == ([], 0)
    assert isinstance(check(world, BEN).outcome, Feedback)


def test_a_recovery_while_the_first_check_is_scored_wins(world: World) -> None:
    """What the gate let in a moment ago is not kept any more."""

    def recovered() -> None:
        world.weigh.meanwhile = lambda: None
        assert recover(world, Scope.TREND) == "RECOVERY_UNKNOWN"

    world.weigh.meanwhile = recovered
    check(world)
    assert contents(world, ANNA, Scope.TREND) == ()
    assert contents(world, ANNA, Scope.COHORT)


def test_what_is_consented_to_after_the_code_counts(world: World) -> None:
    """The keys may be used again by their owner."""
    recover(world, Scope.TREND)
    world.clock.seconds += 60
    assert isinstance(check(world).outcome, Feedback)
    assert contents(world, ANNA, Scope.TREND)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HoldingsStore]:
    """Each store that keeps the contract."""
    made: HoldingsStore = MemoryHoldings() if request.param == "memory" else open_holdings(tmp_path)
    yield made
    made.close()


def test_a_store_keeps_nothing_under_a_recovery_digest_that_was_withdrawn(
    store: HoldingsStore,
) -> None:
    """Until that time; with it nobody is recovered, and a later consent is kept."""
    store.withdraw(SUBJECT.recovery_digest, SUBJECT.scope, SUBJECT.programme_id, 200)
    assert not store.keep(SUBJECT, Item(b"1", b"1"), 1)
    assert list(store.subjects()) == []
    assert store.recover(SUBJECT.recovery_digest, SUBJECT.programme_id, 200) is None
    assert store.keep(replace(SUBJECT, given_time=201), Item(b"1", b"1"), 1)
