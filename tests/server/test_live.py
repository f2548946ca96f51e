"""What a running server works with, looked at from within: swaps, warnings, what is forgotten."""

import dataclasses
import io
import json
import logging
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kizashi_server import diagnostics
from kizashi_server.directory.published import read_published
from kizashi_server.keys.files import locked, make_private_directory, write_private
from kizashi_server.keys.ring import load_keyring
from kizashi_server.keys.states import SEALING_KEY_GRACE, KeyKind
from kizashi_server.serving.live import KeySource, KeyWatch, Live, Serving

from tests.server.key_server import DAY, NOW, make_state, rotate_keys
from tests.server.world import make_world


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers, root.level
    diagnostics.configure(stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)


def events(lines: io.StringIO, name: str) -> list[dict[str, object]]:
    """The lines of one event."""
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [each for each in found if each["event"] == name]


@dataclasses.dataclass
class Server:
    """A state directory, what is served from it, and a clock that is set."""

    state: Path
    live: Live
    now: int = NOW

    def watch(self) -> KeyWatch:
        """A watch that has not looked yet."""
        source = KeySource(self.state, None, lambda: self.now)
        return KeyWatch(source, self.live, read_published(self.state, NOW).directory.expire_time)

    def rotate(self, *kinds: KeyKind) -> None:
        """New keys, active at once."""
        rotate_keys(self.state, None, *kinds, now=self.now)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server that has just started."""
    state = make_state(tmp_path)
    published = read_published(state, NOW)
    keyring = load_keyring(state, published.directory, NOW)
    intake = dataclasses.replace(make_world().intake, keyring=keyring)
    return Server(state, Live(Serving(published.signed, intake)))


def test_value_in_hand_does_not_change(server: Server, lines: io.StringIO) -> None:
    """A call that began before a rotation ends with the keys it began with."""
    before = server.live.read()
    watch = server.watch()
    watch.look()
    assert server.live.read() is before
    server.rotate(*KeyKind)
    watch.look()
    after = server.live.read()
    assert after is not before
    assert after.directory == read_published(server.state, NOW).signed
    assert after.intake.keyring.receipt.public != before.intake.keyring.receipt.public
    assert len(before.intake.keyring.sealing) == 1
    assert len(after.intake.keyring.sealing) == 2
    assert after.intake.store is before.intake.store
    assert [each["version"] for each in events(lines, "keys_reloaded")] == [2]


def test_keys_leave_memory_on_their_day_though_the_directory_has_expired(
    server: Server, lines: io.StringIO
) -> None:
    """Nothing can be published any more; what may not be opened any more is forgotten all the same."""
    (key,) = server.live.read().intake.keyring.sealing.values()
    watch = server.watch()
    server.now = key.delete_time - 1
    watch.look()
    assert len(server.live.read().intake.keyring.sealing) == 1
    server.now = key.delete_time
    watch.look()
    assert server.live.read().intake.keyring.sealing == {}
    (line,) = events(lines, "keys_not_reloaded")
    assert "DIRECTORY_EXPIRED" in str(line["error"])


def test_expiry_is_said_once_a_day_from_two_weeks_before(
    server: Server, lines: io.StringIO
) -> None:
    """And not a day earlier."""
    end = read_published(server.state, NOW).directory.expire_time
    watch = server.watch()
    for before in (15 * DAY, 14 * DAY, 14 * DAY - 1, 14 * DAY - 2, 13 * DAY - 1, 1):
        server.now = end - before
        watch.look()
    assert [each["days_left"] for each in events(lines, "directory_expires")] == [13, 12, 0]


def test_fault_is_logged_once_and_keeps_what_is_in_use(server: Server, lines: io.StringIO) -> None:
    """When it comes again after a good look it is logged again."""
    before, watch = server.live.read(), server.watch()
    path = server.state / "keys.json"
    content = path.read_bytes()
    for good in (False, False, True, False):
        path.write_bytes(content if good else b"x")
        watch.look()
    assert server.live.read() is before
    assert len(events(lines, "keys_not_reloaded")) == 2


def test_running_thread_takes_up_and_ends(server: Server, lines: io.StringIO) -> None:
    """It looks as soon as it starts, and stops when told."""
    watch = server.watch()
    server.rotate(KeyKind.LOG)
    watch.start()
    watch.stop()
    assert len(events(lines, "keys_reloaded")) == 1


def test_two_at_once_do_not_lose_each_others_keys(server: Server) -> None:
    """Each rotation is in the directory, each version was given once, and the keys load."""
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(lambda _: server.rotate(KeyKind.LOG), range(8)))
    directory = read_published(server.state, NOW).directory
    assert directory.version == 9
    assert len(directory.log_keys) == 9
    load_keyring(server.state, directory, NOW)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_what_root_writes_belongs_to_the_servers_account(tmp_path: Path) -> None:
    """So that a server under an account of its own can read what an operator changed."""
    make_private_directory(tmp_path / "state")
    os.chown(tmp_path / "state", 12_345, 12_346)
    with locked(tmp_path / "state"):
        write_private(tmp_path / "state" / "a.seed", bytes(32))
    for path in (tmp_path / "state").iterdir():
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (12_345, 12_346)
        assert stat.S_IMODE(found.st_mode) == 0o600


def test_grace_is_that_of_a_consent() -> None:
    """A report that is older than its consent could not be scored anyway."""
    assert SEALING_KEY_GRACE == 7 * DAY
