"""Runs the agent's own tracker over clips and portraits, and keeps what a head is fitted on.

    python models/training/features.py --clips VIDEOS [--portraits PICTURES] --cache FOLDER

FOLDER/clips/STEM.npz and FOLDER/portraits/STEM.npz hold, a row a frame with a face:
`frame` (1-based), `points` (478, 3), `blendshapes` (52), and the last two once more as the tracker
gives them for the mirrored picture (`mirrored_points`, `mirrored_blendshapes`); `frames` is how
many the file holds. They are landmarks of people, so FOLDER has to lie outside the repository.
Files already there are kept; a portrait is a clip of one frame.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from kizashi_agent.capture import VideoFile
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker

REPOSITORY = Path(__file__).resolve().parents[2]
VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".wmv", ".mpg", ".mkv", ".webm"})
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


class Observer:
    """Two trackers, one of them for the mirrored picture."""

    def __init__(self) -> None:
        self._upright, self._mirrored = FaceTracker.open(), FaceTracker.open()

    def observe(self, frames: Iterable[Frame]) -> dict[str, np.ndarray]:
        """The arrays of one recording, as the module says."""
        self._upright.restart()
        self._mirrored.restart()
        rows: list[tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        count = 0
        for frame in frames:
            count += 1
            seen = self._upright.observe(frame)
            turned = Frame(frame.index, frame.timestamp, cv2.flip(frame.image, 1))
            other = self._mirrored.observe(turned)
            if seen.landmarks is not None and other.landmarks is not None:
                rows.append(
                    (
                        frame.index + 1,
                        seen.landmarks.points,
                        seen.blendshapes,
                        other.landmarks.points,
                        other.blendshapes,
                    )
                )
        names = ("frame", "points", "blendshapes", "mirrored_points", "mirrored_blendshapes")
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        arrays = {name: np.array(column) for name, column in zip(names, columns, strict=True)}
        return arrays | {"frames": np.array(count)}


def write_clips(folder: Path, cache: Path, observer: Observer) -> None:
    """Caches each video of a folder."""
    for path in _files(folder, VIDEO_SUFFIXES):
        target = cache / f"{path.stem}.npz"
        if not target.exists():
            with VideoFile(path) as video:
                _save(target, observer.observe(video))
            print(target.name, flush=True)


def write_portraits(folder: Path, cache: Path, observer: Observer) -> None:
    """Caches each picture of a folder."""
    for path in _files(folder, PICTURE_SUFFIXES):
        target = cache / f"{path.stem}.npz"
        if not target.exists():
            _save(target, observer.observe([Frame(0, 0.0, cv2.imread(str(path)))]))


def _files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def _save(target: Path, arrays: dict[str, np.ndarray]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part.npz")
    np.savez(unfinished, **arrays)
    unfinished.replace(target)


def main(arguments: Sequence[str]) -> None:
    """Reads and writes as the module says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args(arguments)
    if options.cache.resolve().is_relative_to(REPOSITORY):
        sys.exit("the cache holds landmarks of people: give a folder outside the repository")
    observer = Observer()
    write_clips(options.clips, options.cache / "clips", observer)
    if options.portraits:
        write_portraits(options.portraits, options.cache / "portraits", observer)


if __name__ == "__main__":
    main(sys.argv[1:])
