"""A server ends whenever it is told to."""

import subprocess
import sys

# Signals at any moment of the wait, its beginning above all: the first microseconds are where one
# could be lost. With an event in its place this ends after a few dozen rounds and never returns.
AT_ANY_MOMENT = """
import random, signal
from kizashi_server.serving.stop_signal import StopSignal
draw = random.Random(20).uniform
stopping = StopSignal([signal.SIGALRM])
for _ in range(5_000):
    signal.setitimer(signal.ITIMER_REAL, draw(1e-6, 4e-5))
    stopping.wait()
"""

BEFORE_THE_WAIT = """
import os, signal
from kizashi_server.serving.stop_signal import StopSignal
stopping = StopSignal([signal.SIGTERM, signal.SIGINT])
os.kill(os.getpid(), signal.SIGTERM)
os.kill(os.getpid(), signal.SIGINT)
stopping.wait()
"""


def test_signal_at_any_moment_ends_the_wait() -> None:
    """None is lost between a wait's first step and its sleep, and none waits for itself."""
    subprocess.run([sys.executable, "-c", AT_ANY_MOMENT], check=True, timeout=60)


def test_signal_before_the_wait_ends_it_too() -> None:
    """A server told to stop while it starts stops once it has started; a second changes nothing."""
    subprocess.run([sys.executable, "-c", BEFORE_THE_WAIT], check=True, timeout=60)
