"""Blinks, onsets and speech in an even track: what happens, as against what is."""

import numpy as np

from kizashi_agent.movements import movements
from kizashi_agent.resample import RATE, Booleans, Floats, Track, stretches

SHORTEST_PRESENCE = 3
"""Samples, 0.1 s: presence, or a pause in it, that is shorter is a flicker of the classifier. A
blink, the briefest of facial actions, keeps the lids down about that long."""

LEAST_BLINK = 0.7
"""Of the 0-5 of AU45, above the recording's median: squints and glances down mostly stay below.
Chosen so that the blinks are those found likewise in OpenFace's AU45, in clips measured by heads
that had not seen their people; anything from 0.6 to 0.9 agrees about as well."""

LONGEST_BLINK = 0.5
"""Seconds between half shut and half open again: eyes shut for longer are closed, not blinking
(judgement)."""

LIPS_PARTED = 0.05
"""Gap of the inner lips over the width of the mouth: above most closed lips, which the face mesh
leaves a little apart, and well below a speaking mouth (judgement)."""

_SPEECH_TREND = 9
"""Samples, 0.3 s: a running mean of them is taken off, which leaves movements above about 1.5 a
second, syllables among them (speech has 2 to 8 a second), and takes smiles and yawns away."""

_SPEECH_WINDOW = 21
"""Samples, 0.7 s, over which the movement is averaged: pauses between words stay inside."""

_SPEECH_MOVEMENT = 0.012
"""Root mean square of `mouth_open` less its trend from which a mouth speaks. Chosen, with both
lengths above, to agree with the sound of recordings of people who speak and who are silent."""


def onsets(present: Booleans, valid: Booleans) -> int:
    """How often presence began, in sight of the camera.

    Pauses and then runs shorter than `SHORTEST_PRESENCE` are taken out first. What is present when
    a stretch of valid samples starts did not begin there.
    """
    return sum(
        int(np.count_nonzero(np.diff(_without_flicker(present[stretch]).astype(np.int8)) > 0))
        for stretch in stretches(valid)
    )


def blinks(closing: Floats, valid: Booleans) -> int:
    """How often the lids came down and up again within `LONGEST_BLINK`, in sight of the camera.

    Args:
        closing: (n,) intensity of AU45 in a `Track`; its median is the eyes as they usually are.
        valid: (n,) whether it was measured.
    """
    if not valid.any():
        return 0
    return sum(
        each.height >= LEAST_BLINK
        and each.onset is not None
        and each.offset is not None
        and each.offset - each.onset <= LONGEST_BLINK
        for each in movements(closing, valid, float(np.median(closing[valid])))
    )


def speaking(track: Track) -> Booleans:
    """(n,) whether the mouth moves as in speech; False where not valid."""
    if not track.valid.any():
        return track.valid
    samples = np.arange(len(track.valid))
    # Across a gap the mouth is taken to move evenly: neither speech nor silence is made up.
    opening = np.interp(samples, samples[track.valid], track.mouth_open[track.valid])
    movement = opening - _running_mean(opening, _SPEECH_TREND)
    strength = np.sqrt(_running_mean(movement**2, _SPEECH_WINDOW))
    moves: Booleans = (strength > _SPEECH_MOVEMENT) & track.valid
    return moves


def mean_head_speed(track: Track) -> float:
    """Mean angular speed of the head, degrees per second, over the valid stretches.

    Angles are averaged over 5 samples first: the landmarks' own jitter, a few tenths of a degree
    from frame to frame, would otherwise read as 10 degrees per second. The speed is the length of
    the three angles' change, which holds for the small turns that the gate allows.
    """
    moves = [
        np.linalg.norm(np.diff(smooth, axis=0), axis=1) * RATE
        for smooth in (
            np.stack([_running_mean(angle, 5) for angle in track.head_pose[stretch].T], axis=1)
            for stretch in stretches(track.valid)
        )
    ]
    speeds = np.concatenate([*moves, np.empty(0)])
    return float(speeds.mean()) if len(speeds) else 0.0


def _without_flicker(present: Booleans) -> Booleans:
    steady = present.copy()
    for value in (False, True):
        edges = np.flatnonzero(np.diff(steady)) + 1
        for run in np.split(steady, edges):  # views: what is set here is set in `steady`
            if len(run) < SHORTEST_PRESENCE and run[:1] == value:
                run[:] = not value
    return steady


def _running_mean(values: Floats, length: int) -> Floats:
    """The mean over `length` samples around each; fewer at the ends."""
    kernel = np.ones(length)
    # "same" gives as many values as the longer of the two; a short stretch must keep its own.
    summed = np.convolve(values, kernel, mode="full")[length // 2 :][: len(values)]
    counted = np.convolve(np.ones(len(values)), kernel, mode="full")[length // 2 :][: len(values)]
    mean: Floats = summed / counted
    return mean
