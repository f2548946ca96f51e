"""Commands that are broken off, typed wrongly or asked too much of: a sentence, and nothing lost."""

import contextlib
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer
from kizashi_agent.words import say
from kizashi_protocol import LOCALES, Locale

from tests.agent.command_line import AGREED, environment, kizashi, kizashi_at_a_terminal

pytestmark = pytest.mark.proof

END_OF_INPUT = "\x04"  # what Ctrl-D types


@pytest.fixture(scope="module")
def checked(server: DemoServer, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a check was made and a consent given that outlasts it."""
    home = tmp_path_factory.mktemp("checked")
    done = kizashi(home, "check", "--video", str(clip), "--join", str(server.invite), *AGREED)
    assert done.code == 0, done.output
    given = kizashi(home, "consent", "give", "trend", "--agree", "--adult")
    assert given.code == 0, given.output
    return home


@pytest.fixture
def home(checked: Path, tmp_path: Path) -> Path:
    """A copy of that home."""
    return Path(shutil.copytree(checked, tmp_path / "home"))


@pytest.mark.parametrize("locale", LOCALES)
def test_without_an_account_it_is_said_before_the_yes(
    server: DemoServer, clip: Path, tmp_path: Path, locale: Locale
) -> None:
    """That nothing can be taken back afterwards; a no then leaves nothing."""
    words = ("--language", locale, "check", "--video", str(clip), "--no-account")
    done = kizashi_at_a_terminal(tmp_path, ["n"], *words, "--join", str(server.invite))
    assert done.code == 5
    shown = "".join(done.output.split())
    said = shown.index("".join(say(locale, "asked_no_account").split()))
    assert said < shown.index("".join(say(locale, "age_question").split()))
    assert done.left == ()


def test_a_question_that_is_broken_off_is_told(tmp_path: Path) -> None:
    """Ctrl-D at an unseen question ends with a sentence, an exit code, and no file."""
    key = tmp_path / "counsellor.key"
    words = ("share", "make-key", str(key), "--name", "Counsellor")
    done = kizashi_at_a_terminal(tmp_path / "home", [END_OF_INPUT], *words, question=b": ")
    assert done.code == 5, done.output
    assert (
        done.output.splitlines()[-1] == "kizashi: Broken off: nothing more was done. [BROKEN_OFF]"
    )
    assert not key.exists()


def stopped(home: Path, words: Sequence[str], when: Callable[[str], bool]) -> tuple[int, str]:
    """Exit code and words of a command that gets a Ctrl-C once what it shows, or keeps, is so far."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kizashi_agent.cli", *words]
    process = subprocess.Popen(
        command, env=environment(home), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown, pressed, end = b"", False, time.monotonic() + 120
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.02)[0]:
            try:
                shown += os.read(ours, 65_536)
            except OSError:  # the other end is closed: the command has ended
                break
        if not pressed and when(shown.decode("utf-8", "replace")):
            process.send_signal(signal.SIGINT)
            pressed = True
    os.close(ours)
    return process.wait(timeout=30), shown.decode("utf-8", "replace")


def test_ctrl_c_while_measuring_says_that_nothing_was_sent(home: Path, clip: Path) -> None:
    """With an exit code of its own, and nothing waits."""
    words = ("check", "--video", str(clip), *AGREED)
    code, shown = stopped(home, words, lambda seen: say("en", "measuring") in seen)
    assert code == 5, shown
    assert shown.endswith("kizashi: Broken off: nothing was sent. [BROKEN_OFF]\r\n")
    assert waiting(home) == []


def test_ctrl_c_while_sending_says_that_the_check_waits(
    home: Path, clip: Path, server: DemoServer
) -> None:
    """And so it does: sent again, it is answered."""
    (process,) = serving(server)
    words = ("check", "--video", str(clip), *AGREED)

    def is_sending(seen: str) -> bool:
        if say("en", "measuring") in seen:
            os.kill(process, signal.SIGSTOP)  # it takes what is sent, and answers nothing
        return bool(waiting(home))

    try:
        code, shown = stopped(home, words, is_sending)
    finally:
        os.kill(process, signal.SIGCONT)
    assert code == 5, shown
    said = " ".join(shown.split())
    assert "Broken off. The check waits on this laptop" in said
    assert said.endswith("kizashi withdraw --all [BROKEN_OFF]")
    assert len(waiting(home)) == 1
    late = kizashi(home, "send")
    assert late.code == 0, late.output
    assert waiting(home) == []


