"""Servers whose root has certified one counsellor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kizashi_server.store.database import open_store
from kizashi_server.store.sharing_database import open_sharing

from tests.server.sharing.opened_check import certified, share_world
from tests.server.world import World, make_world


@contextmanager
def world_in_files(folder: Path) -> Iterator[World]:
    """The same, with what is kept in files."""
    store, sharing = open_store(folder / "db"), open_sharing(folder)
    yield make_world(store, sharing=sharing, certify=lambda root: [certified(root)])
    sharing.close()
    store.close()


@pytest.fixture
def world_of_files(tmp_path: Path) -> Iterator[World]:
    """A server with one counsellor that keeps files."""
    with world_in_files(tmp_path) as made:
        yield made


@pytest.fixture
def world() -> World:
    """A server in memory with one counsellor."""
    return share_world()


@pytest.fixture(params=["memory", "sqlite"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same on each store."""
    if request.param == "memory":
        yield share_world()
        return
    with world_in_files(tmp_path) as made:
        yield made
