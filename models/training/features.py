"""What the agent's own tracker and features make of clips and portraits, kept for fitting.

A cache holds, for each recording, FOLDER/STEM.npz: a row a frame with a face. It holds features of
people's faces, so it has to lie outside the repository. Files already there are kept; delete the
folder after a change to the tracker or the features. A portrait is a clip of one frame.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from kizashi_agent.action_units import FEATURE_COUNT, features
from kizashi_agent.capture import VideoFile
from kizashi_agent.errors import InputError
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker, face_width, head_pose
from numpy.typing import NDArray
from tables import TableError

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One recording's frames with a face.

    Attributes:
        frame: (n,) int64, from 1.
        features: (n, FEATURE_COUNT) float32.
        yaw: (n,) float32, radians.
        face_width: (n,) float32, pixels from ear to ear.
    """

    frame: NDArray[np.int64]
    features: Floats
    yaw: Floats
    face_width: Floats


def observe(frames: Iterable[Frame], tracker: FaceTracker) -> Observed:
    """Follows the face through a recording."""
    tracker.restart()
    numbers: list[int] = []
    rows: list[Floats] = []
    turns: list[float] = []
    widths: list[float] = []
    for frame in frames:
        seen = tracker.observe(frame)
        if seen.landmarks is not None:
            points = seen.landmarks.points
            numbers.append(frame.index + 1)
            rows.append(features(frame.image, points))
            turns.append(math.radians(head_pose(points).yaw))
            widths.append(face_width(points))
    return Observed(
        np.array(numbers, np.int64),
        np.array(rows, np.float32).reshape(-1, FEATURE_COUNT),
        np.array(turns, np.float32),
        np.array(widths, np.float32),
    )


def read(path: Path) -> Observed:
    """One file of a cache.

    Raises:
        TableError: it holds features of another number, of an earlier version.
    """
    with np.load(path) as arrays:
        seen = Observed(**arrays)
    if seen.features.shape[1] != FEATURE_COUNT:
        raise TableError(f"{path}: features of another version; delete the cache")
    return seen


def write_cache(recordings: Sequence[Path], cache: Path, jobs: int) -> None:
    """Observes each video or picture that the cache has not yet.

    Exits when the cache lies inside the repository, two recordings have one stem, or one cannot be
    read.
    """
    if cache.resolve().is_relative_to(REPOSITORY):
        sys.exit("the cache holds features of people: give a folder outside the repository")
    stems = Counter(path.stem for path in recordings)
    if twice := [stem for stem, count in stems.items() if count > 1]:
        sys.exit(f"two recordings are called {twice[0]}: rename one")
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    missing = [path for path in recordings if not (cache / f"{path.stem}.npz").exists()]
    if not missing:
        return
    shares = [(missing[start::jobs], cache) for start in range(jobs)]
    with ProcessPoolExecutor(jobs) as pool:
        list(pool.map(_write, *zip(*shares, strict=True)))


def _write(recordings: list[Path], cache: Path) -> None:
    cv2.setNumThreads(1)
    tracker = FaceTracker.open()
    for path in recordings:
        seen = _observe_file(path, tracker)
        unfinished = cache / f"{path.stem}.part.npz"
        np.savez(
            unfinished,
            frame=seen.frame,
            features=seen.features,
            yaw=seen.yaw,
            face_width=seen.face_width,
        )
        unfinished.replace(cache / f"{path.stem}.npz")


def _observe_file(path: Path, tracker: FaceTracker) -> Observed:
    if path.suffix.lower() in PICTURE_SUFFIXES:
        picture = cv2.imread(str(path))
        if picture is None:
            sys.exit(f"{path} cannot be read as a picture")
        return observe([Frame(0, 0.0, np.asarray(picture, np.uint8))], tracker)
    try:
        with VideoFile(path) as video:
            return observe(video, tracker)
    except InputError as error:
        sys.exit(f"{path}: {error.log}")


def recordings(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """The videos or pictures of a folder, by name; exits when there is none."""
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in suffixes)
    if not found:
        sys.exit(f"{folder} holds none of {', '.join(sorted(suffixes))}")
    return found
