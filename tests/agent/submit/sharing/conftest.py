"""A laptop whose server lists one counsellor."""

from pathlib import Path

import pytest

from tests.agent.submit.laptop import Laptop
from tests.agent.submit.sharing.person import laptop_of
from tests.protocol.values import (
    counsellor,
)


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop whose server lists one counsellor."""
    return laptop_of(tmp_path / "state", counsellor())
