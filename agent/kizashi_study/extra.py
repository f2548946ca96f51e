"""Libraries that only the study kit stands on: imported inside its commands, told when missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from kizashi_study.errors import NotInstalled


@contextmanager
def from_the_extra() -> Iterator[None]:
    """Around imports of what the extra `study` installs.

    Raises:
        NotInstalled: one of them is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise NotInstalled(error.name) from None
