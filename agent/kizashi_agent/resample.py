"""Measurements at uneven times brought to an even 30 a second, gaps left as gaps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from kizashi_agent.measurement import FaceMeasurement, FrameMeasurement

RATE = 30
"""Samples per second: what most laptops record, so that most recordings stay as they are."""

REACH = 1 / 23.5
"""Seconds to the nearest frame beyond which there is no sample: one step of the slowest rate that
the recording gate lets pass, so that a single dropped frame is bridged and two are a gap."""

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Measurements of n samples, `RATE` a second; rows that are not valid hold zeros.

    Attributes:
        valid: (n,) whether a face was measured there.
        intensities: (n, 17) 0-5, in `INTENSITY_UNITS` order.
        uncut: (n, 17) as `ActionUnits.uncut`.
        presences: (n, 18) in `PRESENCE_UNITS` order.
        head_pose: (n, 3) degrees: yaw, pitch, roll.
        mouth_open: (n,) as `FaceFigures.mouth_open`.
    """

    valid: Booleans
    intensities: Floats
    uncut: Floats
    presences: Booleans
    head_pose: Floats
    mouth_open: Floats


def resample(frames: Sequence[FrameMeasurement]) -> Track:
    """Brings frames in order of time, one or more, to `RATE` samples a second.

    Figures are linear between two valid frames that are near enough, and those of the nearest
    frame beside a gap; presences are those of the nearest frame. A sample whose nearest frame
    failed, or is further than `REACH`, is not valid.
    """
    times = np.array([each.timestamp for each in frames])
    measured = np.array([each.face is not None for each in frames])
    count = int((times[-1] - times[0]) * RATE + 1e-6) + 1
    grid = times[0] + np.arange(count) / RATE

    before = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 1)
    after = np.minimum(before + 1, len(times) - 1)
    step = times[after] - times[before]
    share = np.divide(grid - times[before], step, out=np.zeros(count), where=step > 0)
    nearest = np.where(share <= 0.5, before, after)
    valid = measured[nearest] & (np.abs(times[nearest] - grid) <= REACH)
    bridged = measured[before] & measured[after] & (step <= 2 * REACH)
    share = np.where(bridged, share, nearest == after)

    figures, presences = _columns(frames)
    blended = figures[before] * (1 - share)[:, None] + figures[after] * share[:, None]
    blended[~valid] = 0
    width = len(INTENSITY_UNITS)
    return Track(
        valid=valid,
        intensities=blended[:, :width],
        uncut=blended[:, width : 2 * width],
        presences=presences[nearest] & valid[:, None],
        head_pose=blended[:, 2 * width : 2 * width + 3],
        mouth_open=blended[:, 2 * width + 3],
    )


def stretches(valid: Booleans) -> Iterator[slice]:
    """The unbroken runs of valid samples, in order."""
    edges = np.flatnonzero(np.diff(valid, prepend=False, append=False))
    for start, end in edges.reshape(-1, 2).tolist():
        yield slice(start, end)


def _columns(frames: Sequence[FrameMeasurement]) -> tuple[Floats, Booleans]:
    """(n, 38) figures and (n, 18) presences; zeros where no face was measured."""
    figures = np.zeros((len(frames), 2 * len(INTENSITY_UNITS) + 4))
    presences = np.zeros((len(frames), len(PRESENCE_UNITS)), bool)
    for row, frame in enumerate(frames):
        if frame.face is not None:
            figures[row] = _figures(frame.face)
            presences[row] = frame.face.action_units.presences
    return figures, presences


def _figures(face: FaceMeasurement) -> list[float]:
    pose, figures = face.head_pose, face.figures
    return [
        *face.action_units.intensities.tolist(),
        *face.action_units.uncut.tolist(),
        *(pose.yaw, pose.pitch, pose.roll, figures.mouth_open),
    ]
