"""Standing consents through the whole intake: what is kept, returned, and taken back."""

import dataclasses
import hashlib
from collections.abc import Iterator
from itertools import chain, combinations
from pathlib import Path

import pytest
from kizashi_protocol import (
    STANDING,
    Band,
    Check,
    ConsentRecord,
    Erased,
    ErasureReceipt,
    Feedback,
    Refusal,
    Reply,
    Scope,
    ScopeWithdrawal,
    SealedItem,
    Trend,
    TrendEntry,
    TrendRequest,
    Withheld,
    read_erasure,
    read_receipt,
    research_context,
    trend_context,
)
from kizashi_protocol.consent import CLOCK_TOLERANCE
from kizashi_protocol.open_research import open_exported
from kizashi_protocol.open_trend import open_trend_entry
from kizashi_server.cohort import parse_contribution
from kizashi_server.lapse import erase_void, sweep_holdings
from kizashi_server.programmes import carry
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.holdings_database import open_holdings
from kizashi_server.subjects import subject_digest_of

from tests.models.scoring import summary_at
from tests.server.laptop import RESEARCH_KEY, Person, Sent, recovery_secret
from tests.server.memory_holdings import MemoryHoldings
from tests.server.world import PROGRAMME, START, World, make_world

DAY = 24 * 3600
ANNA, BEN = Person(b"anna"), Person(b"ben")
EVERYTHING = (Scope.SCORE, Scope.FEEDBACK, *STANDING)
SUBSETS = list(chain.from_iterable(combinations(Scope, size) for size in range(len(Scope) + 1)))


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A server on each store of what is kept."""
    held: HoldingsStore = MemoryHoldings() if request.param == "memory" else open_holdings(tmp_path)
    yield make_world(holdings=held)
    held.close()


def digest(person: Person, scope: Scope) -> bytes:
    """How the store knows somebody."""
    return subject_digest_of(person.key(scope).public, PROGRAMME.id, scope)


def contents(world: World, person: Person, scope: Scope) -> tuple[bytes, ...]:
    """What is kept of somebody under a scope."""
    held = world.holdings.held(digest(person, scope))
    return () if held is None else held.contents


def check(
    world: World, person: Person = ANNA, scopes: tuple[Scope, ...] = EVERYTHING, z: float = 2.0
) -> Reply:
    """A check of somebody's, answered."""
    return world.reply_to(world.laptop.check(scopes, person=person, summary=summary_at(z)))


def reason_of(reply: Reply) -> str:
    """Of a sealed refusal."""
    assert isinstance(reply.outcome, Refusal)
    return reply.outcome.reason


def trend_of(world: World, person: Person) -> list[TrendEntry]:
    """The opened trend of somebody."""
    outcome = world.reply_to(world.laptop.ask_trend(person)).outcome
    assert isinstance(outcome, Trend)
    place = trend_context(PROGRAMME.id, person.key(Scope.TREND).public)
    return [open_trend_entry(each, person.trend_key, place) for each in outcome.entries]


def erasure_in(world: World, sent: Sent) -> ErasureReceipt:
    """The receipt that answers a withdrawal."""
    outcome = world.reply_to(sent).outcome
    assert isinstance(outcome, Erased)
    return read_erasure(outcome.receipt, world.directory.receipt_key_by_id())


# --- What is kept


@pytest.mark.parametrize("scopes", SUBSETS, ids=lambda scopes: "+".join(scopes) or "none")
def test_exactly_what_is_consented_to_is_kept_scored_and_returned(
    scopes: tuple[Scope, ...],
) -> None:
    """All 64 sets of consents through the whole intake, and what the store then holds."""
    world = make_world()
    reply = check(world, scopes=scopes)
    given = set(scopes)
    scored = Scope.SCORE in given and given & {Scope.FEEDBACK, Scope.TREND, Scope.COHORT}
    assert world.weigh.calls == (1 if scored else 0)
    kept = {scope for scope in STANDING if contents(world, ANNA, scope)}
    assert kept == (given & set(STANDING) if Scope.SCORE in given else set())
    assert {each.scope for each in world.holdings.subjects()} == kept
    match reply.outcome:
        case Feedback():
            assert {Scope.SCORE, Scope.FEEDBACK} <= given
        case Withheld():
            assert Scope.SCORE in given
            assert Scope.FEEDBACK not in given
        case _:
            assert reason_of(reply) == "CONSENT_MISSING"
            assert Scope.SCORE not in given
    keys = world.directory.receipt_key_by_id()
    receipts = [read_receipt(each, keys).consent.scope for each in reply.consent_receipts]
    acted_on = given - {Scope.SHARE} if Scope.SCORE in given else set()
    assert receipts == [scope for scope in scopes if scope in acted_on]


