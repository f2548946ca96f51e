"""The recovery code as it is shown and typed, against a server process."""

import json
import re
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer
from kizashi_agent.demo import demo_clip
from kizashi_agent.words import say

from tests.agent.command_line import AGREED, Done, kizashi, kizashi_at_a_terminal

CODE = re.compile(r"(?:[A-Z2-7]{4}-){8}[A-Z2-7]{4}")


def recovering(home: Path, line: str, *words: str) -> Done:
    """Withdraws with a code on standard input."""
    return kizashi(home, "withdraw", "--recovery", *words, typed=f"{line}\n")


@pytest.mark.proof
def test_the_code_of_a_check_takes_it_back_from_another_laptop(
    server: DemoServer, tmp_path: Path
) -> None:
    """Shown once, as JSON too; the receipts verify, and nothing else stays on the other laptop."""
    home, other, invite = tmp_path / "home", tmp_path / "other", str(server.invite)
    with demo_clip() as clip:
        words = ("check", "--video", str(clip), "--join", invite, *AGREED, "--json")
        code = json.loads(kizashi(home, *words).output)["recovery_code"]
        assert CODE.fullmatch(code)
        assert json.loads(kizashi(home, *words).output)["recovery_code"] is None
    given = kizashi(home, "consent", "give", "trend", "--agree", "--adult")
    assert given.code == 0, given.output
    assert CODE.search(given.output) is None

    proofs = tmp_path / "proofs"
    done = recovering(other, code.lower(), "--join", invite, "--receipts", str(proofs), "--json")
    assert done.code == 0, done.output
    (erased,) = json.loads(done.output)["erased"]
    root = server.invite.root_fingerprint.hex()
    assert (erased["scope"], erased["receipt"]) == ("score", None)
    assert done.left == ()
    assert list(proofs.iterdir()) == [Path(erased["file"])]
    verified = kizashi(other, "verify", erased["file"], "--root", root)
    assert verified.code == 0, verified.output
    assert "every check" in verified.output

    # The laptop that was lost finds its checks erased.
    withdrawn = kizashi(home, "withdraw", "--all", "--json")
    assert withdrawn.code == 0, withdrawn.output


def test_the_code_is_typed_unseen_at_a_terminal(server: DemoServer, tmp_path: Path) -> None:
    """It is on no command line, and the terminal does not show it; the receipt it does."""
    home, invite = tmp_path / "home", str(server.invite)
    given = kizashi(home, "consent", "give", "trend", "--join", invite, "--agree", "--adult")
    code = CODE.search(given.output)
    assert code is not None
    words = ("withdraw", "--recovery", "--join", invite)
    # With the space that comes once nothing typed is shown any more.
    asked = f"{say('en', 'recovery_question')}: ".encode()
    done = kizashi_at_a_terminal(tmp_path / "other", [code[0]], *words, question=asked)
    assert done.code == 0, done.output
    # Nothing was ever sent under it, so the server knows no such code.
    assert "nothing under this code" in " ".join(done.output.split())
    assert code[0] not in done.output
    assert done.left == ()


@pytest.mark.proof
def test_a_check_says_the_code_after_its_feedback(server: DemoServer, tmp_path: Path) -> None:
    """In words, with what it is for and how it is typed; a check without an account has none."""
    home, invite = tmp_path / "home", str(server.invite)
    with demo_clip() as clip:
        words = ("check", "--video", str(clip), "--join", invite, *AGREED)
        alone = kizashi(tmp_path / "alone", *words, "--no-account")
        shown = kizashi(home, *words)
    assert (alone.code, CODE.search(alone.output)) == (0, None)
    assert CODE.search(shown.output) is not None, shown.output
    assert f"kizashi withdraw --recovery --join {invite}" in " ".join(shown.output.split())


@pytest.mark.parametrize("line", ["ABCD-EFGH", "", "字"])
def test_a_mistyped_code_is_told_before_anything_is_sent(
    server: DemoServer, tmp_path: Path, line: str
) -> None:
    """The check in the code finds a slip of the pen; no folder for receipts is made."""
    proofs = tmp_path / "proofs"
    words = ("--join", str(server.invite), "--receipts", str(proofs))
    done = recovering(tmp_path / "home", line, *words)
    assert (done.code, "mistyped" in done.output) == (2, True), done.output
    assert done.left == ()
    assert not proofs.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("withdraw", "--recovery"),
        ("withdraw", "--recovery", "--all", "--join", "x"),
        ("withdraw", "--all", "--receipts", "x"),
        ("withdraw", "--recovery", "ABCD-EFGH", "--join", "x"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_is_told_as_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Above all a code on the command line, where others could read it."""
    done = kizashi(tmp_path / "home", *words)
    assert (done.code, done.left) == (2, ())
