"""The person whom the tests of standing consents are about."""

from pathlib import Path

import pytest

from tests.agent.submit.standing.in_process import InProcess, Person, researcher
from tests.server.world import make_world


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop and a server that has a research key."""
    return Person(tmp_path / "laptop", InProcess(make_world(certify=lambda r: [researcher(r)])))
