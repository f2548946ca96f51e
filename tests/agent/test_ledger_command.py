"""`kizashi ledger`, `identity` and `check --no-account` as they are typed."""

import json
import re
import shutil
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer
from kizashi_agent.words import say
from kizashi_protocol import LOCALES

from tests.agent.command_line import AGREED, Done, kizashi, kizashi_at_a_terminal, kizashi_beside

pytestmark = pytest.mark.proof

PASSPHRASE = "several words that do not belong together"


@pytest.fixture(scope="module")
def checked(
    server: DemoServer, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Done]:
    """A home in which a check was made, and how it ended; tests that change it copy it."""
    home = tmp_path_factory.mktemp("checked")
    words = ("check", "--video", str(clip), "--join", str(server.invite), *AGREED)
    done = kizashi(home, *words)
    assert done.code == 0, done.output
    return home, done


@pytest.fixture
def home(checked: tuple[Path, Done], tmp_path: Path) -> Path:
    """A copy of that home."""
    return Path(shutil.copytree(checked[0], tmp_path / "home"))


def tree(home: Path) -> dict[str, bytes]:
    """Every file of a home with what it holds."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def test_a_check_says_what_the_ledger_has(checked: tuple[Path, Done]) -> None:
    """And how to see and to erase it."""
    said = " ".join(checked[1].output.split())
    assert "kizashi ledger shows it" in said
    assert "kizashi ledger clear erases it" in said


def test_the_ledger_lists_a_line_a_message(home: Path, server: DemoServer) -> None:
    """Number, time, address, kind, size and consents, however narrow the terminal."""
    done = kizashi(home, "ledger")
    assert done.code == 0, done.output
    lines = [line for line in done.output.splitlines() if re.match(r"\d+ ", line)]
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4", "5", "6"]
    for line in lines:
        assert server.invite.address in line
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line)
    assert re.search(r"check +33,964 bytes +\(score, feedback\)", lines[2])
    assert re.search(r"acknowledgement +33,964 bytes +\(needs none\)", lines[4])


def test_a_script_reads_the_ledger(home: Path, server: DemoServer) -> None:
    """As JSON, with digests and expiry of the consents."""
    done = kizashi(home, "ledger", "--json")
    answer = json.loads(done.output)
    assert answer["faults"] == []
    kinds = [each["kind"] for each in answer["messages"]]
    assert kinds == [
        "directory",
        "directory",
        "check",
        "feedback",
        "acknowledgement",
        "acknowledged",
    ]
    check = answer["messages"][2]
    assert [each["scope"] for each in check["consents"]] == ["score", "feedback"]
    assert all(len(each["text_sha256"]) == 64 for each in check["consents"])
    assert check["address"] == server.invite.address
    assert answer["messages"][3]["answers"] == 3


@pytest.mark.parametrize("locale", LOCALES)
def test_one_message_is_shown_whole(home: Path, locale: str) -> None:
    """Exact bytes, plaintext, and every field, in both languages."""
    whole = json.loads(kizashi(home, "ledger", "--raw", "3", "--json").output)
    done = kizashi(home, "--language", locale, "ledger", "--raw", "3")
    assert done.code == 0, done.output
    lines = done.output.splitlines()
    assert whole["body"] in lines
    assert whole["plaintext"] in lines
    assert len(bytes.fromhex(whole["body"])) == whole["bytes"]
    for name, value in (whole["fields"] | whole["sealed_fields"]).items():
        assert f"  {name} = {value}" in lines
    assert "report.check.summary.blink_rate" in whole["sealed_fields"]


def test_a_number_that_is_not_there_is_told(home: Path) -> None:
    """In one line, with an exit code of its own."""
    done = kizashi(home, "ledger", "--raw", "99")
    assert done.code == 10
    assert done.output.startswith("kizashi: The ledger holds no readable message 99.")


def test_a_removed_message_is_said(home: Path) -> None:
    """Aloud, to a script, and in the exit code."""
    (home / "state" / "ledger" / "00000004").unlink()
    done = kizashi(home, "ledger")
    assert done.code == 10
    assert "Message 4 was removed." in done.output
    faults = json.loads(kizashi(home, "ledger", "--json").output)["faults"]
    assert faults == [{"wrong": "missing", "number": 4}]


def test_erasing_is_asked_for(home: Path) -> None:
    """A no leaves everything; where nobody can be asked it takes --yes."""
    before = tree(home)
    said_no = kizashi_at_a_terminal(home, ["n"], "ledger", "clear")
    assert said_no.code == 5
    assert kizashi(home, "ledger", "clear").code == 5
    assert {name: data for name, data in tree(home).items() if name in before} == before
    said_yes = kizashi_at_a_terminal(home, ["y"], "ledger", "clear")
    assert said_yes.code == 0, said_yes.output
    assert "6" in said_yes.output
    assert not list((home / "state" / "ledger").iterdir())
    assert (home / "state" / "seed").exists(), "the check can still be withdrawn"
    assert say("en", "ledger_empty") in " ".join(kizashi(home, "ledger").output.split())


def test_withdrawing_leaves_the_ledger_unless_asked(home: Path) -> None:
    """With --ledger nothing is left that needs the seed, and the seed goes too."""
    done = kizashi(home, "withdraw", "--all", "--ledger", "--json")
    assert done.code == 0, done.output
    answer = json.loads(done.output)
    assert len(answer["withdrawn"]) == 1
    assert answer["ledger"] is False
    assert not [name for name in done.left if "ledger" in name or name.endswith("seed")]


def test_keys_move_to_another_laptop(home: Path, tmp_path: Path) -> None:
    """Backed up, restored, withdrawn there; a wrong passphrase is one line."""
    (tmp_path / "words").write_text(PASSPHRASE + "\n", "utf-8")
    (tmp_path / "wrong").write_text("another passphrase of mine\n", "utf-8")
    file, other = tmp_path / "keys.json", tmp_path / "other"
    words = ("--passphrase-file", str(tmp_path / "words"))
    assert kizashi(home, "identity", "backup", str(file), *words).code == 0
    wrong = ("--passphrase-file", str(tmp_path / "wrong"))
    refused = kizashi(other, "identity", "restore", str(file), *wrong)
    assert refused.code == 10
    assert len(refused.output.splitlines()) == 1
    assert refused.left == ()
    restored = kizashi(other, "identity", "restore", str(file), *words)
    assert restored.code == 0, restored.output
    assert PASSPHRASE not in restored.output
    withdrawn = kizashi(other, "withdraw", "--all", "--json")
    assert len(json.loads(withdrawn.output)["withdrawn"]) == 1, withdrawn.output


def test_a_passphrase_is_asked_at_a_terminal_alone(home: Path, tmp_path: Path) -> None:
    """Where nobody can be asked, the option is named."""
    done = kizashi(home, "identity", "backup", str(tmp_path / "keys.json"))
    assert done.code == 10
    assert "--passphrase-file" in done.output
    assert not (tmp_path / "keys.json").exists()


def test_a_passphrase_is_asked_twice_and_never_shown(home: Path, tmp_path: Path) -> None:
    """What is typed does not appear; restoring asks once."""
    file, other = tmp_path / "keys.json", tmp_path / "other"
    asks = {"question": b": "}
    backup = ("identity", "backup", str(file))
    done = kizashi_at_a_terminal(home, [PASSPHRASE, PASSPHRASE], *backup, **asks)
    assert done.code == 0, done.output
    assert say("en", "passphrase_again") in done.output
    restored = kizashi_at_a_terminal(other, [PASSPHRASE], "identity", "restore", str(file), **asks)
    assert restored.code == 0, restored.output
    for each in (done, restored):
        assert PASSPHRASE not in each.output


TOUCHED = """
from pathlib import Path
Path.home().joinpath("touched").touch()
raise ImportError("a keyring that must not be loaded")
"""


def planted_keyring(folder: Path) -> Path:
    """A package of that name that leaves a trace when it is loaded."""
    package = folder / "packages" / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(TOUCHED)
    return package.parent


def test_the_demonstration_never_touches_a_keyring(tmp_path: Path) -> None:
    """Even where one is asked for."""
    packages, home = planted_keyring(tmp_path), tmp_path / "home"
    done = kizashi_beside(packages, home, "--seed", "keyring", "demo")
    assert done.code == 0, done.output
    assert "touched" not in done.left


def test_a_keyring_that_fails_is_told_once(server: DemoServer, clip: Path, tmp_path: Path) -> None:
    """The control of the test above, and what a person without a keyring reads."""
    packages, home = planted_keyring(tmp_path), tmp_path / "home"
    check = ("check", "--video", str(clip), "--join", str(server.invite), *AGREED)
    first = kizashi_beside(packages, home, "--seed", "keyring", *check)
    assert first.code == 0, first.output
    assert "touched" in first.left
    told = f"The seed of your keys is kept in the file {home / 'state' / 'seed'}"
    assert "".join(told.split()) in "".join(first.output.split())
    again = kizashi_beside(packages, home, "--seed", "keyring", *check)
    assert "".join(told.split()) not in "".join(again.output.split())


@pytest.mark.parametrize("locale", LOCALES)
def test_without_an_account_nothing_is_left(
    server: DemoServer, clip: Path, tmp_path: Path, locale: str
) -> None:
    """No file at all on a fresh laptop, and a plain word on what the server holds."""
    words = ("--language", locale, "check", "--video", str(clip), "--no-account")
    done = kizashi(tmp_path, *words, "--join", str(server.invite), *AGREED)
    assert done.code == 0, done.output
    assert done.left == ()
    assert not (tmp_path / "state").exists()
    said = "".join(done.output.split())
    assert "".join(say("en" if locale == "en" else "ja", "kept_no_account").split()) in said


def test_without_an_account_an_account_is_not_touched(
    home: Path, server: DemoServer, clip: Path
) -> None:
    """Seed, invite, versions, records and ledger are byte for byte as they were."""
    before = tree(home)
    words = ("check", "--video", str(clip), "--no-account", *AGREED, "--json")
    done = kizashi(home, *words, "--join", str(server.invite))
    assert done.code == 0, done.output
    assert json.loads(done.output)["sent"]["withdrawable"] is False
    assert tree(home) == before


def test_without_an_account_a_failure_leaves_nothing(
    server: DemoServer, clip: Path, tmp_path: Path
) -> None:
    """Not even a check that waits to be sent."""
    away = str(server.invite).replace(server.invite.address, "127.0.0.1:9")
    words = ("check", "--video", str(clip), "--no-account", *AGREED)
    done = kizashi(tmp_path, *words, "--join", away)
    assert done.code == 7
    assert done.left == ()
    assert "kizashi send" not in done.output
