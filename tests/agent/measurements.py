"""Measurements made for a test: a recording that passes the gate, and what to change in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from kizashi_agent.measurement import (
    ActionUnits,
    FaceFigures,
    FaceMeasurement,
    FrameMeasurement,
    HeadPose,
)
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

GOOD_FIGURES = FaceFigures(
    face_width=200.0,
    centre_x=320.0,
    centre_y=240.0,
    luma=130.0,
    clipped_fraction=0.0,
    mouth_open=0.01,
    mouth_visible=1.0,
    landmark_score=1.0,
)


@dataclass(frozen=True, slots=True)
class Face:
    """A face in short: what a test wants to be unlike the usual."""

    intensities: Sequence[float] = (1.0,) * len(INTENSITY_UNITS)
    present: frozenset[int] = frozenset()
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    figures: FaceFigures = GOOD_FIGURES

    @cache  # noqa: B019 - a test's few faces, repeated for thousands of frames
    def measurement(self) -> FaceMeasurement:
        """The measurement it stands for."""
        return FaceMeasurement(
            ActionUnits(
                np.array(self.intensities, np.float32),
                np.array([unit in self.present for unit in PRESENCE_UNITS]),
                np.array(self.intensities, np.float32),
            ),
            HeadPose(self.yaw, self.pitch, self.roll),
            self.figures,
        )


def face(**figures: float) -> Face:
    """The usual face but for some figures."""
    return Face(figures=replace(GOOD_FIGURES, **figures))


def frames_at(
    times: Sequence[float], at: Callable[[float], Face | None] = lambda _: Face(), faces: int = 1
) -> tuple[FrameMeasurement, ...]:
    """Frames at times in seconds, each with the face of that moment; None is a failed frame."""
    result = []
    for index, time in enumerate(times):
        seen = at(time)
        result.append(
            FrameMeasurement(
                index, time, faces if seen else 0, seen.measurement() if seen else None
            )
        )
    return tuple(result)


def recording(
    seconds: float = 13.0,
    rate: float = 30.0,
    at: Callable[[float], Face | None] = lambda _: Face(),
) -> tuple[FrameMeasurement, ...]:
    """An even recording; 13 s are 3 at rest and 10 of speaking."""
    return frames_at([index / rate for index in range(round(seconds * rate))], at)
