"""One transaction on the database, its faults told as the server's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from kizashi_server.errors import StoreUnavailable


@contextmanager
def database_faults(log: str = "the database refused") -> Iterator[None]:
    """Tells what the database says in this block as `StoreUnavailable`.

    Raises:
        IntegrityError: a row is there already; what that means is for the caller to say.
        StoreUnavailable: the database cannot do it now.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        # The driver's own words name no value: the engine hides parameters.
        raise StoreUnavailable(f"{log}: {error.orig}") from None


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Tells what keeps the database at a path, or those in it, from being opened.

    Raises:
        StoreUnavailable: a file cannot be opened or is no such database.
    """
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"cannot open {path}: {error.strerror}") from None
    except DBAPIError as error:
        raise StoreUnavailable(f"cannot open {path}: {error.orig}") from None


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction, committed at the end of its block; errors as `database_faults`."""
    with database_faults(), engine.begin() as connection:
        yield connection
