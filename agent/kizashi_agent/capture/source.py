"""What every giver of frames promises."""

from collections.abc import Iterator
from typing import Protocol, Self

from kizashi_agent.frames import Frame


class FrameSource(Protocol):
    """A recording, read once, one frame at a time; a context manager that lets go at its end.

    Timestamps start at 0 and rise strictly. No frame is kept: who holds none holds no picture.
    """

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the upright picture."""
        ...

    @property
    def nominal_rate(self) -> float | None:
        """Frames per second as announced, None if not announced; the timestamps are the truth."""
        ...

    @property
    def announced_frames(self) -> int | None:
        """How many frames are announced, None if unknown; good for a progress bar alone."""
        ...

    def __enter__(self) -> Self:
        """Returns itself."""
        ...

    def __exit__(self, *exception: object) -> None:
        """Lets go of the file or the camera."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time.

        Raises:
            InputError: no frame came, or no more come though they should.
        """
        ...
