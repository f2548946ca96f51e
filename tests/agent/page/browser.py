"""A real browser whose camera plays the bundled clip."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from playwright.sync_api import Browser, sync_playwright

BROWSER = os.environ.get("KIZASHI_BROWSER") or shutil.which("chromium")
"""Debian's Chromium, or another that is named."""

_QUALITY = 95  # of JPEG: what a webcam's own compression is like


Changed = Callable[[Any], Any]
"""Gives another picture for each of the clip's; both of uint8 [height, width, 3]."""

_PATTERN = "--use-fake-device-for-media-stream=fps=30"
"""The camera that Chromium brings along: something moves, and nobody is seen."""


def clip_as_camera(
    folder: Path, changed: Changed = lambda image: image, most: int | None = None
) -> Path:
    """The clip in the form that Chromium plays as a camera: one JPEG after another, 30 a second.

    Chromium takes a camera's JPEG for limited range, as the class of USB cameras has it, so levels
    are brought to 16-235 first; or else the clip would have more contrast than it has.

    Args:
        folder: where it is put.
        changed: what is played in place of each picture.
        most: how many pictures; they are played again and again.
    """
    path = folder / "camera.mjpeg"
    with path.open("wb") as file, demo_clip() as clip, VideoFile(clip) as video:
        for frame in islice(video, most):
            limited = cv2.convertScaleAbs(changed(frame.image), alpha=219 / 255, beta=16)
            whole, data = cv2.imencode(".jpg", limited, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
            assert whole
            file.write(data.tobytes())
    return path


@contextlib.contextmanager
def chromium(
    camera: Path | None, *, pattern: bool = False, allowed: bool = True
) -> Iterator[Browser]:
    """Chromium, with this recording as its camera, with the one it brings along, or with none.

    Not `allowed`, nobody answers when it asks for the camera, which to a page is a no.
    """
    words = [
        *("--no-sandbox", "--disable-background-networking", "--disable-component-update"),
        "--disable-sync",
        *(["--use-fake-ui-for-media-stream"] if allowed else []),
        *([_PATTERN] if pattern else []),
    ]
    if camera is not None:
        words += [
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=words)
        try:
            yield browser
        finally:
            browser.close()
