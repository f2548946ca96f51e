"""Standing consents that expire or whose terms change: what was kept goes, and nothing is returned."""

import dataclasses

import pytest
from kizashi_protocol import Scope
from kizashi_server.programmes import carry
from kizashi_server.serving.lapse import erase_void, sweep_holdings

from tests.server.refusals import refusal_of
from tests.server.standing.people import ANNA, EVERYTHING, check, contents
from tests.server.world import DAY, PROGRAMME, START, World


def test_what_expires_is_erased(world: World) -> None:
    """A consent ends, and what was kept under it with it."""
    check(world)
    world.clock.seconds += 8 * DAY  # the tests' consents last a week
    sweep_holdings(world.holdings, world.clock.wall())
    assert list(world.holdings.subjects()) == []


def test_a_trend_whose_consent_expired_is_not_returned(world: World) -> None:
    """Even before the next sweep."""
    check(world)
    world.clock.seconds += 8 * DAY
    directory = dataclasses.replace(world.laptop, now=world.clock.wall())
    assert refusal_of(world.reply_to(directory.ask_trend(ANNA))) == "CONSENT_EXPIRED"


CHANGES: dict[str, dict[str, str]] = {
    "another operator": {"scoring_operator": "Another Lab"},
    "another owner": {"owner": "Another University"},
    "another name": {"display_name": "Another check"},
    "another root": {},
    "no such programme": {},
    "the same": {},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_terms_voids_what_is_held(world: World, what: str) -> None:
    """Programme, operator, owner or root: with other terms nothing is kept, counted or returned."""
    check(world)
    root = bytes(32) if what == "another root" else world.directory.root_fingerprint
    settings = dataclasses.replace(PROGRAMME, **CHANGES[what])  # type: ignore[arg-type]
    scorer = world.intake.programmes[PROGRAMME.id].scorer
    programmes = carry([settings], {PROGRAMME.id: scorer}, root, None)
    if what == "no such programme":
        programmes = {}
    erased = erase_void(world.holdings, programmes, START)
    assert erased == (0 if what == "the same" else 3)
    assert len(world.holdings.subjects()) == 3 - erased


def test_a_change_of_terms_is_seen_before_anything_is_erased(world: World) -> None:
    """A check and a trend under changed terms are refused, whatever the store still holds."""
    check(world)
    old = world.laptop.check(EVERYTHING, person=ANNA)
    asked = world.laptop.ask_trend(ANNA)
    settings = dataclasses.replace(PROGRAMME, scoring_operator="Another Lab")
    scorer = world.intake.programmes[PROGRAMME.id].scorer
    programmes = carry([settings], {PROGRAMME.id: scorer}, world.directory.root_fingerprint, None)
    changed = dataclasses.replace(
        world, intake=dataclasses.replace(world.intake, programmes=programmes)
    )
    for sent in (old, asked):
        assert refusal_of(changed.reply_to(sent)) == "CONSENT_TERMS_CHANGED"
    assert len(contents(world, ANNA, Scope.TREND)) == 1


def test_a_wrong_clock_at_the_start_erases_nothing(world: World) -> None:
    """A machine that wakes in 1970 finds no consent given yet, and leaves them alone."""
    check(world)
    assert erase_void(world.holdings, world.intake.programmes, 0) == 0
