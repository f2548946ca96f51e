"""The commands about keys, as an operator types them, on real files."""

import base64
import json
import os
import re
from pathlib import Path

import pytest
from kizashi_protocol import Invite
from kizashi_server.directory.published import read_published
from kizashi_server.directory.request import KeyRequest
from kizashi_server.keys.files import write_private

from tests.server.operator import made_server, run

PASSPHRASE = "correct horse battery"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The configuration of a server with its root on the same machine."""
    return made_server(tmp_path)


def rows(config: Path) -> list[tuple[str, str, str]]:
    """Kind, id and state of each key listed."""
    found = json.loads(run("keys", "list", "--json", "--config", config).stdout)["keys"]
    return [(each["kind"], each["id"], each["state"]) for each in found]


def only(config: Path, kind: str, state: str) -> str:
    """The id of the one key of a kind in a state."""
    (found,) = (each[1] for each in rows(config) if (each[0], each[2]) == (kind, state))
    return found


def with_keys(config: Path, text: str, name: str = "changed.toml") -> Path:
    """The configuration with a [keys] table."""
    path = config.with_name(name)
    path.write_text(config.read_text() + f"\n[keys]\n{text}\n")
    return path


def test_list_says_what_is_in_the_clear(made: Path) -> None:
    """Aloud, with the command that helps."""
    output = run("keys", "list", "--config", made).stdout
    assert re.search(r"^kind +id +state +since +until$", output, flags=re.MULTILINE)
    assert "4 seeds are in the clear" in output
    assert "keys encrypt" in output


def test_rotate_list_and_retire(made: Path) -> None:
    """A successor is announced, takes over when the old key is retired, and may be the last."""
    first = only(made, "sealing", "active")
    run("keys", "rotate", "--kind", "sealing", "--config", made)
    second = only(made, "sealing", "pending")
    assert only(made, "sealing", "active") == first
    run("keys", "retire", first, "--yes", "--config", made)
    assert only(made, "sealing", "expired") == first
    assert only(made, "sealing", "active") == second
    refused = run("keys", "retire", second, "--yes", "--config", made, code=4)
    assert "keys rotate --kind sealing" in refused.stderr
    run("keys", "retire", first, "--now", "--yes", "--config", made)
    assert first not in {each[1] for each in rows(made)}
    assert not (made.parent / f"sealing-{first}.seed").exists()


def test_retire_asks_first(made: Path) -> None:
    """A no changes nothing; a yes does; what comes of --now is said before."""
    key = only(made, "log", "active")
    run("keys", "rotate", "--kind", "log", "--config", made)
    before = rows(made)
    asked = run("keys", "retire", key, "--now", "--config", made, typed="n\n", code=1)
    assert "verifies only by the older directory" in asked.stdout
    assert rows(made) == before
    run("keys", "retire", key, "--config", made, typed="y\n")
    assert only(made, "log", "expired") == key


@pytest.mark.parametrize("key_id", ["", "xyz", "00", "00" * 16])
def test_retire_takes_an_id_that_is_listed(made: Path, key_id: str) -> None:
    """Whole, so that no key is retired by mistake."""
    assert "keys list" in run("keys", "retire", key_id, "--yes", "--config", made, code=4).stderr


@pytest.mark.parametrize("hours", ["-1", "169", "soon"])
def test_announcement_has_bounds(made: Path, hours: str) -> None:
    """From nothing to a week."""
    run("keys", "rotate", "--announce", hours, "--config", made, code=2)


def test_root_elsewhere_certifies_and_renews(tmp_path: Path) -> None:
    """root-init, init, root-certify, install; then request, root-certify, install again."""
    root, state = tmp_path / "root", tmp_path / "state"
    secret = tmp_path / "passphrase"
    write_private(secret, PASSPHRASE.encode() + b"\n")
    typed = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    output = run("root-init", "--root-dir", root, typed=typed).stdout
    assert PASSPHRASE not in output
    (fingerprint,) = re.findall(r"\b[0-9a-f]{64}\b", output)
    words = ("--owner", "Me", "--jurisdiction", "JP", "--host", "a.example")
    run("init", "--root-fingerprint", fingerprint, "--state", state, *words)
    assert not (state / "root.seed").exists()
    config = state / "kizashi-server.toml"
    waiting = run("serve", "--config", config, code=4)
    assert "root-certify" in waiting.stderr
    invite = Invite.parse((state / "invite.txt").read_text())
    assert invite.root_fingerprint.hex() == fingerprint
    versions = []
    for number in (1, 2):
        if number == 2:
            run("keys", "request", "--config", config)
        certificate = tmp_path / f"certificate-{number}"
        asked = ("--request", state / "directory.request", "--out", certificate)
        if number == 1:
            run("root-certify", "--root-dir", root, *asked, typed=f"y\n{PASSPHRASE}\n")
        else:
            digits = ("--expect", KeyRequest.read(asked[1]).key_id.hex())
            run("root-certify", "--root-dir", root, *asked, *digits, "--passphrase-file", secret)
        run("keys", "install", certificate, "--config", config)
        directory = read_published(state, int(certificate.stat().st_mtime)).directory
        assert directory.root_fingerprint.hex() == fingerprint
        versions.append(directory.version)
    assert versions[1] == versions[0] + 1
    assert len(directory.sealing_keys) == 2
    run("keys", "install", certificate, "--config", config, code=4)


def test_root_in_the_clear_certifies_too(tmp_path: Path, made: Path) -> None:
    """The one that `init --root-dir` made on the machine; no passphrase is asked for."""
    run("keys", "request", "--config", made)
    words = ("--request", made.parent / "directory.request", "--out", tmp_path / "certificate")
    run("root-certify", "--root-dir", tmp_path / "root", *words, "--days", "30", typed="y\n")
    run("keys", "install", tmp_path / "certificate", "--config", made)
    run("root-certify", "--root-dir", tmp_path / "root", *words, "--days", "91", code=2)


def test_short_or_mistyped_passphrase_makes_no_root(tmp_path: Path) -> None:
    """Nothing is written."""
    run("root-init", "--root-dir", tmp_path / "root", typed="short\nshort\n", code=4)
    run("root-init", "--root-dir", tmp_path / "root", typed=f"{PASSPHRASE}\nanother\n", code=1)
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--root-dir", "r", "--root-fingerprint", "00" * 32),
        ("--root-fingerprint", "00"),
        ("--root-fingerprint", "x" * 64),
    ],
)
def test_init_takes_one_root(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Made here, or named by its fingerprint."""
    options = ("--state", tmp_path / "state", "--owner", "Me", "--jurisdiction", "JP")
    refused = run("init", *options, *words, code=3)
    assert "--root-fingerprint" in refused.stderr
    assert not (tmp_path / "state").exists()


