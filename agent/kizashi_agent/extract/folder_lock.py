"""One run at a time in a folder of tables.

The lock is the operating system's, on a file that stays: it ends with the process that holds it,
however that ends, so a run that was killed locks nobody out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kizashi_agent.errors import InputError
from kizashi_agent.extract.record import RECORD_FOLDER
from kizashi_agent.file_lock import HELD, lock


@contextmanager
def sole_run(out: Path) -> Iterator[None]:
    """Makes a folder of tables and keeps every other run out of it until the block ends.

    Raises:
        InputError: OUT_IN_USE, another run has it; OUT_NOT_WRITABLE, it cannot be made, written
            or locked.
    """
    records = out / RECORD_FOLDER
    try:
        records.mkdir(parents=True, exist_ok=True)
        file = (records / "lock").open("ab")
    except OSError as error:
        raise _not_writable(out, error) from None
    with file:
        try:
            lock(file)
        except HELD:
            raise InputError(
                "another run has the output folder",
                f"Another kizashi extract is writing to {out}. Wait until it has ended, or give "
                "another --out.",
                reason="OUT_IN_USE",
            ) from None
        except OSError as error:
            raise _not_writable(out, error) from None
        yield


def _not_writable(out: Path, error: OSError) -> InputError:
    return InputError(
        f"output folder cannot be used: {error.strerror}",
        f"The folder {out} cannot be used ({error.strerror}). Give another --out.",
        reason="OUT_NOT_WRITABLE",
    )
