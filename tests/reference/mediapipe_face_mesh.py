"""The 468 points of the mediapipe package's older FaceMesh solution, in each frame.

Runs in .venv-reference, as a process of its own, like mediapipe_landmarks.py beside it.

    python mediapipe_face_mesh.py --size 640x360 --out FILE.npz < frames

Standard input: frames one after the other, (height, width, 3) uint8, blue, green, red.
The file written holds, for n frames:
    found: (n,) bool
    points: (n, 468, 3) float32, x and y in frame pixels, z times the frame's width; nan if not found
    seconds: (n,) float64, wall time of each call
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import mediapipe  # type: ignore[import-not-found]  # only in .venv-reference
import numpy as np
from mediapipe_landmarks import (  # type: ignore[import-not-found]  # the file beside this one
    read_frames,
)


def main() -> None:
    """Read frames, write arrays."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", required=True, help="WIDTHxHEIGHT of a frame, pixels")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    width, height = (int(part) for part in arguments.size.split("x"))
    found: list[bool] = []
    points: list[np.ndarray] = []
    seconds: list[float] = []
    with mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True, refine_landmarks=False
    ) as mesh:
        for frame in read_frames(width, height):
            start = time.perf_counter()
            result = mesh.process(frame)
            seconds.append(time.perf_counter() - start)
            found.append(result.multi_face_landmarks is not None)
            if not found[-1]:
                points.append(np.full((468, 3), np.nan))
                continue
            face = result.multi_face_landmarks[0].landmark
            points.append(np.array([(p.x, p.y, p.z) for p in face]) * (width, height, width))
    np.savez(
        arguments.out,
        found=np.array(found),
        points=np.array(points, np.float32),
        seconds=np.array(seconds),
    )


if __name__ == "__main__":
    main()