def test_seeds_move_from_clear_to_one_key_and_to_another(tmp_path: Path, made: Path) -> None:
    """Each step is refused until [keys] fits, and a rotation then writes encrypted seeds."""
    write_private(tmp_path / "passphrase", PASSPHRASE.encode())
    key = base64.b64encode(os.urandom(32)).decode()
    one = with_keys(made, f'passphrase_file = "{tmp_path / "passphrase"}"', "one.toml")
    two = with_keys(made, f'key_command = ["/bin/echo", "{key}"]', "two.toml")
    assert "[keys]" in run("keys", "encrypt", "--config", made, code=4).stderr
    assert "passphrase.salt is missing" in run("keys", "rotate", "--config", one, code=4).stderr
    assert "4 seeds encrypted" in run("keys", "encrypt", "--config", one).stdout
    assert "clear" not in run("keys", "list", "--config", one).stdout
    run("keys", "rotate", "--config", one)
    before = {path.name for path in made.parent.glob("*.seed")}
    for config, words in ((made, "is encrypted"), (two, "passphrase or key is another")):
        for command in (("rotate",), ("request",), ("retire", "00" * 16, "--yes")):
            assert words in run("keys", *command, "--config", config, code=4).stderr
    assert {path.name for path in made.parent.glob("*.seed")} == before
    assert "is encrypted" in run("keys", "encrypt", "--config", two, code=4).stderr
    done = run("keys", "encrypt", "--config", two, "--old-config", one)
    assert "7 seeds encrypted" in done.stdout
    assert key not in done.output
    run("keys", "retire", only(two, "sealing", "active"), "--yes", "--config", two)
    run("keys", "rotate", "--kind", "sealing", "--config", two)
    assert "does not open" in run("keys", "rotate", "--config", one, code=4).stderr


def test_init_encrypts_from_the_start(tmp_path: Path, made: Path) -> None:
    """Where the configuration says what with."""
    write_private(tmp_path / "passphrase", PASSPHRASE.encode())
    config = with_keys(made, f'passphrase_file = "{tmp_path / "passphrase"}"')
    text = config.read_text().replace(str(made.parent), str(tmp_path / "other"))
    (tmp_path / "site.toml").write_text(text)
    output = run("init", "--root-dir", tmp_path / "r", "--config", tmp_path / "site.toml").stdout
    assert "in the clear" not in output
    found = run("keys", "list", "--json", "--config", tmp_path / "site.toml").stdout
    assert json.loads(found)["seeds_in_the_clear"] == []


def test_list_warns_before_the_directory_expires(tmp_path: Path, made: Path) -> None:
    """With the commands of a renewal."""
    run("keys", "request", "--config", made)
    words = ("--request", made.parent / "directory.request", "--out", tmp_path / "certificate")
    run("root-certify", "--root-dir", tmp_path / "root", *words, "--days", "2", typed="y\n")
    assert "Days until" not in run("keys", "list", "--config", made).stdout
    run("keys", "install", tmp_path / "certificate", "--config", made)
    output = run("keys", "list", "--config", made).stdout
    assert re.search(r"Days until the directory expires: [12];.* keys install", output)
