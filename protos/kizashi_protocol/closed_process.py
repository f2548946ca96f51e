"""What both programs do before they hold a secret: leave no core file, and let nobody look in.

It keeps other programs of the same account from reading this one's memory by ptrace(2) or
/proc/PID/mem; not an administrator, and not whoever started it under a debugger. What is in memory
may still be written to swap, which only the machine's owner can encrypt or turn off.
"""

import ctypes
import sys
from pathlib import Path

try:
    import resource
except ImportError:  # Windows writes no core files
    resource = None  # type: ignore[assignment]

PR_SET_DUMPABLE = 4
"""prctl(2)."""


def close_process() -> None:
    """Turns core files off and, on Linux, closes this process's memory to its account.

    A process that is traced already stays open to its tracer: closing it would blind the trace by
    which anybody can see what the agent does, and hide nothing from whoever started it so.
    """
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and not _is_traced():
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _is_traced() -> bool:
    lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    return any(line.startswith("TracerPid:") and line.split()[1] != "0" for line in lines)
