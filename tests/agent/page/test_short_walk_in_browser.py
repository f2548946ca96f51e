"""The shortest whole check in a real browser, so that no run of the tests is without one."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.agent.page.browser import BROWSER
from tests.agent.page.site import Site
from tests.agent.page.walking import PATIENCE, walking

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(
        BROWSER is None,
        reason="no test saw the page in a browser: chromium is not installed (apt install chromium)",
    ),
]


def test_a_check_from_the_welcome_to_its_answer(
    with_camera: Browser, site: Site, tmp_path: Path
) -> None:
    """Invite, consents, guidance on the camera's frames, what is sent, and the answer.

    What a recording comes to is played: a real one takes fourteen seconds and a machine that is not
    busy, and is part of the whole check that `make prove` makes.
    """
    with walking(with_camera, tmp_path / "state") as walk:
        walk.joins(site.invite)
        walk.agrees()
        walk.press("camera.turn_on")
        start = walk.page.get_by_role("button", name=walk.word("camera.start"), exact=True)
        expect(start).to_be_enabled(timeout=PATIENCE)
        walk.press("camera.turn_off")
        walk.is_at("camera")
        walk.has_recorded()
        walk.sends()
        walk.reads_the_answer()
        walk.reads("feedback.sent")
    assert len(site.reports()) == 2, "the check, and word that its answer arrived"
