"""What is wrong with a recording, on screen: live, while it is made, and afterwards."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.frames import Frame
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.page.visit import Stage
from playwright.sync_api import Browser, expect

from tests.agent.measurements import Face, face
from tests.agent.page.browser import BROWSER
from tests.agent.page.walking import (
    PATIENCE,
    QuickMeasurer,
    Walk,
    nothing_is_kept,
    walking,
)

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not installed"),
]


class InView(QuickMeasurer):
    """Sees the same face, or so many of it.

    Attributes:
        people: how many are seen.
    """

    def __init__(self, face: Face, people: int = 1) -> None:
        super().__init__(face)
        self.people = people

    def measure(self, frame: Frame) -> FrameMeasurement:
        """See `Measurer`."""
        measured = super().measure(frame)
        return replace(
            measured, faces=self.people, face=None if self.people == 0 else measured.face
        )


def guided(walk: Walk, message: str) -> None:
    """Returns once this guidance is shown, or what a machine hears first that is too busy."""
    said = [walk.word(f"guidance.{each}") for each in (message, "CAMERA_SLOW")]
    wanted = re.compile("|".join(map(re.escape, said)))
    expect(walk.page.locator(".guidance")).to_have_text(wanted, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("measurer", "message", "reason"),
    [
        pytest.param(InView(Face(), 0), "NOBODY_SEEN", "NO_FACE", marks=pytest.mark.proof),
        pytest.param(InView(Face(), 2), "ONE_PERSON", "SEVERAL_FACES", marks=pytest.mark.proof),
        (InView(face(luma=20)), "TOO_DARK", "TOO_DARK"),
    ],
    ids=["nobody", "two", "dark"],
)
def test_it_is_said_before_meanwhile_and_afterwards(
    with_camera: Browser, tmp_path: Path, measurer: InView, message: str, reason: str
) -> None:
    """Guidance before and in the recording, the gate's word after it; and nothing is kept of it."""
    with walking(with_camera, tmp_path / "state", measurer) as walk:
        walk.stays_here()
        walk.agrees("score")
        walk.press("camera.turn_on")
        guided(walk, message)
        walk.press("camera.start")
        walk.page.locator("body[data-phase=speaking]").wait_for()
        guided(walk, message)
        walk.is_told("camera.refused")
        walk.reads("camera.refused_lead", f"gate.{reason}")
        assert (walk.visit.stage, walk.visit.interrupted) == (Stage.CAMERA, None)
        nothing_is_kept(walk)
        walk.press("camera.again")
        guided(walk, message)
