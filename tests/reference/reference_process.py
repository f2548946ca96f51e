"""Starts the mediapipe package on a clip in its own environment and reads what it found."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

TOP = Path(__file__).resolve().parents[2]
ENVIRONMENT = TOP / ".venv-reference"
PYTHON = ENVIRONMENT / "bin" / "python"
TASK = ENVIRONMENT / "face_landmarker.task"
SCRIPT = Path(__file__).with_name("mediapipe_landmarks.py")


@dataclass(frozen=True, slots=True)
class Reference:
    """The mediapipe package's answer for n frames; nan where it found no face.

    Attributes:
        found: (n,) bool.
        points: (n, 478, 3) float32, as in `Landmarks`.
        blendshapes: (n, 52) float32, 0 to 1.
        names: of the blendshapes, in order.
        seconds: (n,) float64, wall time of each call.
    """

    found: NDArray[np.bool_]
    points: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    names: tuple[str, ...]
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


def run_mediapipe(clip: Path, mode: Literal["IMAGE", "VIDEO"], folder: Path) -> Reference:
    """What the mediapipe package finds in each frame.

    Args:
        clip: a video file.
        mode: MediaPipe's running mode.
        folder: a temporary folder for the arrays.
    """
    first = next(frames_of(clip))
    out = folder / f"{clip.stem}-{mode}.npz"
    command = [str(PYTHON), str(SCRIPT), "--task", str(TASK), "--mode", mode]
    command += ["--size", f"{first.shape[1]}x{first.shape[0]}", "--out", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        for image in frames_of(clip):
            process.stdin.write(image.tobytes())
        process.stdin.close()
        assert process.wait() == 0, "the mediapipe process failed"
    arrays: dict[str, NDArray[Any]] = dict(np.load(out))
    names = tuple(str(name) for name in arrays.pop("names"))
    return Reference(names=names, **arrays)
