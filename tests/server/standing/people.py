"""Two people whose standing consents a server keeps something under, and what it keeps of them."""

from kizashi_protocol import (
    STANDING,
    Erased,
    ErasureReceipt,
    Reply,
    Scope,
    Trend,
    TrendEntry,
    read_erasure,
    trend_context,
)
from kizashi_protocol.open_trend import open_trend_entry
from kizashi_server.exchange.subjects import subject_digest_of

from tests.models.scoring import summary_at
from tests.server.laptop import Person, Sent
from tests.server.world import PROGRAMME, World

ANNA, BEN = Person(b"anna"), Person(b"ben")
EVERYTHING = (Scope.SCORE, Scope.FEEDBACK, *STANDING)


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