def test_a_trend_is_for_its_person_alone(world: World) -> None:
    """Day and band come back to whose they are; somebody else's trend is empty."""
    check(world, z=2.0)
    world.clock.seconds += 3 * DAY
    check(world, z=-2.0)
    check(world, BEN)
    assert trend_of(world, ANNA) == [
        TrendEntry(START // DAY, Band.MORE, "made-up/1", "made-up/1"),
        TrendEntry(START // DAY + 3, Band.FEWER, "made-up/1", "made-up/1"),
    ]
    assert len(trend_of(world, BEN)) == 1
    assert trend_of(world, Person(b"carl")) == []


def test_a_trend_keeps_the_last_twenty() -> None:
    """And their reply fits its envelope."""
    world = make_world()
    for number in range(21):
        world.clock.seconds = START + number * DAY
        check(world, scopes=(Scope.SCORE, Scope.TREND))
    assert [each.day for each in trend_of(world, ANNA)] == [
        START // DAY + number for number in range(1, 21)
    ]


def test_a_check_sent_twice_is_kept_once(world: World) -> None:
    """The same envelope has one answer and leaves one entry."""
    sent = world.laptop.check(EVERYTHING, person=ANNA)
    assert world.exchange(sent.envelope) == world.exchange(sent.envelope)
    assert len(contents(world, ANNA, Scope.TREND)) == 1


def test_a_person_counts_once_a_month(world: World) -> None:
    """The last check of a month stands for it."""
    check(world, z=2.0)
    check(world, z=-2.0)
    world.clock.seconds += 31 * DAY
    check(world, z=0.0)
    kept = [parse_contribution(each) for each in contents(world, ANNA, Scope.COHORT)]
    assert [each.band for each in kept] == [Band.FEWER, Band.ABOUT_AS_MANY]
    assert len({each.period for each in kept}) == 2


def test_what_is_kept_for_research_opens_with_its_key_alone(world: World) -> None:
    """The server keeps what the laptop sealed, as it came."""
    check(world, z=1.5)
    (kept,) = contents(world, ANNA, Scope.RESEARCH)
    place = research_context(world.laptop.directory.root_fingerprint, PROGRAMME.id)
    assert open_exported(kept, RESEARCH_KEY, place) == summary_at(1.5)


# --- What does not fit together


BRINGS = {
    "a trend key without its consent": (EVERYTHING[:2], {"trend_key": ANNA.trend_key.public}),
    "consent for trend without its key": (EVERYTHING, {"trend_key": None}),
    "consent for research without a summary": (EVERYTHING, {"research": None}),
    "a summary of another size": (
        EVERYTHING,
        {"research": SealedItem(RESEARCH_KEY.public.key_id, bytes(2000))},
    ),
    "a summary to another key": (EVERYTHING, {"research": SealedItem(bytes(16), bytes(5232))}),
}


@pytest.mark.parametrize("what", BRINGS)
def test_what_does_not_go_with_its_consents_is_refused(world: World, what: str) -> None:
    """Nothing is scored and nothing is kept."""
    scopes, change = BRINGS[what]
    laptop = world.laptop
    keys = {scope: ANNA.key(scope) for scope in scopes}
    report_id = b"r" * 16
    tokens = tuple(laptop.consent(scope, report_id, keys[scope]) for scope in scopes)
    content = Check(
        tokens,
        "made-up/1",
        summary_at(2.0),
        ANNA.trend_key.public if Scope.TREND in scopes else None,
        laptop.for_research(summary_at(2.0)) if Scope.RESEARCH in scopes else None,
    )
    changed = dataclasses.replace(content, **change)  # type: ignore[arg-type]
    sent = laptop.send(changed, list(keys.values()), report_id=report_id)
    assert reason_of(world.reply_to(sent)) == "REPORT_INVALID"
    assert (list(world.holdings.subjects()), world.weigh.calls) == ([], 0)


def test_another_research_key_than_the_programmes_is_refused(world: World) -> None:
    """A recipient that the root has not certified, or no longer, receives nothing."""
    keeping = dataclasses.replace(world.intake.keeping, researchers=lambda *_: [])
    intake = dataclasses.replace(world.intake, keeping=keeping)
    other = dataclasses.replace(world, intake=intake)
    assert reason_of(check(other)) == "CONSENT_TERMS_CHANGED"
    assert list(world.holdings.subjects()) == []


def test_a_standing_consent_needs_the_signature_of_its_key(world: World) -> None:
    """Whoever copied somebody's consent cannot add to what is kept of them."""
    sent = world.laptop.check(EVERYTHING, person=ANNA, unsigned=[Scope.TREND])
    assert reason_of(world.reply_to(sent)) == "SIGNATURE_INVALID"
    assert contents(world, ANNA, Scope.TREND) == ()


@pytest.mark.parametrize("faulty", STANDING)
def test_a_standing_consent_that_does_not_hold_stops_the_check(world: World, faulty: Scope) -> None:
    """The person is told; nothing is scored or kept, not even what other consents allow."""

    def expired(record: ConsentRecord) -> ConsentRecord:
        return dataclasses.replace(record, expire_time=START) if record.scope is faulty else record

    sent = world.laptop.check(EVERYTHING, person=ANNA, change=expired)
    assert reason_of(world.reply_to(sent)) == "CONSENT_EXPIRED"
    assert (list(world.holdings.subjects()), world.weigh.calls) == ([], 0)


# --- Taking back


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
    assert reason_of(world.reply_to(on_its_way)) == "CONSENT_WITHDRAWN"
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
    assert reason_of(world.reply_to(on_its_way)) == "CONSENT_WITHDRAWN"
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
        assert erasure_in(world, world.laptop.recover(secret)).scope is Scope.TREND
    assert contents(world, ANNA, Scope.TREND) == ()
    assert contents(world, ANNA, Scope.COHORT)
    assert reason_of(check(world)) == "CONSENT_WITHDRAWN"


def test_a_code_takes_back_what_was_given_again_and_not_sent(world: World) -> None:
    """After an earlier withdrawal, a newer consent that has not arrived yet does not count."""
    check(world)
    world.clock.seconds += 60
    erasure_in(world, world.laptop.withdraw_scope(ANNA, Scope.TREND))
    world.clock.seconds += 60
    on_its_way = world.laptop.check(EVERYTHING, person=ANNA)
    world.clock.seconds += 60
    secret = recovery_secret(ANNA.key(Scope.TREND))
    assert erasure_in(world, world.laptop.recover(secret)).scope is Scope.TREND
    assert reason_of(world.reply_to(on_its_way)) == "CONSENT_WITHDRAWN"
    assert contents(world, ANNA, Scope.TREND) == ()


@pytest.mark.parametrize(
    "secret",
    [bytes(32), hashlib.sha256(recovery_secret(ANNA.key(Scope.TREND))).digest()],
    ids=["another", "the digest"],
)
def test_another_code_takes_nothing_back(world: World, secret: bytes) -> None:
    """A code that is nobody's is told so, and the stored digest is no code."""
    check(world)
    assert reason_of(world.reply_to(world.laptop.recover(secret))) == "RECOVERY_UNKNOWN"
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


# --- Consents that lapse


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
    assert reason_of(world.reply_to(directory.ask_trend(ANNA))) == "CONSENT_EXPIRED"


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
        assert reason_of(changed.reply_to(sent)) == "CONSENT_TERMS_CHANGED"
    assert len(contents(world, ANNA, Scope.TREND)) == 1


def test_a_wrong_clock_at_the_start_erases_nothing(world: World) -> None:
    """A machine that wakes in 1970 finds no consent given yet, and leaves them alone."""
    check(world)
    assert erase_void(world.holdings, world.intake.programmes, 0) == 0
