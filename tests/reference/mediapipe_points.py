"""The 468 points of a face in each frame, by the mediapipe package.

Runs in .venv-reference, as a process of its own: nothing of the project is imported here, and
mediapipe is imported nowhere else. Frames come in on standard input, so that both sides see the
same decoder's pixels and none is written to disk.

    python mediapipe_points.py --way alone --task FILE --size 640x360 --out FILE.npz < frames

Standard input: frames one after the other, (height, width, 3) uint8, blue, green, red.
The file written holds, for n frames:
    found: (n,) bool
    points: (n, 468, 3) float32, x and y in frame pixels, z times the frame's width; nan if not found
    seconds: (n,) float64, wall time of each call
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import mediapipe  # type: ignore[import-not-found]  # only in .venv-reference
import numpy as np
from mediapipe.tasks.python import (  # type: ignore[import-not-found]
    BaseOptions,
    vision,
)

POINTS = 468
# Any rising times do: only the order matters to VIDEO mode's tracking.
MILLISECONDS_A_FRAME = 33

Place = Callable[[np.ndarray], Any]
"""From an RGB frame to the landmarks of the first face, or None."""


def read_frames(width: int, height: int) -> Iterator[np.ndarray]:
    """Frames from standard input, as RGB."""
    size = width * height * 3
    while len(data := sys.stdin.buffer.read(size)) == size:
        frame = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        yield np.ascontiguousarray(frame[..., ::-1])


@contextmanager
def face_mesh(*, follow: bool) -> Iterator[Place]:
    """The FaceMesh solution: each frame by itself, or following the face."""
    with mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=not follow, refine_landmarks=False
    ) as mesh:

        def place(frame: np.ndarray) -> Any:
            faces = mesh.process(frame).multi_face_landmarks
            return faces[0].landmark if faces else None

        yield place


@contextmanager
def face_landmarker(task: Path) -> Iterator[Place]:
    """The Face Landmarker task in VIDEO mode, for one face, without blendshapes."""
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task)),
        running_mode=vision.RunningMode.VIDEO,
    )
    times = itertools.count(step=MILLISECONDS_A_FRAME)
    with vision.FaceLandmarker.create_from_options(options) as landmarker:

        def place(frame: np.ndarray) -> Any:
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame)
            faces = landmarker.detect_for_video(image, next(times)).face_landmarks
            return faces[0] if faces else None

        yield place


def opened(way: str, task: Path) -> AbstractContextManager[Place]:
    """One of the three ways."""
    return face_landmarker(task) if way == "task" else face_mesh(follow=way == "following")


def main() -> None:
    """Read frames, write arrays."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--way", choices=("alone", "following", "task"), required=True)
    parser.add_argument("--task", type=Path, required=True, help="face_landmarker.task")
    parser.add_argument("--size", required=True, help="WIDTHxHEIGHT of a frame, pixels")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    width, height = (int(part) for part in arguments.size.split("x"))
    points: list[np.ndarray] = []
    seconds: list[float] = []
    with opened(arguments.way, arguments.task) as place:
        for frame in read_frames(width, height):
            start = time.perf_counter()
            face = place(frame)
            seconds.append(time.perf_counter() - start)
            fractions = (
                [(p.x, p.y, p.z) for p in face[:POINTS]] if face else [[np.nan] * 3] * POINTS
            )
            points.append(np.array(fractions) * (width, height, width))
    placed = np.array(points, np.float32)
    np.savez(
        arguments.out,
        found=np.isfinite(placed[:, 0, 0]),
        points=placed,
        seconds=np.array(seconds),
    )


if __name__ == "__main__":
    main()
