"""One frame of a recording, as the rest of the agent sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture and when it was taken. Lives in memory only; its repr shows no pixel.

    Attributes:
        index: 0 for the first frame of the recording.
        timestamp: seconds since the start of the recording.
        image: (height, width, 3) uint8, blue, green, red, as OpenCV delivers it.
    """

    index: int
    timestamp: float
    image: NDArray[np.uint8] = field(repr=False)

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.image.shape[0])
