"""A server ends whenever it is told to."""

import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# Signals at any moment of the wait, its beginning above all: the first microseconds are where one
# could be lost. With an event in its place this ends after a few dozen rounds and never returns.
AT_ANY_MOMENT = """
import random, signal
from kizashi_server.serving.stop_signal import stop_signal
draw = random.Random(20).uniform
with stop_signal([signal.SIGALRM]) as wait:
    for _ in range(5_000):
        signal.setitimer(signal.ITIMER_REAL, draw(1e-6, 4e-5))
        wait()
"""

BEFORE_THE_WAIT = """
import os, signal
from kizashi_server.serving.stop_signal import stop_signal
with stop_signal() as wait:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    wait()
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


def test_signal_at_any_moment_ends_the_wait() -> None:
    """None is lost between a wait's first step and its sleep, and none waits for itself."""
    subprocess.run([sys.executable, "-c", AT_ANY_MOMENT], check=True, timeout=60)


def test_signal_before_the_wait_ends_it_too() -> None:
    """A second one changes nothing, and what a signal did before it does afterwards."""
    subprocess.run([sys.executable, "-c", BEFORE_THE_WAIT], check=True, timeout=60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_start_that_waits_for_another_command_can_be_ended(
    own_folder: Path, number: signal.Signals
) -> None:
    """Whoever holds the lock of the keys does not hold the server as well."""
    command = [sys.executable, "-m", "kizashi_server", "serve", "--config", "site.toml"]
    with (own_folder / "state" / "keys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(
            command, cwd=own_folder, stderr=subprocess.PIPE, text=True
        ) as process:
            _until_waiting(process.pid, own_folder / "state" / "keys.lock")
            process.send_signal(number)
            assert process.wait(timeout=30) == -number
            assert process.stderr is not None
            assert process.stderr.read() == ""


def _until_waiting(pid: int, lock: Path) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        opened = [each.resolve() for each in Path(f"/proc/{pid}/fd").iterdir()]
        if lock.resolve() in opened:
            return
        time.sleep(0.05)
    raise AssertionError("it never asked for the lock")
