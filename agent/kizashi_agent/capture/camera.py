"""Frames of a camera on this machine, for a set time."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, Self, cast

import cv2
import numpy as np
import numpy.typing as npt

from kizashi_agent.capture.decoder import restrain_decoder
from kizashi_agent.capture.timestamps import FALLBACK_STEP, RisingTimestamps
from kizashi_agent.errors import InputError
from kizashi_agent.frames import Frame
from kizashi_agent.segments import WARM_UP

_NUMBERS = range(100)
"""A camera's number. OpenCV takes hundreds for a way of access, and a negative number crashes it."""

_WISHES = (
    # Compressed transfer first: over USB 2 most cameras give 30 frames a second at this size only
    # so. A camera that cannot do it ignores the wish.
    (cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*"MJPG"))),
    # At arm's length a face is near 130 px wide in 640 px, and twice that here; the gate asks 120.
    (cv2.CAP_PROP_FRAME_WIDTH, 1280.0),
    (cv2.CAP_PROP_FRAME_HEIGHT, 720.0),
    (cv2.CAP_PROP_FPS, 30.0),
)


class CaptureDevice(Protocol):
    """The part of `cv2.VideoCapture` that a camera needs."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether the camera answers."""
        ...

    def get(self, property_id: int, /) -> float:
        """A figure of the camera, 0 if unknown."""
        ...

    def set(self, property_id: int, value: float, /) -> bool:
        """Asks the camera for a figure."""
        ...

    def grab(self) -> bool:
        """Waits for the next picture."""
        ...

    def retrieve(self) -> tuple[bool, object]:
        """Decodes the picture grabbed."""
        ...

    def release(self) -> None:
        """Lets go of the camera."""
        ...


def open_device(number: int) -> CaptureDevice:
    """The camera of that number, counted from 0, opened or not."""
    return cast("CaptureDevice", cv2.VideoCapture(number))


def is_device_denied(number: int) -> bool:
    """Whether Linux has a camera of that number that this user may not open."""
    device = Path(f"/dev/video{number}")
    return device.exists() and not os.access(device, os.R_OK | os.W_OK)


class Camera:
    """A `FrameSource` over one camera; its light goes out when the context ends.

    Raises:
        InputError: CAMERA_DENIED or CAMERA_UNAVAILABLE on construction; CAMERA_STOPPED on
            iteration.
    """

    def __init__(
        self,
        number: int,
        *,
        duration: float,
        clock: Callable[[], float],
        opener: Callable[[int], CaptureDevice] = open_device,
        is_denied: Callable[[int], bool] = is_device_denied,
    ) -> None:
        """Turns the camera on.

        Args:
            number: which camera, counted from 0.
            duration: seconds to record after the warm-up.
            clock: seconds that never fall, such as `time.perf_counter`.
            opener: gives the camera of a number.
            is_denied: whether the system keeps this user from the camera of a number.
        """
        if number not in _NUMBERS:
            raise _unavailable(number)
        restrain_decoder()
        self._number = number
        self._duration = duration
        self._clock = clock
        self._device = opener(number)
        if not self._device.isOpened():
            self._device.release()
            raise _denied(number) if is_denied(number) else _unavailable(number)
        for property_id, value in _WISHES:
            self._device.set(property_id, value)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the picture."""
        return (
            int(self._device.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._device.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    @property
    def nominal_rate(self) -> float | None:
        """Frames per second as the camera announces it; in poor light it gives fewer."""
        rate = self._device.get(cv2.CAP_PROP_FPS)
        return rate if rate > 0 else None

    @property
    def announced_frames(self) -> int | None:
        """How many frames the duration holds at the announced rate."""
        rate = self.nominal_rate
        return None if rate is None else round(rate * self._duration)

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Turns the camera off."""
        self._device.release()

    def __iter__(self) -> Iterator[Frame]:
        """Frames as they come, from the end of the warm-up for the duration."""
        opened = self._clock()
        timestamps = RisingTimestamps(FALLBACK_STEP)
        index = 0
        while True:
            grabbed = self._device.grab()
            # The time of the grab, not of the decoding after it, is when the light was seen.
            now = self._clock()
            decoded, image = self._device.retrieve() if grabbed else (False, None)
            if not decoded:
                raise _stopped(self._number)
            if now - opened < WARM_UP:
                continue
            timestamp = timestamps.follow(now)
            if timestamp >= self._duration:
                return
            yield Frame(index, timestamp, cast("npt.NDArray[np.uint8]", image))
            index += 1


def _denied(number: int) -> InputError:
    return InputError(
        f"camera {number} may not be opened",
        f"You may not use camera {number}. Allow it (on Linux: membership of the group that owns "
        f"/dev/video{number}, usually video), then try again.",
        reason="CAMERA_DENIED",
    )


def _unavailable(number: int) -> InputError:
    return InputError(
        f"camera {number} does not open",
        f"Camera {number} does not open. Plug it in, close other programs that use it, allow "
        "camera access in the system settings, or name another camera, then try again.",
        reason="CAMERA_UNAVAILABLE",
    )


def _stopped(number: int) -> InputError:
    return InputError(
        f"camera {number} stopped giving frames",
        f"Camera {number} stopped during the recording. Check its cable and that no other program "
        "took it, then record again.",
        reason="CAMERA_STOPPED",
    )
