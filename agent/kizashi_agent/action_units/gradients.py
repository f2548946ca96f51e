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

_CLIPPED_AT = 0.2  # the paper's alpha
_ENERGY_WEIGHT = 0.2357
"""The square root of 1/18: the energies weigh as much as the orientations they sum over."""
_LEAST_ENERGY = 1e-4  # keeps an even patch from being divided by nothing


def _pooling() -> npt.NDArray[np.float32]:
    """(cells, inner pixels): what each pixel gives to the nearest two cells of a row, by place."""
    pixels = np.arange(1, SIDE - 1)
    centres = (np.arange(SIDE // CELL) + 0.5) * CELL - 0.5
    share = 1 - np.abs(pixels - centres[:, None]) / CELL
    return np.clip(share, 0, None).astype(np.float32)


_POOLING = _pooling()
_ORIENTATIONS = np.arange(SIGNED, dtype=np.uint8)[:, None, None]


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
    nearest = (angle * np.float32(UNSIGNED / math.pi) + np.float32(0.5)).astype(np.uint8)
    nearest[nearest == SIGNED] = 0
    spread = (nearest == _ORIENTATIONS) * magnitude
    # Two small products: (18, 110, 110) to (18, 110, 14), then to (18, 14, 14).
    pooled: npt.NDArray[np.float32] = np.matmul(_POOLING, spread @ _POOLING.T)
    return pooled.transpose(1, 2, 0)


def _steepest(
    picture: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(SIDE - 2, SIDE - 2) each: the gradient across and down of the colour where it is largest."""
    across = down = square = np.zeros((SIDE - 2, SIDE - 2), np.float32)
    for colour in np.moveaxis(picture, -1, 0).astype(np.float32):
        this_across = colour[1:-1, 2:] - colour[1:-1, :-2]
        this_down = colour[2:, 1:-1] - colour[:-2, 1:-1]
        this_square = this_across * this_across + this_down * this_down
        steeper = this_square > square
        across = np.where(steeper, this_across, across)
        down = np.where(steeper, this_down, down)
        square = np.maximum(square, this_square)
    return across, down
