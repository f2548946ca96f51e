"""What `keys list` shows, and when it warns."""

import dataclasses
import json
from pathlib import Path

from kizashi_server.directory.key_listing import as_json, as_table, rows_of
from kizashi_server.directory.published import read_published
from kizashi_server.keys.schedule_file import read_schedule
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.states import SEALING_KEY_GRACE, KeyKind
from kizashi_server.serving.live import days_to_warn_of

from tests.server.key_server import DAY, END, HOUR, NOW, do_rotate


def test_listing_tells_state_since_and_until(state: Path, cipher: SeedCipher | None) -> None:
    """For each state, as a table and as JSON, with the directory key first."""
    do_rotate(state, cipher, KeyKind.RECEIPT, now=NOW, pause=0)
    do_rotate(state, cipher, KeyKind.SEALING, now=NOW + DAY, pause=HOUR)
    now = NOW + DAY + 1
    published, schedule = read_published(state, now), read_schedule(state)
    rows = rows_of(schedule, published, now)
    told = [(each.kind, each.state, each.since, each.until) for each in rows]
    assert told == [
        ("directory", "active", NOW, END),
        ("sealing", "active", NOW, NOW + DAY + HOUR),
        ("sealing", "pending", NOW + DAY, NOW + DAY + HOUR),
        ("receipt", "expired", NOW, None),
        ("receipt", "active", NOW, None),
        ("log", "active", NOW, None),
    ]
    later = rows_of(schedule, published, NOW + 3 * DAY)
    assert (later[1].state, later[1].until) == ("expired", NOW + DAY + HOUR + SEALING_KEY_GRACE)
    assert rows_of(schedule, published, END)[0].state == "expired"
    lines = as_table(rows).splitlines()
    assert lines[0].split() == ["kind", "id", "state", "since", "until"]
    assert lines[1].split()[-4:] == ["2027-01-15", "08:00Z", "2027-04-15", "08:00Z"]
    assert lines[4].endswith("-")
    found = json.loads(as_json(rows, published, ("a.seed",)))
    assert found["keys"][1] == dataclasses.asdict(rows[1])
    assert (found["directory_version"], found["directory_expire_time"]) == (3, END)


def test_warning_comes_two_weeks_before() -> None:
    """And counts the days, also afterwards."""
    assert days_to_warn_of(END, END - 14 * DAY) is None
    assert days_to_warn_of(END, END - 14 * DAY + 1) == 13
    assert days_to_warn_of(END, END - 1) == 0
    assert days_to_warn_of(END, END) == 0
    assert days_to_warn_of(END, END + 1) == -1
