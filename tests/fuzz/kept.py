"""All that a server in memory keeps, taken down before a report and compared after it.

Nothing here names a store's field: a collection that is added to one is watched from then on.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

ROWS, HOLDINGS, TOMBSTONES, SHARES = "rows", "kept", "stones", "shares"
RECOVERED, ERASED_ITEMS = "recovered", "erased_items"
"""Tables of the stores in memory: replay memory, what is held, withdrawn consents, shares, secrets
of recovery codes that were used, and names of what was erased with its check."""

MADE, CHANGED, GONE = "made", "changed", "gone"


class Change(NamedTuple):
    """What became of one row."""

    how: str
    table: str
    key: Hashable


Tables = Mapping[str, Any]
"""Table -> what it holds."""


def tables_of(stores: Sequence[object]) -> Tables:
    """Everything that stores hold, as it is at this moment."""
    return {name.strip("_"): deepcopy(value) for store in stores for name, value in _own(store)}


def put_back(stores: Sequence[object], tables: Tables) -> None:
    """Has stores hold again what they held."""
    for store in stores:
        for name, _ in list(_own(store)):
            setattr(store, name, deepcopy(tables[name.strip("_")]))


def changes(before: Tables, after: Tables) -> Iterator[Change]:
    """Row by row, in no order."""
    for table, value in after.items():
        old, new = _rows(before[table]), _rows(value)
        for key in old.keys() | new.keys():
            if key not in old:
                yield Change(MADE, table, key)
            elif key not in new:
                yield Change(GONE, table, key)
            elif old[key] != new[key]:
                yield Change(CHANGED, table, key)


def left_in(stores: Sequence[object]) -> Iterator[str]:
    """Each table that is not empty."""
    for table, value in tables_of(stores).items():
        if value:
            yield f"{len(value)} rows stay in {table}"


def _own(store: object) -> Iterator[tuple[str, Any]]:
    for name, value in vars(store).items():
        if isinstance(value, Collection) and not isinstance(value, str | bytes):
            yield name, value


def _rows(table: Any) -> Mapping[Hashable, object]:
    return table if isinstance(table, Mapping) else dict(enumerate(table))
