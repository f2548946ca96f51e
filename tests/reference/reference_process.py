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
FACE_MESH_SCRIPT = Path(__file__).with_name("mediapipe_face_mesh.py")


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


@dataclass(frozen=True, slots=True)
class FaceMeshReference:
    """The FaceMesh solution's answer for n frames; nan where it found no face.

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


def run_mediapipe(clip: Path, mode: Literal["IMAGE", "VIDEO"], folder: Path) -> Reference:
    """What the mediapipe package finds in each frame.

    Args:
        clip: a video file.
        mode: MediaPipe's running mode.
        folder: a temporary folder for the arrays.
    """
    out = folder / f"{clip.stem}-{mode}.npz"
    words = [str(SCRIPT), "--task", str(TASK), "--mode", mode, "--out", str(out)]
    arrays = _run(clip, words, out)
    names = tuple(str(name) for name in arrays.pop("names"))
    return Reference(names=names, **arrays)


def run_face_mesh(clip: Path, folder: Path) -> FaceMeshReference:
    """What the mediapipe package's FaceMesh solution finds in each frame, taken by itself.

    Args:
        clip: a video file.
        folder: a temporary folder for the arrays.
    """
    out = folder / f"{clip.stem}-face-mesh.npz"
    return FaceMeshReference(**_run(clip, [str(FACE_MESH_SCRIPT), "--out", str(out)], out))


def _run(clip: Path, words: list[str], out: Path) -> dict[str, NDArray[Any]]:
    first = next(frames_of(clip))
    command = [str(PYTHON), *words, "--size", f"{first.shape[1]}x{first.shape[0]}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        for image in frames_of(clip):
            process.stdin.write(image.tobytes())
        process.stdin.close()
        assert process.wait() == 0, "the mediapipe process failed"
    return dict(np.load(out))
