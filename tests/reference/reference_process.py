"""Starts the mediapipe package on a clip in its own environment and reads what it found."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

TOP = Path(__file__).resolve().parents[2]
ENVIRONMENT = TOP / ".venv-reference"
PYTHON = ENVIRONMENT / "bin" / "python"
TASK = ENVIRONMENT / "face_landmarker.task"
SCRIPT = Path(__file__).with_name("mediapipe_points.py")

Way = Literal["alone", "following", "task"]
"""The FaceMesh solution with each frame by itself, or following the face; or the Face Landmarker
task in VIDEO mode, without blendshapes, whose ten points of the irises are left out."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The mediapipe package's answer for n frames; nan where it found no face.

    Attributes:
        found: (n,) bool.
        points: (n, 468, 3) float32, as in `Landmarks`.
        seconds: (n,) float64, wall time of each call.
    """

    found: NDArray[np.bool_]
    points: NDArray[np.float32]
    seconds: NDArray[np.float64]


def is_prepared() -> bool:
    """Whether tests/reference/prepare.sh has been run."""
    return PYTHON.exists() and TASK.exists()


def frames_of(clip: Path) -> Iterator[NDArray[np.uint8]]:
    """The frames of a clip, (height, width, 3) uint8 BGR."""
    capture = cv2.VideoCapture(str(clip))
    try:
        while True:
            more, image = capture.read()
            if not more:
                return
            yield np.asarray(image, np.uint8)
    finally:
        capture.release()


def run_mediapipe(clip: Path, way: Way, folder: Path) -> Reference:
    """What the mediapipe package finds in each frame.

    Args:
        clip: a video file.
        way: of the package.
        folder: a temporary folder for the arrays.
    """
    first = next(frames_of(clip))
    out = folder / f"{clip.stem}-{way}.npz"
    command = [str(PYTHON), str(SCRIPT), "--way", way, "--task", str(TASK), "--out", str(out)]
    command += ["--size", f"{first.shape[1]}x{first.shape[0]}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        for image in frames_of(clip):
            process.stdin.write(image.tobytes())
        process.stdin.close()
        assert process.wait() == 0, "the mediapipe process failed"
    return Reference(**np.load(out))
