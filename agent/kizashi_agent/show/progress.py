"""A progress bar on standard error, where there is a terminal to draw it on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from kizashi_agent.extract import Progress as Told


@contextmanager
def extract_progress(console: Console, recordings: int) -> Iterator[Callable[[Told], None]]:
    """Shows how many recordings have ended, and of those under way how much of their frames.

    The function given is told what `extract` reports.
    """
    done = Done()
    with progress(console, "extract", recordings) as step:
        yield lambda told: step(done.follow(told))


class Done:
    """How many recordings are done, counted by their frames while they are under way."""

    def __init__(self) -> None:
        self._ended = 0
        self._under_way: dict[Path, float] = {}

    def follow(self, told: Told) -> float:
        """Recordings done, with what was just told; 1.5 is one and half of another.

        A recording whose file announces no frames counts at its end alone.
        """
        if told.outcome is not None:
            self._under_way.pop(told.video, None)
            self._ended += 1
        elif told.announced:
            # Some files hold more frames than they announce.
            self._under_way[told.video] = min(told.frames / told.announced, 1.0)
        return self._ended + sum(self._under_way.values())


@contextmanager
def progress(console: Console, text: str, total: int | None) -> Iterator[Callable[[float], None]]:
    """Shows how much of the total is done; the function given is told so.

    Args:
        console: where to draw; nothing is drawn where it is quiet or no terminal.
        text: what is being done.
        total: how much there is, None if unknown.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done: bar.update(task, completed=done)
