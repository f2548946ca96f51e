"""What the files of a server process may hold, going by its answers; whatever else is there is left.

A row is looked for by its key alone: a report's id, the digest of a subject, the check of a share.
"""

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kizashi_protocol import STANDING, Reply

from tests.fuzz.deserved import Deserved, subject_digest
from tests.fuzz.kept import GONE, HOLDINGS, RECOVERED, ROWS, SHARES, TOMBSTONES
from tests.fuzz.participants import Participant

TABLES = {
    "kizashi.sqlite": {
        "reports": ("report_id", ROWS),
        "subjects": ("subject_digest", HOLDINGS),
        "holdings": ("subject_digest", HOLDINGS),
    },
    "subject-keys.sqlite": {"subject_keys": ("subject_digest", HOLDINGS)},
    "tombstones.sqlite": {
        "tombstones": ("subject_digest", TOMBSTONES),
        "erased_reports": ("report_id", ROWS),
    },
    "recovered-secrets.sqlite": {"recovered_secrets": ("programme_id, secret", RECOVERED)},
    "shares.sqlite": {"shares": ("report_id", SHARES)},
}
"""File of the state directory -> table -> its columns of keys, and what the judge calls it."""


@dataclass
class Explained:
    """Rows that answers explain, and rows that answers said are gone."""

    rows: dict[str, set[Hashable]] = field(default_factory=lambda: defaultdict(set))
    gone: dict[str, set[Hashable]] = field(default_factory=lambda: defaultdict(set))

    def person(self, one: Participant, programme_id: str) -> None:
        """Notes what somebody has on the server."""
        keys = [(scope, one.person.key(scope).public) for scope in STANDING]
        self.rows[HOLDINGS].update(subject_digest(programme_id, *each) for each in keys)
        self.rows[SHARES].add(one.shared)

    def answer(self, report_id: bytes, came: Reply | str, deserves: Deserved, given: bool) -> None:
        """Notes what an answer lets be there, and be there no longer.

        Args:
            report_id: of the report.
            came: the opened reply, or why it did not open.
            deserves: what the report may at most come to.
            given: it was no refusal, or may have been none.
        """
        self.rows[ROWS].add(report_id)
        for _, table, key in deserves.notes:
            self.rows[table].add(key)
        if not given:
            return
        for how, table, key in deserves.changes:
            self.rows[table].add(key)
            if how == GONE and not isinstance(came, str):
                self.gone[table].add(key)

    def faults(self, state: Path) -> Iterator[str]:
        """What the files of a state directory hold that they must not."""
        for file, tables in TABLES.items():
            with contextlib.closing(
                sqlite3.connect(f"file:{state / file}?mode=ro", uri=True)
            ) as database:
                for name, (column, table) in tables.items():
                    found = database.execute(f"SELECT {column} FROM {name}")  # noqa: S608 - ours
                    keys = {key[0] if len(key) == 1 else key for key in found}
                    if left := keys - self.rows[table]:
                        yield f"{len(left)} rows that no answer explains in {name}"
                    if left := keys & self.gone[table]:
                        yield f"{len(left)} rows that an answer said are gone in {name}"
