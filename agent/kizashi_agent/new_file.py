"""A file that is made and never overwritten, closed to other accounts from its first byte."""

import os
from pathlib import Path

from kizashi_agent.errors import InputError


def open_new(path: Path, mode: int = 0o600) -> int:
    """A descriptor to write a new file with.

    Raises:
        FileExistsError: there is one.
        OSError: it cannot be made.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)


def write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Writes a new file and returns when it is on the disk; errors as `open_new`."""
    with os.fdopen(open_new(path, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def require_new(path: Path) -> None:
    """Returns where a new file can be made under this name, before anybody is asked for more.

    Raises:
        InputError: there is one, or its folder is not there.
    """
    if path.exists():
        raise is_there(path)
    if not path.parent.is_dir():
        raise InputError(
            f"the folder of {path.name} is not there",
            f"The folder {path.parent} is not there. Make it first, or name another.",
            reason="FOLDER_MISSING",
        )


def is_there(path: Path) -> InputError:
    """What is told of a file that was left as it is."""
    return InputError(
        f"{path.name} is there already",
        f"{path} is there already and was left as it is. Name another file.",
        reason="FILE_EXISTS",
    )
