"""People who consented to something that outlasts a check, and what is kept of them."""

from kizashi_protocol import Band, Scope, read_consent
from kizashi_server.exchange.subjects import subject_of
from kizashi_server.release.cohort import Contribution
from kizashi_server.store.holdings_contract import HoldingsStore, Item, Subject

from tests.server.laptop import Change, Laptop, Person

MOST = 100


def subject(
    laptop: Laptop, person: Person, scope: Scope, change: Change = lambda record: record
) -> Subject:
    """Somebody who consented on a laptop; `change` may spoil the consent before it is signed."""
    token = laptop.consent(scope, bytes(16), person.key(scope), change=change)
    return subject_of(read_consent(token), token)


def contribute(
    store: HoldingsStore,
    laptop: Laptop,
    person: Person,
    period: str,
    band: Band,
    *,
    change: Change = lambda record: record,
) -> Subject:
    """Keeps somebody's result of a month for figures about the group."""
    whose, contribution = subject(laptop, person, Scope.COHORT, change), Contribution(period, band)
    assert store.keep(whose, Item(contribution.name, contribution.to_bytes()), MOST)
    return whose


def give_to_research(
    store: HoldingsStore, laptop: Laptop, person: Person, name: bytes, content: bytes
) -> Subject:
    """Keeps a sealed summary of somebody's for research."""
    whose = subject(laptop, person, Scope.RESEARCH)
    assert store.keep(whose, Item(name, content), MOST)
    return whose
