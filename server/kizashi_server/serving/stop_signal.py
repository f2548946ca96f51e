"""Waiting for the signal that ends a server, whatever the process does when it comes.

A handler that sets an event is not enough. Python runs handlers between two steps of the main
thread: one that comes while that thread holds the event's own lock waits for it for ever, and one
that comes just before it falls asleep is not run before something else wakes it. So the wait is for
the byte that the interpreter itself writes at once, in the signal (`signal.set_wakeup_fd`).

Both are for the main thread, and one wait at a time: a process has one such descriptor.
"""

import signal
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT)

Action = Callable[[int, FrameType | None], object] | signal.Handlers


@contextmanager
def ending_at_once() -> Iterator[None]:
    """In the block these signals end the process: while it starts there is nothing to take apart."""
    with _answered_by(signal.SIG_DFL, STOPPING):
        yield


@contextmanager
def stop_signal(
    numbers: Iterable[signal.Signals] = STOPPING,
) -> Iterator[Callable[[], None]]:
    """A wait for the first of these signals since the block was entered; they do nothing else."""
    told, writing = socket.socketpair()

    def wait() -> None:
        told.recv(1)

    with told, writing:
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            with _answered_by(lambda *_: None, numbers):
                yield wait
        finally:
            signal.set_wakeup_fd(before)


@contextmanager
def _answered_by(action: Action, numbers: Iterable[signal.Signals]) -> Iterator[None]:
    before = {number: signal.signal(number, action) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier or signal.SIG_DFL)
