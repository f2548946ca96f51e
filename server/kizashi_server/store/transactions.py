"""One transaction on the database, its faults told as the server's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from kizashi_server.errors import StoreUnavailable


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction, committed at the end of its block.

    Raises:
        IntegrityError: a row is there already.
        StoreUnavailable: the database cannot do it now.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except DBAPIError as error:
        # The driver's own words name no value: the engine hides parameters.
        raise StoreUnavailable(f"the database refused: {error.orig}") from None
