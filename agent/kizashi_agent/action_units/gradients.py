"""Histograms of oriented gradients: where in a face edges lie, how steep, and which way they run.

After Felzenszwalb, Girshick, McAllester and Ramanan, "Object Detection with Discriminatively
Trained Part-Based Models", IEEE TPAMI 32(9), 2010, section 6.1: cells of 8 pixels, 18 signed and 9
unsigned orientations and 4 sums of gradient energy a cell, each normalised by the energy of the
four blocks of 2 by 2 cells that the cell is in. Folds and bulges of skin show in them, which
landmarks do not see; evenly brighter or darker light does not.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from kizashi_agent.action_units.aligned_face import SIDE

CELL = 8  # pixels
SIGNED, UNSIGNED = 18, 9
CELLS = SIDE // CELL - 2
"""In a row of the result: the outermost have no block on one side and are left out."""

GRADIENT_COUNT = CELLS * CELLS * (SIGNED + UNSIGNED + 4)

Plane = npt.NDArray[np.float32]

_CLIPPED_AT = 0.2  # the paper's alpha
_ENERGY_WEIGHT = 0.2357
"""The square root of 1/18: the energies weigh as much as the orientations they sum over."""
_LEAST_ENERGY = 1e-4  # keeps an even patch from being divided by nothing


# Each inner pixel of a row lies between the centres of two cells, and gives to the first of them
# what it does not give to the second. Cells are counted with one more at either end.
_PIXELS = np.arange(1, SIDE - 1)
_FIRST, _TO_SECOND = np.divmod((_PIXELS + 0.5) / CELL + 0.5, 1)
_TO_SECOND = _TO_SECOND.astype(np.float32)
_ROW_CELLS = SIDE // CELL + 2
_PLACES = (_PIXELS[:, None] - 1) * _ROW_CELLS * SIGNED + _FIRST.astype(np.int64)[None] * SIGNED
"""(inner rows, inner columns): where its first cell's first orientation is, each row apart."""
_POOLING = np.clip(
    1 - np.abs(_PIXELS - ((np.arange(SIDE // CELL) + 0.5) * CELL - 0.5)[:, None]) / CELL, 0, None
).astype(np.float32)
"""(cells, inner rows): what each row of pixels gives to each row of cells."""


def histogram_of_gradients(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The histograms of an aligned face.

    Args:
        picture: (SIDE, SIDE, 3) uint8. At each pixel the colour with the steepest gradient counts.

    Returns:
        (GRADIENT_COUNT,) float32, 0 to 1: row by row of cells, in each cell the signed
        orientations (from 0 degrees, towards the person's left in the picture, clockwise), the
        unsigned ones, the four energies.
    """
    histogram = _histogram(picture)
    unsigned = histogram[..., :UNSIGNED] + histogram[..., UNSIGNED:]
    energy = np.square(unsigned).sum(axis=-1)
    block = energy[:-1, :-1] + energy[:-1, 1:] + energy[1:, :-1] + energy[1:, 1:]
    factor = 1 / np.sqrt(block + np.float32(_LEAST_ENERGY))
    around = (factor[1:, 1:], factor[:-1, 1:], factor[1:, :-1], factor[:-1, :-1])
    inner = slice(1, -1)
    every = np.concatenate((histogram[inner, inner], unsigned[inner, inner]), axis=-1)
    clipped = [np.minimum(every * each[..., None], np.float32(_CLIPPED_AT)) for each in around]
    orientations = np.float32(0.5) * (clipped[0] + clipped[1] + clipped[2] + clipped[3])
    energies = np.float32(_ENERGY_WEIGHT) * np.stack(
        [each[..., :SIGNED].sum(axis=-1) for each in clipped], axis=-1
    )
    result: npt.NDArray[np.float32] = np.concatenate((orientations, energies), axis=-1).ravel()
    return result


def _histogram(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(rows, columns, SIGNED): gradient magnitude by orientation, shared among near cells."""
    across, down = _steepest(picture)
    magnitude, angle = cv2.cartToPolar(across, down)
    # The nearest of 18 directions; a whole turn is the first again.
    nearest = (angle * np.float32(UNSIGNED / math.pi) + np.float32(0.5)).astype(np.int64)
    nearest[nearest == SIGNED] = 0
    first = (_PLACES + nearest).ravel()
    to_second = magnitude * _TO_SECOND
    by_row = np.bincount(
        np.concatenate((first, first + SIGNED)),
        np.concatenate(((magnitude - to_second).ravel(), to_second.ravel())),
        minlength=len(_PIXELS) * _ROW_CELLS * SIGNED,
    )
    pooled = _POOLING @ by_row.reshape(len(_PIXELS), -1).astype(np.float32)
    return pooled.reshape(len(_POOLING), _ROW_CELLS, SIGNED)[:, 1:-1]


def _steepest(picture: npt.NDArray[np.uint8]) -> tuple[Plane, Plane]:
    """(SIDE - 2, SIDE - 2) each: the gradient across and down of the colour where it is largest."""
    (across, down, steepness), *others = (_gradient(plane) for plane in cv2.split(picture))
    for other_across, other_down, other in others:
        steeper = cv2.compare(other, steepness, cv2.CMP_GT)
        cv2.copyTo(other_across, steeper, across)
        cv2.copyTo(other_down, steeper, down)
        cv2.max(other, steepness, dst=steepness)
    return across, down


def _gradient(colour: cv2.typing.MatLike) -> tuple[Plane, Plane, Plane]:
    """Right less left, below less above, and both squared and summed, of each inner pixel."""
    plane = colour.astype(np.float32)
    across = plane[1:-1, 2:] - plane[1:-1, :-2]
    down = plane[2:, 1:-1] - plane[:-2, 1:-1]
    return across, down, across * across + down * down
