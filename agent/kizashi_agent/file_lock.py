"""An exclusive lock on an open file, by the operating system.

It ends with the process that holds it, however that ends, so a process that was killed locks
nobody out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def lock(file: IO[bytes]) -> None:
        """Locks the file, or raises one of `HELD` when somebody else has it."""
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    HELD: tuple[type[OSError], ...] = (PermissionError, BlockingIOError)
else:
    import fcntl

    def lock(file: IO[bytes]) -> None:
        """Locks the file, or raises one of `HELD` when somebody else has it."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    HELD: tuple[type[OSError], ...] = (BlockingIOError,)

_PAUSE = 0.05


def wait_for_lock(
    file: IO[bytes], seconds: float, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Locks the file as soon as nobody else has it.

    Raises:
        TimeoutError: somebody has had it all that time.
    """
    for _ in range(int(seconds / _PAUSE)):
        try:
            lock(file)
        except HELD:
            sleep(_PAUSE)
        else:
            return
    raise TimeoutError("the lock is held by another process")
