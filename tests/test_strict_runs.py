"""A strict run fails on a skipped test, so that CI cannot pass by leaving something out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]

SKIPPED = "import pytest\ndef test_left_out():\n    pytest.skip('no such thing here')\n"
PASSED = "def test_done():\n    pass\n"
SKIPPED_WHOLE = "import pytest\npytest.skip('not here', allow_module_level=True)\n"


def run_pytest(folder: Path, content: str, strict: str) -> "subprocess.CompletedProcess[str]":
    """Runs one test file under this project's conftest."""
    file = folder / "test_small.py"
    file.write_text(content, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", os.devnull, "-ra"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), "-p", "no:cacheprovider", str(file)],
        cwd=TOP,
        env=os.environ | {"KIZASHI_STRICT": strict, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("content", [PASSED + SKIPPED, SKIPPED_WHOLE])
def test_a_skip_fails_a_strict_run(tmp_path: Path, content: str) -> None:
    """The run fails and names what was skipped."""
    done = run_pytest(tmp_path, content, "1")
    assert done.returncode in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert "1 skipped, so the run fails" in done.stdout
    assert "test_small.py" in done.stdout.split("so the run fails")[1]


def test_a_skip_is_listed_otherwise(tmp_path: Path) -> None:
    """Without the variable the run passes and still says what was left out and why."""
    done = run_pytest(tmp_path, PASSED + SKIPPED, "0")
    assert done.returncode == 0
    assert "no such thing here" in done.stdout
    assert "so the run fails" not in done.stdout


def test_a_strict_run_without_skips_passes(tmp_path: Path) -> None:
    """Strict mode asks for nothing else."""
    assert run_pytest(tmp_path, PASSED, "1").returncode == 0
