"""Frames of a video file on this machine."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Self, cast

import cv2
import numpy as np
import numpy.typing as npt

from kizashi_agent.capture.container import HEADER_BYTES, is_video_container
from kizashi_agent.capture.decoder import restrain_decoder
from kizashi_agent.capture.timestamps import FALLBACK_STEP, RisingTimestamps
from kizashi_agent.errors import InputError
from kizashi_agent.frames import Frame

_MOST_ANNOUNCED = 100_000_000
"""An announced number of frames beyond this (39 days at 30 a second) is a damaged header."""

_ONE_THREAD = (cv2.CAP_PROP_N_THREADS, 1)
"""At 640 x 480 a second one makes decoding slower, and takes the core of another recording."""


class VideoFile:
    """A `FrameSource` over one local file, decoded as it is read.

    Timestamps are the presentation times in the file, so a variable frame rate keeps its rhythm;
    pictures are turned upright as the file's metadata asks. One decoded frame is held at a time.

    Raises:
        InputError: FILE_MISSING, FILE_UNREADABLE or NOT_A_VIDEO on construction; NO_FRAMES on
            iteration.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file at `path`: a path and nothing else, never an address."""
        _require_video(path)
        restrain_decoder()
        # An absolute path cannot be read as an address; FFmpeg alone, for OpenCV's other backends
        # take a file name for a pattern of pictures.
        self._capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG, _ONE_THREAD)
        self._name = path.name
        if not self._capture.isOpened():
            raise _not_a_video(path.name)
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the upright picture."""
        return (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    @property
    def nominal_rate(self) -> float | None:
        """Frames per second as the file announces it."""
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        return rate if math.isfinite(rate) and rate > 0 else None

    @property
    def announced_frames(self) -> int | None:
        """How many frames the file announces; some files hold fewer."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if 0 < count <= _MOST_ANNOUNCED else None

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Closes the file."""
        self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time; the rest of the file can be read once."""
        rate = self.nominal_rate
        timestamps = RisingTimestamps(FALLBACK_STEP if rate is None else 1 / rate)
        index = 0
        while True:
            decoded, image = self._capture.read()
            if not decoded:
                break
            position = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            yield Frame(index, timestamps.follow(position), cast("npt.NDArray[np.uint8]", image))
            index += 1
        if index == 0:
            raise InputError(
                f"no frame decodes in {self._name}",
                f"{self._name} holds no picture that can be read. It may be damaged or still "
                "copying: play it in a video player, or record again.",
                reason="NO_FRAMES",
            )


def _require_video(path: Path) -> None:
    if not path.exists():
        raise InputError(
            f"{path.name} does not exist",
            f"There is no file {path}. Check the path and try again.",
            reason="FILE_MISSING",
        )
    if path.is_dir():
        raise InputError(
            f"{path.name} is a folder",
            f"{path} is a folder. Name what is recorded in it, file by file.",
            reason="NOT_A_VIDEO",
        )
    if not path.is_file():
        raise _not_a_video(path.name)
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror}",
            f"{path} cannot be read ({error.strerror}). Check who may read it and try again.",
            reason="FILE_UNREADABLE",
        ) from None
    if not is_video_container(header):
        raise _not_a_video(path.name)


def _not_a_video(name: str) -> InputError:
    return InputError(
        f"{name} is not a video",
        f"{name} is not a video that can be read. Give an MP4, MOV, MKV, WebM, AVI, WMV or MPEG "
        "file.",
        reason="NOT_A_VIDEO",
    )
