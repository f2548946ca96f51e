"""What the tests of submitting share."""

from pathlib import Path

import pytest

from tests.agent.submit.laptop import Laptop, connected_laptop


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop connected to an honest server."""
    return connected_laptop(tmp_path / "state")
