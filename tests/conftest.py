"""What every test runs under: its folders, the research clips, and no silent skips in CI."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

# Before grpc is imported, which reads it once: it would write its own lines between the tests'.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

# Tests run side by side: libraries that each take every core for their sums get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No test touches the keyring of whoever runs it.
os.environ["KIZASHI_SEED"] = "file"

# A shell that runs the tests in its background has them ignore Ctrl-C, which commands that are to be
# broken off would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
from hypothesis import settings

STRICT = "KIZASHI_STRICT"
"""With "1" a skipped test fails the run."""

CLIPS = "KIZASHI_CLIPS"

MEMORY, ENOUGH = Path("/dev/shm"), 4 * 2**30  # noqa: S108 - pytest makes a folder of its own there
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
    # A store that synchronises its files waits for a disk longer than for all else it does.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# A slow machine is no fault of the code; `make fuzz` tries inputs by the hundred thousand.
settings.register_profile("kizashi", deadline=None, max_examples=50)
settings.load_profile("kizashi")


@pytest.fixture(autouse=True)
def _umask_of_before() -> Iterator[None]:
    """A command that runs inside the tests closes what it writes, and not what later tests write."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of research clips, which are not part of the project; skips without them."""
    folder = os.environ.get(CLIPS)
    if folder is None:
        pytest.skip(f"no research clips: set {CLIPS} to their folder")
    return Path(folder)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In strict mode, fails a run that would have passed with tests left out."""
    if exitstatus == pytest.ExitCode.OK and _is_strict() and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says why a strict run failed; `-ra` lists the skipped tests themselves."""
    skipped = _skipped(config)
    if _is_strict() and skipped:
        terminalreporter.section(f"{STRICT}=1: {len(skipped)} skipped, so the run fails", red=True)
        for report in skipped:
            terminalreporter.line(report.nodeid)


def _is_strict() -> bool:
    return os.environ.get(STRICT) == "1"


def _skipped(config: pytest.Config) -> list[pytest.TestReport | pytest.CollectReport]:
    reporter: pytest.TerminalReporter | None = config.pluginmanager.getplugin("terminalreporter")
    return [] if reporter is None else list(reporter.stats.get("skipped", []))
