"""Landmarks and blendshapes of each frame, by the mediapipe package.

Runs in .venv-reference, as a process of its own: nothing of the project is imported here, and
mediapipe is imported nowhere else. Frames come in on standard input, so that both sides see the
same decoder's pixels and none is written to disk.

    python mediapipe_landmarks.py --task FILE --mode IMAGE --size 640x360 --out FILE.npz < frames

Standard input: frames one after the other, (height, width, 3) uint8, blue, green, red.
The file written holds, for n frames:
    found: (n,) bool
    points: (n, 478, 3) float32, x and y in frame pixels, z times the frame's width; nan if not found
    blendshapes: (n, 52) float32, 0 to 1; nan if not found
    names: (52,) blendshape names, or (0,) if no face was found in any frame
    seconds: (n,) float64, wall time of each call
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mediapipe  # type: ignore[import-not-found]  # only in .venv-reference
import numpy as np
from mediapipe.tasks.python import (  # type: ignore[import-not-found]
    BaseOptions,
    vision,
)

# Any rising times do: only the order matters to VIDEO mode's tracking.
MILLISECONDS_A_FRAME = 33


def read_frames(width: int, height: int) -> Iterator[np.ndarray]:
    """Frames from standard input, as RGB."""
    size = width * height * 3
    while len(data := sys.stdin.buffer.read(size)) == size:
        frame = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        yield np.ascontiguousarray(frame[..., ::-1])


def open_landmarker(task: Path, mode: str) -> Any:
    """MediaPipe's Face Landmarker for one face, with its default thresholds."""
    return vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(task)),
            running_mode=vision.RunningMode[mode],
            output_face_blendshapes=True,
        )
    )


def main() -> None:
    """Read frames, write arrays."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--mode", choices=("IMAGE", "VIDEO"), required=True)
    parser.add_argument("--size", required=True, help="WIDTHxHEIGHT of a frame, pixels")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    width, height = (int(part) for part in arguments.size.split("x"))
    found: list[bool] = []
    points: list[np.ndarray] = []
    blendshapes: list[np.ndarray] = []
    seconds: list[float] = []
    names: list[str] = []
    with open_landmarker(arguments.task, arguments.mode) as landmarker:
        for index, frame in enumerate(read_frames(width, height)):
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame)
            start = time.perf_counter()
            if arguments.mode == "IMAGE":
                result = landmarker.detect(image)
            else:
                result = landmarker.detect_for_video(image, index * MILLISECONDS_A_FRAME)
            seconds.append(time.perf_counter() - start)
            found.append(bool(result.face_landmarks))
            if not found[-1]:
                points.append(np.full((478, 3), np.nan))
                blendshapes.append(np.full(52, np.nan))
                continue
            fractions = np.array([(p.x, p.y, p.z) for p in result.face_landmarks[0]])
            points.append(fractions * (width, height, width))
            blendshapes.append(np.array([s.score for s in result.face_blendshapes[0]]))
            names = [shape.category_name for shape in result.face_blendshapes[0]]
    np.savez(
        arguments.out,
        found=np.array(found),
        points=np.array(points, np.float32),
        blendshapes=np.array(blendshapes, np.float32),
        names=np.array(names),
        seconds=np.array(seconds),
    )


if __name__ == "__main__":
    main()
