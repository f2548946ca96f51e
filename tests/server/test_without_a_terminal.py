"""A command with a question, and nobody to answer it: one sentence, exit code 2, nothing changed."""

from pathlib import Path

import pytest
from kizashi_server.keys.files import write_private

from tests.server.conftest import command
from tests.server.operator import made_server, one_line, run

PASSPHRASE = "correct horse battery"


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, the lock of the keys aside."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "keys.lock"
    }


@pytest.fixture
def sealed_root(tmp_path: Path) -> Path:
    """A root behind a passphrase, and a server below it that waits for its certificate."""
    write_private(tmp_path / "passphrase", PASSPHRASE.encode())
    root = tmp_path / "sealed"
    made = run("root-init", "--root-dir", root, "--passphrase-file", tmp_path / "passphrase")
    fingerprint = made.stdout.split("published: ")[1].split()[0]
    words = ("--owner", "Me", "--jurisdiction", "JP", "--state", tmp_path / "below")
    digits = run("init", "--root-fingerprint", fingerprint, *words).stdout
    (tmp_path / "digits").write_text(digits.split("Directory key ")[1].split()[0])
    return root


def refused(folder: Path, words: tuple[str, ...], instead: str) -> None:
    """As a process of its own, without a terminal: what to give is named, and nothing is touched."""
    before = files_of(folder)
    done = command(folder, *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith("kizashi-server: ")
    assert "nothing was done" in done.stderr
    assert instead in done.stderr
    assert files_of(folder) == before


def test_root_init(tmp_path: Path) -> None:
    """A passphrase comes from a file."""
    refused(tmp_path, ("root-init", "--root-dir", "new"), "--passphrase-file FILE")


def test_root_certify_with_the_digits(tmp_path: Path, sealed_root: Path) -> None:
    """The digits are compared, and the passphrase is still to be had from somewhere."""
    before = files_of(tmp_path)
    words = ("--root-dir", sealed_root.name, "--request", "below/directory.request")
    digits = ("--expect", (tmp_path / "digits").read_text())
    done = command(tmp_path, "root-certify", *words, *digits, "--out", "certificate")
    assert done.returncode == 2
    assert "--passphrase-file FILE" in done.stderr
    assert "Warning" not in done.stderr
    assert files_of(tmp_path) == before


def test_retire(tmp_path: Path) -> None:
    """A yes comes from --yes."""
    config = made_server(tmp_path)
    run("keys", "rotate", "--config", config)
    words = ("keys", "retire", key_of(config, "active"), "--config", str(config))
    refused(tmp_path, words, "--yes")


@pytest.mark.parametrize("typed", ["", f"{PASSPHRASE}\n"])
def test_terminal_that_is_closed_makes_no_root(tmp_path: Path, typed: str) -> None:
    """Before the passphrase and before it is repeated."""
    done = run("root-init", "--root-dir", tmp_path / "new", typed=typed, code=1)
    assert "nothing was done" in one_line(done)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_no_retires_nothing(tmp_path: Path, typed: str) -> None:
    """Nor does a bare Return or a terminal that is closed."""
    config = made_server(tmp_path)
    run("keys", "rotate", "--config", config)
    before = files_of(config.parent)
    done = run("keys", "retire", key_of(config, "active"), "--config", config, typed=typed, code=1)
    assert one_line(done) == "kizashi-server: Nothing was retired. [DECLINED]"
    assert files_of(config.parent) == before


def key_of(config: Path, state: str) -> str:
    """The id of the sealing key in a state, from the table."""
    table = run("keys", "list", "--config", config).stdout.splitlines()
    (row,) = (line.split() for line in table if line.startswith("sealing") and state in line)
    return row[1]
