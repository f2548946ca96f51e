"""Keys that change under a running server: no restart, and no check that is lost."""

import concurrent.futures
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import AgentError
from kizashi_agent.submit.checking import Submitted, submit_check
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.transport import GrpcServer
from kizashi_agent.submit.trust import connect
from kizashi_protocol import Directory, Feedback, KeyState, key_id_of
from kizashi_server.keys.files import write_private
from kizashi_server.keys.seed_cipher import is_sealed

from tests.models.scoring import summary_at
from tests.server.calls import exchange
from tests.server.conftest import Running, command, make_server, served
from tests.server.laptop import Laptop

pytestmark = pytest.mark.proof

AGREEMENT = Agreement(NEEDED, "en", "interactive", adult=True)
PATIENCE = 60.0


def now() -> int:
    """The machine's clock, which the server goes by."""
    return int(time.time())


class Person:
    """The agent itself, with its state in a folder, connected once."""

    def __init__(self, folder: Path, running: Running) -> None:
        self.state = DeviceState(folder, os.urandom)
        self.connection = connect(running.invite, self.state, now, NotRecorded())
        self.exchanger = Exchanger(self.connection, self.state, os.urandom, now, NotRecorded())

    def submit(self) -> Submitted:
        """A check under the directory that was fetched when connecting."""
        return submit_check(summary_at(2.0), AGREEMENT, self.exchanger)

    def close(self) -> None:
        """Ends the connection."""
        assert isinstance(self.connection.server, GrpcServer)
        self.connection.server.close()


def keys(running: Running, *words: str) -> str:
    """What a `keys` command prints."""
    done = command(running.folder, "keys", *words, "--config", "site.toml")
    assert done.returncode == 0, done.stderr
    return done.stdout


def keys_listed(running: Running) -> list[dict[str, Any]]:
    """The rows of `keys list --json`."""
    rows: list[dict[str, Any]] = json.loads(keys(running, "list", "--json"))["keys"]
    return rows


def until(running: Running, holds: Callable[[Directory], bool]) -> Directory:
    """The first directory served for which something holds."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        directory = running.directory()
        if holds(directory):
            return directory
        time.sleep(0.1)
    raise AssertionError(running.log())


def until_version(running: Running, version: int) -> Directory:
    """The first directory served of this version or a later one."""
    return until(running, lambda each: each.version >= version)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a server of its own."""
    make_server(tmp_path)
    return tmp_path


def test_report_sealed_before_a_rotation_is_opened_after_it(folder: Path) -> None:
    """The old key has expired, is listed as such, and still opens; new reports go to the new one."""
    with served(folder) as running:
        before = running.directory()
        sent = Laptop(before, "self-check", now()).check()
        keys(running, "rotate", "--kind", "sealing", "--announce", "0")
        after = until_version(running, before.version + 1)
        assert [each.state for each in after.sealing_keys] == [KeyState.EXPIRED, KeyState.ACTIVE]
        assert after.sealing_keys[0].public == before.active_sealing_key()
        assert after.sealing_keys[0].delete_time < before.sealing_keys[0].delete_time
        assert isinstance(sent.open(exchange(running, sent)).outcome, Feedback)
        later = Laptop(after, "self-check", now()).check()
        assert isinstance(later.open(exchange(running, later)).outcome, Feedback)


def test_agent_seals_again_when_its_key_is_gone(folder: Path, tmp_path: Path) -> None:
    """Connected before, it gets KEY_OUTDATED, fetches the directory and has its feedback."""
    with served(folder) as running:
        person = Person(tmp_path / "person", running)
        old = person.connection.directory
        keys(running, "rotate", "--kind", "sealing", "--announce", "0")
        old_id = old.active_sealing_key().key_id.hex()
        keys(running, "retire", old_id, "--now", "--yes")
        until(
            running, lambda each: old_id not in {k.public.key_id.hex() for k in each.sealing_keys}
        )
        submitted = person.submit()
        assert submitted.feedback.headline
        assert submitted.acknowledged
        root = old.root_fingerprint
        assert person.state.highest_directory_version(root) > old.version
        assert "KEY_OUTDATED" in running.log()
        assert not (folder / "state" / f"sealing-{old_id}.seed").exists()
        person.close()


