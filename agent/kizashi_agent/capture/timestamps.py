"""Timestamps that start at 0 and rise, whatever the container says."""

FALLBACK_STEP = 1 / 30
"""Seconds between frames where none are announced; 30 a second is what laptops record."""


class RisingTimestamps:
    """Turns a container's presentation times into seconds since the first frame.

    A position that does not rise (damaged or joined files, or a decoder that lost count and says
    0) is replaced by the one before plus the last step seen.
    """

    def __init__(self, nominal_step: float) -> None:
        """Takes the step, in seconds, to go by until two positions have been seen."""
        self._step = nominal_step
        self._origin: float | None = None
        self._last = 0.0

    def follow(self, position: float) -> float:
        """The timestamp, in seconds, of the next frame, whose position is given in seconds."""
        if self._origin is None:
            self._origin = position
            return 0.0
        timestamp = position - self._origin
        if timestamp > self._last:
            self._step = timestamp - self._last
        else:
            timestamp = self._last + self._step
        self._last = timestamp
        return timestamp
