"""The shortest whole check in a real browser, so that no run of the tests is without one."""

from pathlib import Path

import pytest
from kizashi_agent.page.visit import Stage
from playwright.sync_api import Browser

from tests.agent.page.browser import BROWSER
from tests.agent.page.site import Site
from tests.agent.page.walking import walking

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
    """Invite, consents, the camera's frames up to a recording, what is sent, and the answer.

    What a recording comes to is played: waiting for one takes fourteen seconds, which the whole
    check of `make prove` does.
    """
    with walking(with_camera, tmp_path / "state") as walk:
        walk.joins(site.invite)
        walk.agrees()
        walk.begins_to_record()
        assert walk.visit.stage is Stage.RECORDING
        walk.press("camera.stop")
        walk.is_at("camera")
        walk.has_recorded()
        walk.sends()
        walk.reads_the_answer()
        walk.reads("feedback.sent")
    assert len(site.reports()) == 2, "the check, and word that its answer arrived"
