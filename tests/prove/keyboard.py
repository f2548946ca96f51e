"""Standard inputs for a traced command: a line that was typed, or a terminal with somebody at it."""

import contextlib
import os
import pty
import termios
import threading
from collections.abc import Iterator

BETWEEN_ANSWERS = 0.3
"""Seconds; a terminal holds some thousand answers that nobody has read."""

_LOCAL_MODES = 3


@contextlib.contextmanager
def typed(text: str) -> Iterator[int]:
    """A pipe that holds a text and then ends; at most a few thousand characters."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


@contextlib.contextmanager
def somebody_agreeing() -> Iterator[int]:
    """A terminal; a yes again and again, since what is typed before a question is thrown away."""
    ours, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    modes[_LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    done = threading.Event()

    def agree() -> None:
        while not done.wait(BETWEEN_ANSWERS):
            os.write(ours, b"y\n")

    person = threading.Thread(target=agree)
    person.start()
    try:
        yield theirs
    finally:
        done.set()
        person.join()
        os.close(theirs)
        os.close(ours)
