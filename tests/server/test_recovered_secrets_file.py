"""The secrets that recovery codes have shown are in one file, which no backup holds, for eight days."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_protocol import Erased, Refusal, Scope
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import DATABASE_NAME, open_store
from kizashi_server.store.holdings_contract import RECOVERED_SECONDS
from kizashi_server.store.holdings_database import open_holdings
from kizashi_server.store.recovered_secrets import RECOVERED_SECRETS_NAME
from kizashi_server.store.sharing_database import open_sharing

from tests.server.laptop import Person, recovery_secret
from tests.server.recoverable import OTHER_SECRET, SECRET, check, tagged
from tests.server.world import PROGRAMME, START, World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server whose stores are in files."""
    store, holdings = open_store(tmp_path / DATABASE_NAME), open_holdings(tmp_path)
    sharing = open_sharing(tmp_path)
    yield make_world(store, holdings=holdings, sharing=sharing)
    sharing.close()
    holdings.close()
    store.close()


def in_files(folder: Path, what: bytes) -> set[str]:
    """The names of files, logs with their databases, that contain these bytes."""
    files = [each for each in folder.iterdir() if what in each.read_bytes()]
    return {each.name.removesuffix("-wal") for each in files}


def test_a_secret_is_in_a_file_of_its_own_alone(world: World, tmp_path: Path) -> None:
    """Of a person with checks, and of one with none that the server knows of yet."""
    world.reply_to(check(world))
    assert isinstance(world.reply_to(world.laptop.recover(SECRET)).outcome, Erased)
    assert isinstance(world.reply_to(world.laptop.recover(OTHER_SECRET)).outcome, Refusal)
    for secret in (SECRET, OTHER_SECRET):
        assert in_files(tmp_path, secret) == {RECOVERED_SECRETS_NAME}


def test_a_secret_that_is_forgotten_is_in_no_file(world: World, tmp_path: Path) -> None:
    """It is overwritten in the database and its log, by the sweep that forgets it."""
    world.reply_to(world.laptop.recover(SECRET))
    world.holdings.purge(START + RECOVERED_SECONDS - 1)
    assert in_files(tmp_path, SECRET) == {RECOVERED_SECRETS_NAME}
    world.holdings.purge(START + RECOVERED_SECONDS)
    assert in_files(tmp_path, SECRET) == set()


def test_the_secret_of_a_standing_consent_that_is_held_is_not_kept(
    world: World, tmp_path: Path
) -> None:
    """Its tombstone does what is needed."""
    anna = Person(b"anna")
    sent = world.laptop.check((Scope.SCORE, Scope.TREND), person=anna, change=tagged())
    world.reply_to(sent)
    secret = recovery_secret(anna.key(Scope.TREND))
    sent = world.laptop.recover(secret, Scope.TREND)
    assert isinstance(world.reply_to(sent).outcome, Erased)
    assert world.holdings.recoveries(PROGRAMME.id) == {}
    assert in_files(tmp_path, secret) == set()


def test_the_file_is_closed_to_others(world: World, tmp_path: Path) -> None:
    """As every file of a state directory."""
    world.reply_to(world.laptop.recover(SECRET))
    for file in tmp_path.glob(f"{RECOVERED_SECRETS_NAME}*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A damaged file is a clear error at the start."""
    content = b"not a database, but long enough to look at" * 100
    (tmp_path / RECOVERED_SECRETS_NAME).write_bytes(content)
    with pytest.raises(StoreUnavailable, match="cannot open"):
        open_holdings(tmp_path)