def test_check_across_a_rotation_of_every_key_holds(folder: Path, tmp_path: Path) -> None:
    """Who connected while the new keys were pending knows them when they sign; nothing is retried."""
    with served(folder) as running:
        first = running.directory()
        keys(running, "rotate")
        pending = until_version(running, first.version + 1)
        assert pending.active_sealing_key() == first.active_sealing_key()
        assert [each.state for each in pending.receipt_keys] == [KeyState.ACTIVE, KeyState.PENDING]
        person = Person(tmp_path / "person", running)
        for row in keys_listed(running):
            if row["state"] == "active" and row["kind"] != "directory":
                keys(running, "retire", row["id"], "--yes")
        active = until_version(running, pending.version + 3)
        assert active.active_sealing_key() != first.active_sealing_key()
        for entries in (active.receipt_keys, active.log_keys):
            assert [each.state for each in entries] == [KeyState.EXPIRED, KeyState.ACTIVE]
        submitted = person.submit()
        assert len(submitted.receipts) == len(NEEDED)
        assert person.state.highest_directory_version(first.root_fingerprint) == pending.version
        # What only signed, and signs no more, is off the disk; what may still open is not.
        names = {path.name.partition("-")[0] for path in (folder / "state").glob("*.seed")}
        assert names == {"directory", "sealing", "receipt", "log"}
        listed = {(each["kind"], each["state"]) for each in keys_listed(running)}
        assert listed == {
            ("directory", "active"),
            *(
                (kind, state)
                for kind in ("sealing", "receipt", "log")
                for state in ("active", "expired")
            ),
        }
        assert len(list((folder / "state").glob("receipt-*.seed"))) == 1
        assert len(list((folder / "state").glob("sealing-*.seed"))) == 2
        person.close()


def test_no_call_fails_while_keys_rotate(folder: Path) -> None:
    """Two callers never stop; each reply opens, and says what it would have said."""
    with served(folder) as running:
        first = running.directory()
        done = threading.Event()

        def keep_calling() -> list[type]:
            outcomes = []
            while not done.is_set():
                sent = Laptop(running.directory(), "self-check", now()).check()
                early = Laptop(first, "self-check", now()).check()
                outcomes += [
                    type(each.open(exchange(running, each)).outcome) for each in (sent, early)
                ]
            return outcomes

        with concurrent.futures.ThreadPoolExecutor(2) as callers:
            calls = [callers.submit(keep_calling) for _ in range(2)]
            try:
                for _ in range(3):
                    version = running.directory().version
                    keys(running, "rotate", "--announce", "0")
                    until_version(running, version + 1)
            finally:
                done.set()
            outcomes = [outcome for call in calls for outcome in call.result()]
        assert set(outcomes) == {Feedback}
        assert running.log().count("keys_reloaded") == 3


def test_restart_after_a_rotation_publishes_the_same(folder: Path) -> None:
    """And a rotation while the server is off is served when it starts."""
    with served(folder) as running:
        first = running.directory()
        assert running.stop() == 0
    done = command(folder, "keys", "rotate", "--announce", "0", "--config", "site.toml")
    assert done.returncode == 0, done.stderr
    with served(folder) as running:
        second = running.directory()
        assert second.version == first.version + 1
        assert second.active_sealing_key() != first.active_sealing_key()
        assert running.stop() == 0
    with served(folder) as running:
        assert running.directory() == second


