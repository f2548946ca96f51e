"""Frames decoded ahead are those of the file, and nobody reads when the block has ended."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.capture import VideoFile, reading_ahead
from kizashi_agent.errors import InputError
from kizashi_agent.frames import Frame

from tests.agent.generated_video import write_video

PICTURE = np.zeros((2, 2, 3), np.uint8)


class Counted:
    """Frames that count how many were decoded, and where."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self.decoded = 0
        self.threads: set[int] = set()

    def __iter__(self) -> Iterator[Frame]:
        """Frames, numbered."""
        for index in range(self._frames):
            self.decoded += 1
            self.threads.add(threading.get_ident())
            yield Frame(index, index / 30, PICTURE)


@given(st.integers(0, 20), st.integers(0, 4))
def test_frames_are_the_same_and_in_order(frames: int, count: int) -> None:
    """However many are decoded ahead."""
    source = Counted(frames)
    with reading_ahead(source, count) as ahead:
        assert [frame.index for frame in ahead] == list(range(frames))


def test_decoding_has_a_thread_of_its_own() -> None:
    """One, for a capture must not be read by two; and with 0 none."""
    for count, here in ((2, False), (0, True)):
        source = Counted(9)
        with reading_ahead(source, count) as ahead:
            assert len(list(ahead)) == 9
        assert len(source.threads) == 1
        assert (threading.get_ident() in source.threads) is here


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_no_more_is_decoded_than_asked(taken: int) -> None:
    """What is held is bounded, and when the block has ended nothing reads on."""
    source, threads = Counted(1000), threading.active_count()
    with reading_ahead(source, 3) as ahead:
        for _ in range(taken):
            next(ahead)
    assert source.decoded == taken + 3
    assert threading.active_count() == threads


def test_an_error_comes_after_the_frames_before_it() -> None:
    """It is raised where the frames are taken."""

    def breaking() -> Iterator[Frame]:
        yield from Counted(3)
        raise OSError("cable")

    with reading_ahead(breaking(), 2) as ahead:
        assert [next(ahead).index for _ in range(3)] == [0, 1, 2]
        with pytest.raises(OSError, match="cable"):
            next(ahead)


def test_a_file_without_frames_says_so(tmp_path: Path) -> None:
    """The reason of the file itself comes through."""
    video = write_video(tmp_path / "a.mp4", [100] * 5)
    with VideoFile(video) as file:
        assert len(list(file)) == 5
        with pytest.raises(InputError) as caught, reading_ahead(file, 2) as ahead:
            list(ahead)
    assert caught.value.reason == "NO_FRAMES"
