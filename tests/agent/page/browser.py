"""A real browser whose camera plays the bundled clip."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from playwright.sync_api import Browser, sync_playwright

BROWSER = os.environ.get("KIZASHI_BROWSER") or shutil.which("chromium")
"""Debian's Chromium, or another that is named."""

_QUALITY = 95  # of JPEG: what a webcam's own compression is like


def clip_as_camera(folder: Path) -> Path:
    """The clip in the form that Chromium plays as a camera: one JPEG after another, 30 a second.

    Chromium takes a camera's JPEG for limited range, as the class of USB cameras has it, so levels
    are brought to 16-235 first; or else the clip would have more contrast than it has.
    """
    path = folder / "camera.mjpeg"
    with path.open("wb") as file, demo_clip() as clip, VideoFile(clip) as video:
        for frame in video:
            limited = cv2.convertScaleAbs(frame.image, alpha=219 / 255, beta=16)
            whole, data = cv2.imencode(".jpg", limited, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
            assert whole
            file.write(data.tobytes())
    return path


@contextlib.contextmanager
def chromium(camera: Path | None) -> Iterator[Browser]:
    """Chromium, with this recording as its camera, or with none."""
    words = [
        *("--no-sandbox", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", "--use-fake-ui-for-media-stream"),
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
