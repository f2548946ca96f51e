"""A progress bar on standard error, where there is a terminal to draw it on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from kizashi_agent.extract import Progress as Told


@contextmanager
def extract_progress(console: Console, recordings: int) -> Iterator[Callable[[Told], None]]:
    """Shows how many recordings have ended; the function given is told what `extract` reports."""
    ended = 0
    with progress(console, "extract", recordings) as step:

        def report(told: Told) -> None:
            nonlocal ended
            if told.outcome is not None:
                ended += 1
                step(ended)

        yield report


@contextmanager
def progress(console: Console, text: str, total: int | None) -> Iterator[Callable[[int], None]]:
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
