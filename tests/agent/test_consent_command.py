"""`kizashi consent`, `kizashi trend` and `kizashi withdraw`, typed, against a server process."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.cli import app
from typer.testing import CliRunner

from tests.agent.command_line import kizashi
from tests.server.conftest import Running, make_server, served

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that the tests of this module share."""
    folder = tmp_path_factory.mktemp("server")
    make_server(folder)
    with served(folder) as running:
        yield running


def test_a_consent_is_given_shown_and_taken_back(server: Running, tmp_path: Path) -> None:
    """The words, the end and the code are shown; the trend is empty; a receipt stays."""
    home, invite = tmp_path / "home", str(server.invite)
    given = kizashi(home, "consent", "give", "trend", "--join", invite, "--agree", "--adult")
    assert given.code == 0, given.output
    assert "kizashi withdraw --scope trend" in " ".join(given.output.split())
    code = re.search(r"^  ((?:[A-Z2-7]{4}-){8}[A-Z2-7]{4})$", given.output, re.MULTILINE)
    assert code is not None
    shown = kizashi(home, "consent")
    assert (shown.code, "trend, given to Self-check" in shown.output) == (0, True)
    assert code[1] not in shown.output
    trend = kizashi(home, "trend")
    assert (trend.code, "no trend yet" in trend.output) == (0, True)
    taken = kizashi(home, "withdraw", "--scope", "trend")
    assert taken.code == 0, taken.output
    assert "Signed receipt" in taken.output
    assert "No consent on this laptop" in kizashi(home, "consent").output


def test_a_script_reads_consents_and_trend(server: Running, tmp_path: Path) -> None:
    """What was given, with its code the first time; the list, and the trend."""
    home, invite = tmp_path / "home", str(server.invite)
    words = ("consent", "give", "trend", "--join", invite, "--agree", "--adult", "--json")
    given = json.loads(kizashi(home, *words).output)
    assert given["given"]["scope"] == "trend"
    assert given["recovery_code"]
    assert json.loads(kizashi(home, "consent", "--json").output) == {"consents": [given["given"]]}
    assert json.loads(kizashi(home, "trend", "--json").output) == {"trend": []}
    assert json.loads(kizashi(home, *words).output)["recovery_code"] is None


def test_everything_is_taken_back_at_once(server: Running, tmp_path: Path) -> None:
    """`--all` is of standing consents too, and leaves no seed behind."""
    home = tmp_path / "home"
    kizashi(home, "consent", "give", "cohort", "--join", str(server.invite), "--agree", "--adult")
    done = kizashi(home, "withdraw", "--all", "--ledger")
    assert done.code == 0, done.output
    assert "what was kept for cohort" in done.output
    assert "trend" not in done.output
    assert not [path for path in done.left if path.endswith("/seed")]


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["consent", "give", "score"], 2),
        (["withdraw"], 2),
        (["withdraw", "--all", "--scope", "trend"], 2),
        (["withdraw", "--scope", "feedback"], 2),
        (["withdraw", "--recovery", "ABCD"], 2),
        (["withdraw", "--join", "x"], 2),
        (["consent", "give", "trend"], 8),
        (["trend"], 8),
    ],
    ids=str,
)
def test_a_wrong_command_sends_and_keeps_nothing(
    tmp_path: Path, words: list[str], exit_code: int
) -> None:
    """Usage is told as usage; without an invite there is no pin, and so nobody to talk to."""
    state = tmp_path / "state"
    done = CliRunner().invoke(app, ["--state", str(state), "--seed", "file", *words])
    assert done.exit_code == exit_code, done.output
    assert not state.exists()


def test_nobody_to_ask_is_no_consent(server: Running, tmp_path: Path) -> None:
    """Without a terminal nothing is taken for a yes, and --agree alone declares no age."""
    words = ("consent", "give", "trend", "--join", str(server.invite))
    for more in ((), ("--agree",)):
        done = kizashi(tmp_path / "home", *words, *more)
        assert done.code == 5, done.output
        assert not [path for path in done.left if path.startswith("state/standing")]
