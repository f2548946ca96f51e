"""What the tests of one file share: a browser with a camera, and a server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.agent.page.browser import chromium
from tests.agent.page.site import Site, running_site


@pytest.fixture(scope="module")
def with_camera() -> Iterator[Browser]:
    """Chromium with the camera that it brings along, for figures that are played."""
    with chromium(None, pattern=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real server process."""
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running
