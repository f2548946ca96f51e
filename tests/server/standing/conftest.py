"""The server that the tests of standing consents share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.holdings_database import open_holdings

from tests.server.memory_holdings import MemoryHoldings
from tests.server.world import World, make_world


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A server on each store of what is kept."""
    held: HoldingsStore = MemoryHoldings() if request.param == "memory" else open_holdings(tmp_path)
    yield make_world(holdings=held)
    held.close()
