"""What the commands are run on: the bundled clip, and a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer, demo_server
from kizashi_agent.demo import demo_clip


@pytest.fixture(scope="session")
def clip() -> Iterator[Path]:
    """The bundled clip, which passes the recording gate; nobody changes it."""
    with demo_clip() as path:
        yield path


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    """A real server process on loopback, for one module."""
    with demo_server() as running:
        yield running
