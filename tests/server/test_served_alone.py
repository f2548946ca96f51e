"""One process serves a state directory; everything else goes on working beside it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from kizashi_server.errors import ListenFault
from kizashi_server.keys.files import locked, served_alone

from tests.server.conftest import Running, command


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "the same"])
def test_a_second_server_of_a_state_directory_is_refused(running: Running, listen: str) -> None:
    """On whichever port, and on one line; the first serves on."""
    folder = running.folder
    port = f"127.0.0.1:{running.invite.port}"
    text = (folder / "site.toml").read_text()
    listening = port if listen == "the same" else listen
    (folder / "second.toml").write_text(text.replace("127.0.0.1:0", listening))
    done = command(folder, "serve", "--config", "second.toml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (6, "", 1)
    assert "another server process serves it" in done.stderr
    assert running.directory()


def test_a_port_that_is_taken_is_refused(running: Running) -> None:
    """To a server with a state directory of its own."""
    folder = running.folder
    ignored = shutil.ignore_patterns("*.sqlite*")
    shutil.copytree(folder / "state", folder / "other", ignore=ignored)
    text = (folder / "site.toml").read_text().replace('"state"', '"other"')
    port = f"127.0.0.1:{running.invite.port}"
    (folder / "other.toml").write_text(text.replace("127.0.0.1:0", port))
    done = command(folder, "serve", "--config", "other.toml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (6, "", 1)
    assert f"Cannot listen on {port}" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "list"),
        ("keys", "rotate", "--kind", "log"),
        ("recipients", "list"),
        ("log", "show"),
        ("log", "verify"),
    ],
    ids=" ".join,
)
def test_other_commands_work_beside_it(running: Running, words: Sequence[str]) -> None:
    """Those that read, and those that change keys."""
    done = command(running.folder, *words, "--config", "site.toml")
    assert done.returncode == 0, done.stderr


def test_serving_holds_up_nobody_who_changes_keys(tmp_path: Path) -> None:
    """The two locks are two."""
    with served_alone(tmp_path), locked(tmp_path):
        pass
    with served_alone(tmp_path), pytest.raises(ListenFault), served_alone(tmp_path):
        pass
