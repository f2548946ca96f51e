"""Where a command meets the terminal and the system: what it shows and what a crash would leave."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.command_line import environment, kizashi

SHOWS_THE_LIMIT = """
import resource
from kizashi_agent.edge import common
common(None, None)
print(resource.getrlimit(resource.RLIMIT_CORE))
"""

SHOWS_A_SIGN = """
from kizashi_agent.edge import common
common(None, None)
print("\\u00b7 kept")
"""

STARTS_THE_DEMO_SERVER = """
from kizashi_agent.commands.demo import demo_server
with demo_server():
    pass
"""


def test_crash_leaves_no_core_file(tmp_path: Path) -> None:
    """Whatever the account allows: a core file would hold frames."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    done = subprocess.run(
        [sys.executable, "-c", SHOWS_THE_LIMIT],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    assert done.stdout == "(0, 0)\n"


@pytest.mark.parametrize("words", [["check", "--local", "--video"], ["extract"]], ids=" ".join)
def test_name_of_a_file_cannot_steer_the_terminal(tmp_path: Path, words: list[str]) -> None:
    """Escape sequences and line breaks in a name are not passed on."""
    out = ["--out", str(tmp_path / "tables")] if words == ["extract"] else []
    name = "\x1b[2Ja\nb\x9b.mp4"
    (tmp_path / name).write_bytes(b"not a video")
    done = kizashi(tmp_path / "home", *words, str(tmp_path / name), *out)
    assert done.code == 3
    assert "a\N{REPLACEMENT CHARACTER}b" in done.output
    assert not set("\x1b\x9b") & set(done.output)


def test_demo_runs_the_installed_server_and_no_folder_of_its_name(tmp_path: Path) -> None:
    """A folder "kizashi_server" where the person happens to be is not run."""
    planted = tmp_path / "kizashi_server"
    planted.mkdir()
    (planted / "__init__.py").touch()
    (planted / "__main__.py").write_text("open('ran', 'w').close()")
    subprocess.run(
        [sys.executable, "-c", STARTS_THE_DEMO_SERVER],
        env=environment(tmp_path / "home"),
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("encoding", ["cp932", "ascii"])
def test_a_code_page_costs_nobody_the_words(tmp_path: Path, encoding: str) -> None:
    """A sign that the output's code page lacks is replaced, and the rest is shown."""
    done = subprocess.run(
        [sys.executable, "-c", SHOWS_A_SIGN],
        env=environment(tmp_path) | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    assert done.stdout.split() == [b"?", b"kept"]
