"""Standing consents through the whole intake: exactly what is consented to is kept and returned."""

import dataclasses
from itertools import chain, combinations

import pytest
from kizashi_protocol import (
    STANDING,
    Band,
    Check,
    ConsentRecord,
    Feedback,
    ResearchItem,
    Scope,
    SealedItem,
    TrendEntry,
    Withheld,
    read_receipt,
    research_context,
)
from kizashi_protocol.open_research import open_exported
from kizashi_server.release.cohort import parse_contribution

from tests.models.scoring import summary_at
from tests.server.laptop import RESEARCH_KEY, Person
from tests.server.refusals import refusal_of
from tests.server.standing.people import ANNA, BEN, EVERYTHING, check, contents, trend_of
from tests.server.world import DAY, PROGRAMME, START, World, make_world

SUBSETS = list(chain.from_iterable(combinations(Scope, size) for size in range(len(Scope) + 1)))


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
            assert refusal_of(reply) == "CONSENT_MISSING"
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
    assert open_exported(kept, RESEARCH_KEY, place) == ResearchItem(summary_at(1.5))


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
    assert refusal_of(world.reply_to(sent)) == "REPORT_INVALID"
    assert (list(world.holdings.subjects()), world.weigh.calls) == ([], 0)


def test_another_research_key_than_the_programmes_is_refused(world: World) -> None:
    """A recipient that the root has not certified, or no longer, receives nothing."""
    keeping = dataclasses.replace(world.intake.keeping, researchers=lambda *_: [])
    intake = dataclasses.replace(world.intake, keeping=keeping)
    other = dataclasses.replace(world, intake=intake)
    assert refusal_of(check(other)) == "CONSENT_TERMS_CHANGED"
    assert list(world.holdings.subjects()) == []


def test_a_standing_consent_needs_the_signature_of_its_key(world: World) -> None:
    """Whoever copied somebody's consent cannot add to what is kept of them."""
    sent = world.laptop.check(EVERYTHING, person=ANNA, unsigned=[Scope.TREND])
    assert refusal_of(world.reply_to(sent)) == "SIGNATURE_INVALID"
    assert contents(world, ANNA, Scope.TREND) == ()


@pytest.mark.parametrize("faulty", STANDING)
def test_a_standing_consent_that_does_not_hold_stops_the_check(world: World, faulty: Scope) -> None:
    """The person is told; nothing is scored or kept, not even what other consents allow."""

    def expired(record: ConsentRecord) -> ConsentRecord:
        return dataclasses.replace(record, expire_time=START) if record.scope is faulty else record

    sent = world.laptop.check(EVERYTHING, person=ANNA, change=expired)
    assert refusal_of(world.reply_to(sent)) == "CONSENT_EXPIRED"
    assert (list(world.holdings.subjects()), world.weigh.calls) == ([], 0)
