"""Standing consents taken back, with the consent's own key or with the recovery code."""

import dataclasses
import hashlib

import pytest
from kizashi_protocol import (
    STANDING,
    ErasureReceipt,
    Feedback,
    Scope,
    ScopeWithdrawal,
    Trend,
    TrendRequest,
)
from kizashi_protocol.moments import CLOCK_TOLERANCE

from tests.server.laptop import recovery_secret
from tests.server.refusals import refusal_of
from tests.server.standing.people import (
    ANNA,
    BEN,
    EVERYTHING,
    check,
    contents,
    digest,
    erasure_in,
    trend_of,
)
from tests.server.world import PROGRAMME, START, World


@pytest.mark.parametrize("scope", STANDING)
def test_a_scope_is_erased_at_once_and_alone(world: World, scope: Scope) -> None:
    """Its receipt names the scope; other scopes and other people keep what is theirs."""
    check(world)
    check(world, BEN)
    receipt = erasure_in(world, world.laptop.withdraw_scope(ANNA, scope))
    assert receipt == ErasureReceipt(None, PROGRAMME.id, START, PROGRAMME.backup_days, scope)
    assert contents(world, ANNA, scope) == ()
    for other in set(STANDING) - {scope}:
        assert contents(world, ANNA, other)
    assert contents(world, BEN, scope)
    assert len(trend_of(world, ANNA)) == (0 if scope is Scope.TREND else 1)


def test_asked_again_a_receipt_is_given_again(world: World) -> None:
    """Whether anything was held is not told, and need not be."""
    for _ in range(2):
        assert erasure_in(world, world.laptop.withdraw_scope(ANNA, Scope.TREND)).scope is (
            Scope.TREND
        )


def test_a_consent_of_before_never_counts_again(world: World) -> None:
    """Not in a check that was on its way, nor in one made later with the old record."""
    on_its_way = world.laptop.check(EVERYTHING, person=ANNA)
    world.clock.seconds += 60
    erasure_in(world, world.laptop.withdraw_scope(ANNA, Scope.COHORT))
    assert refusal_of(world.reply_to(on_its_way)) == "CONSENT_WITHDRAWN"
    assert (list(world.holdings.subjects()), world.weigh.calls) == ([], 0)
    world.clock.seconds += 60
    assert isinstance(check(world).outcome, Feedback)
    assert contents(world, ANNA, Scope.COHORT)


def test_a_consent_dated_ahead_is_taken_back_too(world: World) -> None:
    """A fast laptop's consent that never arrived does not count when its check comes late."""
    ahead = 3600
    fast = dataclasses.replace(world.laptop, now=world.clock.wall() + ahead)
    on_its_way = fast.check(EVERYTHING, person=ANNA)
    erasure_in(world, world.laptop.withdraw_scope(ANNA, Scope.COHORT, START + ahead))
    assert refusal_of(world.reply_to(on_its_way)) == "CONSENT_WITHDRAWN"
    assert (list(world.holdings.subjects()), world.weigh.calls) == ([], 0)


def test_a_time_far_ahead_takes_back_no_later_consent(world: World) -> None:
    """Nobody locks themselves out: the clock is believed as far as a consent's is."""
    erasure_in(world, world.laptop.withdraw_scope(ANNA, Scope.COHORT, 2**62))
    world.clock.seconds += CLOCK_TOLERANCE + 60
    assert isinstance(check(world).outcome, Feedback)
    assert contents(world, ANNA, Scope.COHORT)


def test_a_withdrawal_while_a_check_is_scored_wins(world: World) -> None:
    """What the gate let in a moment ago is not kept any more."""

    def withdraw() -> None:
        world.weigh.meanwhile = lambda: None
        world.holdings.withdraw(digest(ANNA, Scope.TREND), Scope.TREND, PROGRAMME.id, START)

    world.weigh.meanwhile = withdraw
    check(world)
    assert contents(world, ANNA, Scope.TREND) == ()
    assert contents(world, ANNA, Scope.COHORT)


def test_a_code_takes_back_without_the_laptop(world: World) -> None:
    """One secret a scope; asked again a receipt is given again, and no other scope is touched."""
    check(world)
    secret = recovery_secret(ANNA.key(Scope.TREND))
    for _ in range(2):
        assert erasure_in(world, world.laptop.recover(secret, Scope.TREND)).scope is Scope.TREND
    assert contents(world, ANNA, Scope.TREND) == ()
    assert contents(world, ANNA, Scope.COHORT)
    assert refusal_of(check(world)) == "CONSENT_WITHDRAWN"


def test_a_code_takes_back_what_was_given_again_and_not_sent(world: World) -> None:
    """After an earlier withdrawal, a newer consent that has not arrived yet does not count."""
    check(world)
    world.clock.seconds += 60
    erasure_in(world, world.laptop.withdraw_scope(ANNA, Scope.TREND))
    world.clock.seconds += 60
    on_its_way = world.laptop.check(EVERYTHING, person=ANNA)
    world.clock.seconds += 60
    secret = recovery_secret(ANNA.key(Scope.TREND))
    assert erasure_in(world, world.laptop.recover(secret, Scope.TREND)).scope is Scope.TREND
    assert refusal_of(world.reply_to(on_its_way)) == "CONSENT_WITHDRAWN"
    assert contents(world, ANNA, Scope.TREND) == ()


@pytest.mark.parametrize(
    "secret",
    [bytes(32), hashlib.sha256(recovery_secret(ANNA.key(Scope.TREND))).digest()],
    ids=["another", "the digest"],
)
def test_another_code_takes_nothing_back(world: World, secret: bytes) -> None:
    """A code that is nobody's is told so, and the stored digest is no code."""
    check(world)
    assert (
        refusal_of(world.reply_to(world.laptop.recover(secret, Scope.TREND))) == "RECOVERY_UNKNOWN"
    )
    assert contents(world, ANNA, Scope.TREND)


def test_nobody_takes_back_or_reads_for_somebody_else(world: World) -> None:
    """Whose something is, the signature says."""
    check(world)
    erasure_in(world, world.laptop.withdraw_scope(BEN, Scope.TREND))
    assert trend_of(world, BEN) == []
    assert len(trend_of(world, ANNA)) == 1


def test_a_key_of_one_scope_is_nobody_in_another(world: World) -> None:
    """A cohort key that asks for a trend gets none, and takes no trend back."""
    check(world)
    key = ANNA.key(Scope.COHORT)
    outcome = world.reply_to(world.laptop.send(TrendRequest(), [key])).outcome
    assert outcome == Trend(())
    erasure_in(world, world.laptop.send(ScopeWithdrawal(Scope.TREND), [key]))
    assert len(trend_of(world, ANNA)) == 1
