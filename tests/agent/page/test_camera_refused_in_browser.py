"""A camera that is not allowed, not there or not known to the browser, on the page itself."""

from pathlib import Path

import pytest
from kizashi_agent.page.visit import Stage

from tests.agent.page.browser import BROWSER, chromium
from tests.agent.page.walking import nothing_is_kept, walking

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]

WITHOUT = (("none", ""), ("unsupported", "delete VideoFrame"))
"""What is told where there is no camera, and then no way to read one either."""


@pytest.mark.parametrize("faults", [(("denied", ""),), WITHOUT], ids=["denied", "without"])
def test_it_is_said_what_is_wrong_with_the_camera(
    tmp_path: Path, faults: tuple[tuple[str, str], ...]
) -> None:
    """And what to do; nothing was recorded, and the check can be tried again or left."""
    denied = faults is not WITHOUT
    with (
        chromium(None, pattern=denied, allowed=not denied) as browser,
        walking(browser, tmp_path / "state") as walk,
    ):
        walk.stays_here()
        walk.agrees("score")
        again = "camera.turn_on"
        for fault, script in faults:
            walk.page.evaluate(script)
            walk.press(again)
            walk.is_told(f"camera_fault.{fault}")
            walk.reads(f"camera_next.{fault}", "camera.nothing_kept")
            again = "camera.again"
        assert walk.visit.stage is Stage.CAMERA
        nothing_is_kept(walk)
        walk.press("camera.leave")
        walk.is_at("welcome")
        assert walk.visit.where is None
