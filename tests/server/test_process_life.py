"""A server's process from `init` to its end: what stops the start, and what outlives a stop."""

import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.calls import exchange
from tests.server.conftest import command, served
from tests.server.laptop import Laptop


def test_answers_outlive_a_stop_and_a_kill(own_folder: Path) -> None:
    """SIGTERM ends it with code 0; the next start knows the report and publishes the same.

    After SIGKILL nothing has to be repaired, and no lock is left.
    """
    with served(own_folder) as first:
        directory = first.directory()
        laptop = Laptop(directory, "self-check", int(time.time()))
        sent = laptop.check()
        answer = exchange(first, sent)
        assert first.stop() == 0
        totals = json.loads(first.log().splitlines()[-1])
        assert (totals["event"], totals["answered"], totals["directory"]) == ("totals", 1, 1)
    with served(own_folder) as second:
        assert second.directory() == directory
        assert exchange(second, sent) == answer
        second.process.send_signal(signal.SIGKILL)
        second.process.wait(timeout=30)
    with served(own_folder) as third:
        assert exchange(third, sent) == answer


def break_scorer(folder: Path) -> None:
    """One bit of the scorer is another."""
    path = folder / "models" / "even_1.onnx"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def remove_norms(folder: Path) -> None:
    """The norms are not there."""
    shutil.rmtree(folder / "models" / "norms")


def open_state(folder: Path) -> None:
    """Anybody may look into the state directory."""
    (folder / "state").chmod(0o755)


def open_key(folder: Path) -> None:
    """Anybody may read the TLS key."""
    (folder / "state" / "tls.key").chmod(0o644)


def unknown_key(folder: Path) -> None:
    """A key is misspelt."""
    path = folder / "site.toml"
    path.write_text(path.read_text().replace("deadline_seconds", "deadline_second"))


def break_database(folder: Path) -> None:
    """The database is something else."""
    (folder / "state" / "kizashi.sqlite").write_bytes(b"x" * 5000)


def no_address(folder: Path) -> None:
    """The address is another machine's."""
    path = folder / "site.toml"
    path.write_text(path.read_text().replace("127.0.0.1:0", "192.0.2.1:1"))


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (break_scorer, 5, "damaged or was replaced"),
        (remove_norms, 5, "is missing"),
        (open_state, 4, "chmod 700"),
        (open_key, 4, "chmod 600"),
        (unknown_key, 3, "did you mean deadline_seconds?"),
        (break_database, 7, "cannot open"),
        (no_address, 6, "Cannot listen on 192.0.2.1:1"),
    ],
)
def test_what_is_wrong_stops_the_start_on_one_line(
    own_folder: Path, spoil: Callable[[Path], None], code: int, words: str
) -> None:
    """With its exit code and what to do, no traceback, and nothing on standard output."""
    spoil(own_folder)
    done = command(own_folder, "serve", "--config", "site.toml")
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("kizashi-server: ")


def test_init_by_options_tells_what_to_do_next(own_folder: Path) -> None:
    """Invite, fingerprint, the root to be moved away, the command to start; nothing secret."""
    port = "18443"
    text = (own_folder / "site.toml").read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}")
    (own_folder / "site.toml").write_text(text.replace('"state"', '"other"'))
    words = ("init", "--root-dir", "root2", "--config", "site.toml", "--host", "a.example")
    done = command(own_folder, *words)
    assert done.returncode == 0, done.stderr
    assert f"kizashi://a.example:{port}/self-check#root=" in done.stdout
    assert "move root2/root.seed to another machine" in done.stdout
    assert "kizashi-server serve --config site.toml" in done.stdout
    for path in [*(own_folder / "other").glob("*.seed"), own_folder / "root2" / "root.seed"]:
        assert path.read_bytes().hex() not in done.stdout + done.stderr
    again = command(own_folder, *words)
    assert (again.returncode, again.stderr.count("\n")) == (4, 1)
    assert "nothing is overwritten" in again.stderr


def test_configuration_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    """For each command that reads one."""
    for name in ("serve", "health"):
        done = command(tmp_path, name, "--config", "none.toml")
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)
        assert "kizashi-server init" in done.stderr
