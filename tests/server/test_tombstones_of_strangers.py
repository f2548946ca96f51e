"""Tombstones of which nothing was ever held: anybody can have them made, and they cost little."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kizashi_protocol import Erased, Refusal, Scope, ScopeWithdrawal, SigningKey
from kizashi_server.exchange.subjects import subject_digest_of
from kizashi_server.store.database import DATABASE_NAME, TOMBSTONES_NAME, migrate, sqlite_engine
from kizashi_server.store.holdings_contract import Item, Subject
from kizashi_server.store.holdings_database import SUBJECT_KEYS_NAME
from kizashi_server.store.holdings_sql import SqlHoldings
from kizashi_server.store.recovered_secrets import RECOVERED_SECRETS_NAME, RecoveredSecrets
from kizashi_server.store.subject_keys import SubjectKeys
from kizashi_server.store.tombstones import Tombstone, Tombstones
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from tests.server.laptop import Person
from tests.server.world import make_world


@contextmanager
def counted(folder: Path) -> Iterator[tuple[SqlHoldings, list[object]]]:
    """Holdings that were not cleared yet, and each transaction in any of their files."""
    begun: list[object] = []

    def open_file(name: str) -> Engine:
        engine = sqlite_engine(folder / name)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            begun.append(connection)

        return engine

    engine = open_file(DATABASE_NAME)
    migrate(engine)
    keys = SubjectKeys(open_file(SUBJECT_KEYS_NAME), os.urandom)
    stones = Tombstones(open_file(TOMBSTONES_NAME))
    recovered = RecoveredSecrets(open_file(RECOVERED_SECRETS_NAME))
    holdings = SqlHoldings(engine, keys, stones, recovered)
    begun.clear()
    yield holdings, begun
    holdings.close()


def test_a_start_takes_as_many_transactions_with_many_tombstones_as_with_none(
    tmp_path: Path,
) -> None:
    """One of somebody with something held is heard all the same."""
    with counted(tmp_path) as (holdings, begun):
        holdings.clear()
        without = len(begun)
        for number in range(50):
            stranger = number.to_bytes(32)
            holdings.withdraw(stranger, Scope.TREND, "self-check", 100)
        begun.clear()
        holdings.clear()
        assert len(begun) == without


def test_a_consent_of_after_a_withdrawal_outlives_the_start(tmp_path: Path) -> None:
    """Its subject has a tombstone; what came before goes, what came later stays."""
    later = Subject(b"a" * 32, Scope.TREND, "self-check", "consent", b"A" * 32, 200, 1000)
    with counted(tmp_path) as (holdings, _):
        holdings.withdraw(later.digest, Scope.TREND, "self-check", 199)
        assert holdings.keep(later, Item(b"name", b"content"), 5)
        holdings.clear()
        assert holdings.held(later.digest)
    with counted(tmp_path) as (holdings, _):
        stones = Tombstones(sqlite_engine(tmp_path / TOMBSTONES_NAME))
        stones.put(Tombstone(later.digest, Scope.TREND, "self-check", None, 200))
        stones.close()
        holdings.clear()
        assert holdings.held(later.digest) is None


def test_one_withdrawal_leaves_one_tombstone() -> None:
    """Signed by two keys it is refused, and leaves none."""
    world = make_world()
    anna, other = Person(b"anna").key(Scope.TREND), SigningKey.from_seed(b"o" * 32)
    both = world.laptop.send(ScopeWithdrawal(Scope.TREND), [anna, other])
    outcome = world.reply_to(both).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "REPORT_INVALID"
    digests = {subject_digest_of(each.public, "self-check", Scope.TREND) for each in (anna, other)}
    assert world.holdings.withdrawn_times(digests) == {}
    alone = world.laptop.send(ScopeWithdrawal(Scope.TREND), [anna])
    assert isinstance(world.reply_to(alone).outcome, Erased)
    assert len(world.holdings.withdrawn_times(digests)) == 1