def waiting(home: Path) -> list[Path]:
    """The checks that wait."""
    return list((home / "state" / "waiting").glob("*.sealed"))


def serving(server: DemoServer) -> list[int]:
    """The process of the demonstration's server."""
    ours = str(server.folder).encode()
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            with contextlib.suppress(OSError):
                if b"serve" in (line := (each / "cmdline").read_bytes()) and ours in line:
                    found.append(int(each.name))
    return found


def test_a_file_that_is_there_is_told_before_a_passphrase_is_asked_for(tmp_path: Path) -> None:
    """With nobody to ask, the file is the reason all the same."""
    key = tmp_path / "counsellor.key"
    key.touch()
    done = kizashi(tmp_path / "home", "share", "make-key", str(key), "--name", "Counsellor")
    assert (done.code, "is there already" in done.output) == (3, True)
    missing = tmp_path / "none" / "backup"
    done = kizashi(tmp_path / "home", "identity", "backup", str(missing))
    assert (done.code, f"The folder {missing.parent} is not there" in done.output) == (3, True)


@pytest.mark.parametrize(
    "words", [("share", "open", "--key"), ("identity", "restore")], ids=" ".join
)
def test_a_file_that_is_missing_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Not its number in the system's list of errors."""
    done = kizashi(tmp_path / "home", *words, str(tmp_path / "none"))
    assert done.code == 3
    assert f"{tmp_path / 'none'} is not there. Check the name" in done.output
    assert "Errno" not in done.output


def test_a_name_that_cannot_be_shown_is_wrong_input(tmp_path: Path) -> None:
    """No file is made for it."""
    secret = tmp_path / "passphrase"
    secret.write_text("several words that do not belong together")
    key = tmp_path / "counsellor.key"
    words = ("share", "make-key", str(key), "--name", "a\x07b", "--passphrase-file", str(secret))
    done = kizashi(tmp_path / "home", *words)
    assert done.code == 3, done.output
    assert not key.exists()


@pytest.mark.parametrize("number", ["-1", "0", "99", str(2**80)])
def test_a_number_that_the_ledger_has_not_is_told(home: Path, number: str) -> None:
    """However far it is from those it has."""
    done = kizashi(home, "ledger", "--raw", number)
    assert done.code == 10, done.output
    assert "unexpected" not in done.output


def test_erasing_the_ledger_goes_with_taking_back_everything(home: Path) -> None:
    """With one scope it is a wrong command line, and nothing is done."""
    done = kizashi(home, "withdraw", "--scope", "trend", "--ledger")
    assert done.code == 2, done.output
    assert "kizashi ledger clear" in " ".join(done.output.split())
    assert "trend" in kizashi(home, "consent").output


def test_the_ledger_stays_while_something_is_not_taken_back(home: Path, server: DemoServer) -> None:
    """A consent whose server does not answer keeps it, and that is said."""
    for record in (home / "state" / "checks").iterdir():
        record.unlink()
    words = ("withdraw", "--all", "--ledger")
    for consent in (home / "state" / "standing").iterdir():
        held = consent.read_bytes()
        consent.write_bytes(held.replace(server.invite.address.encode(), b"127.0.0.1:9"))
    away = kizashi(home, *words)
    assert away.code == 7, away.output
    assert "kizashi ledger clear" in " ".join(away.output.split())
    assert kizashi(home, "ledger").output.count("check") > 0


def test_an_erased_ledger_is_said(home: Path) -> None:
    """With how many messages went."""
    done = kizashi(home, "withdraw", "--all", "--ledger")
    assert done.code == 0, done.output
    assert "Erased from the ledger: " in done.output
    assert "empty" in kizashi(home, "ledger").output
