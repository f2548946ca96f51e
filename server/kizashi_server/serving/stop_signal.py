"""Waiting for the signal that ends a server, whatever the process does when it comes.

A handler that sets an event is not enough. Python runs handlers between two steps of the main
thread: one that comes while that thread holds the event's own lock waits for it for ever, and one
that comes just before it falls asleep is not run before something else wakes it. So the wait is for
the byte that the interpreter itself writes at once, in the signal (`signal.set_wakeup_fd`).
"""

import signal
import socket
from collections.abc import Iterable


class StopSignal:
    """The first of some signals, to be waited for; from here on they do nothing else."""

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        """To be made in the main thread, once a process: it has one such descriptor."""
        self._told, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Returns once one has come, were it before the wait began."""
        self._told.recv(1)
