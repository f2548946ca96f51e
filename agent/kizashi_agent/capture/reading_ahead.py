"""Frames decoded a little ahead of whoever measures them, in a thread of their own.

OpenCV and onnxruntime let go of Python's lock while they work, so one recording keeps a second
core busy for as long as decoding takes.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from kizashi_agent.frames import Frame


@contextmanager
def reading_ahead(frames: Iterable[Frame], count: int) -> Iterator[Iterator[Frame]]:
    """The same frames, as many as `count` of them decoded before they are asked for; 0 for none.

    Whatever the frames raise is raised here, in its place among them. When the block ends, nobody
    reads any more, so that their file may be closed.
    """
    source = iter(frames)
    if not count:
        yield source
        return
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(next, source, None) for _ in range(count))

        def in_order() -> Iterator[Frame]:
            while (frame := waiting.popleft().result()) is not None:
                waiting.append(thread.submit(next, source, None))
                yield frame

        yield in_order()
