"""Opens the file of what is left for counsellors."""

from pathlib import Path

from kizashi_server.store.database import empty_write_ahead_log, sqlite_engine
from kizashi_server.store.numbered_steps import SHARES_STEPS, bring_up_to_date
from kizashi_server.store.sharing_sql import SqlSharing
from kizashi_server.store.transactions import opening

SHARES_NAME = "shares.sqlite"
"""Never to be backed up: a backup would bring back what was fetched or taken back. What is lost
with the file is what nobody has fetched yet, a week's at most."""


def open_sharing(state: Path) -> SqlSharing:
    """The store in a state directory, its file and table made if they are not there.

    Raises:
        StoreUnavailable: the file cannot be opened or is no such database.
    """
    path = state / SHARES_NAME
    with opening(path):
        engine = sqlite_engine(path)
        bring_up_to_date(engine, SHARES_STEPS)
    return SqlSharing(engine, scrub=lambda: empty_write_ahead_log(engine))
