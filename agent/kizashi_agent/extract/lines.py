"""The lines of a table, as a recording is measured: nothing is kept but sums.

What a face shows above its rest is known only once the neutral part has ended. Rows until then
wait in a file, so that memory does not depend on where in a recording that part lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

from kizashi_agent.errors import InputError
from kizashi_agent.extract.table import above_neutral, cells_of, header, intensities, line, row
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.segments import NeutralWindow


def static_lines(measurements: Iterable[FrameMeasurement], mode: str) -> Iterator[str]:
    """The lines of a table without a neutral part, header first."""
    yield header(above_neutral=False)
    for each in measurements:
        yield line(row(each, mode))


def lines_with_neutral(
    measurements: Iterable[FrameMeasurement], mode: str, neutral: NeutralWindow, waiting: IO[str]
) -> Iterator[str]:
    """The lines of a table with a neutral part, header first.

    Args:
        measurements: in order of time.
        mode: of the extractor.
        neutral: where the face is at rest.
        waiting: an empty file, open for writing and reading, for rows until the part has ended.

    Raises:
        InputError: NO_NEUTRAL_FACE, the neutral part has no frame with a face; raised as soon as
            it has ended.
    """
    yield header(above_neutral=True)
    rest = iter(measurements)
    at_rest = _AtRest()
    first_after: tuple[str, ...] | None = None
    for each in rest:
        cells = row(each, mode)
        if each.timestamp >= neutral.end:
            first_after = cells
            break
        if each.timestamp >= neutral.start:
            at_rest.add(cells)
        waiting.write(line(cells))
    mean = at_rest.mean(neutral)
    waiting.seek(0)
    for text in waiting:
        cells = cells_of(text)
        yield line((*cells, *above_neutral(cells, mean)))
    if first_after is not None:
        yield line((*first_after, *above_neutral(first_after, mean)))
    for each in rest:
        cells = row(each, mode)
        yield line((*cells, *above_neutral(cells, mean)))


class _AtRest:
    """The mean intensities of frames with a face."""

    def __init__(self) -> None:
        self._sums: tuple[float, ...] = ()
        self._frames = 0

    def add(self, cells: tuple[str, ...]) -> None:
        """Takes a row in, unless it has no face."""
        found = intensities(cells)
        if found is not None:
            sums = self._sums or (0.0,) * len(found)
            self._sums = tuple(map(sum, zip(sums, found, strict=True)))
            self._frames += 1

    def mean(self, neutral: NeutralWindow) -> tuple[float, ...]:
        """One value for each intensity."""
        if not self._frames:
            raise InputError(
                "the neutral part has no frame with a face",
                f"No face was found in its neutral part, {neutral.start:g}-{neutral.end:g} s. Name "
                "another part with --neutral, or leave it out for static intensities alone.",
                reason="NO_NEUTRAL_FACE",
            )
        return tuple(each / self._frames for each in self._sums)