def test_seed_that_cannot_be_read_leaves_the_keys_in_use(folder: Path) -> None:
    """The log says so once, calls are answered, and the keys are taken up when it can be read."""
    with served(folder) as running:
        first = running.directory()
        keys(running, "rotate", "--kind", "receipt")
        pending = until_version(running, first.version + 1)
        (entry,) = (each for each in pending.receipt_keys if each.state is KeyState.PENDING)
        path = folder / "state" / f"receipt-{key_id_of(entry.public).hex()}.seed"
        path.chmod(0o644)
        old = key_id_of(first.receipt_keys[0].public).hex()
        keys(running, "retire", old, "--yes")
        give_up = time.monotonic() + PATIENCE
        while "keys_not_reloaded" not in running.log() and time.monotonic() < give_up:
            time.sleep(0.1)
        sent = Laptop(running.directory(), "self-check", now()).check()
        assert isinstance(sent.open(exchange(running, sent)).outcome, Feedback)
        time.sleep(5)
        assert running.log().count("keys_not_reloaded") == 1
        path.chmod(0o600)
        until_version(running, pending.version + 1)


def test_successor_takes_over_by_itself(folder: Path) -> None:
    """When its time has come, without another command."""
    with served(folder) as running:
        keys(running, "rotate", "--kind", "log", "--announce", "0.001")
        until(
            running,
            lambda each: (
                [key.state for key in each.log_keys] == [KeyState.EXPIRED, KeyState.ACTIVE]
            ),
        )


def test_encrypted_seeds_are_taken_up_too(folder: Path) -> None:
    """Encrypted while the server is off; then rotated under it. The log says what was in the clear."""
    with served(folder) as running:
        assert '"seeds_in_the_clear", "count": 4' in running.log()
        assert running.stop() == 0
    write_private(folder / "passphrase", b"correct horse battery")
    with (folder / "site.toml").open("a") as file:
        file.write('\n[keys]\npassphrase_file = "passphrase"\n')
    done = command(folder, "keys", "encrypt", "--config", "site.toml")
    assert done.returncode == 0, done.stderr
    (folder / "log.txt").unlink()
    with served(folder) as running:
        first = running.directory()
        keys(running, "rotate", "--announce", "0")
        after = until_version(running, first.version + 1)
        sent = Laptop(after, "self-check", now()).check()
        assert isinstance(sent.open(exchange(running, sent)).outcome, Feedback)
        assert "seeds_in_the_clear" not in running.log()
        assert all(is_sealed(path.read_bytes()) for path in (folder / "state").glob("*.seed"))
        assert running.stop() == 0
    (folder / "passphrase").write_bytes(b"another horse altogether")
    done = command(folder, "serve", "--config", "site.toml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "passphrase or key is another" in done.stderr


STATE_OF_A_DIRECTORY = ("directory.signed", "directory.version", "keys.json")


def test_rolled_back_directory_is_refused(folder: Path, tmp_path: Path) -> None:
    """By the server that knows a newer one; and by the agent where the server knows no better."""
    state, backup = folder / "state", tmp_path / "backup"
    with served(folder) as running:
        assert running.stop() == 0
    backup.mkdir()
    for name in STATE_OF_A_DIRECTORY:
        shutil.copy2(state / name, backup / name)
    with served(folder) as running:
        keys(running, "rotate", "--kind", "sealing", "--announce", "0")
        until(running, lambda each: len(each.sealing_keys) == 2)
        person = Person(tmp_path / "person", running)
        person.submit()
        person.close()
        assert running.stop() == 0
    shutil.copy2(backup / "directory.signed", state / "directory.signed")
    done = command(folder, "serve", "--config", "site.toml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "was published before" in done.stderr
    for name in STATE_OF_A_DIRECTORY:
        shutil.copy2(backup / name, state / name)
    with served(folder) as running:
        with pytest.raises(AgentError) as caught:
            Person(tmp_path / "person", running)
        assert caught.value.reason == "DIRECTORY_ROLLED_BACK"
        stranger = Person(tmp_path / "stranger", running)
        assert stranger.submit().feedback.headline
        stranger.close()
