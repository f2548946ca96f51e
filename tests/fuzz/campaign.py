"""Runs inputs over surfaces, counts what became of them, and keeps what should not have been."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.agent_surface import AgentSurface
from tests.fuzz.process_surface import process_surfaces
from tests.fuzz.reading_surfaces import surfaces as reading_surfaces
from tests.fuzz.sealed_surface import sealed_surface
from tests.fuzz.surface import Attempt, Surface, seeded

FULL = 126_000
"""Inputs of which over 100,000 are malformed; the others came out as good as they were."""

MOST_FAULTS = 20
"""Faults of a surface after which it is left."""


@dataclass
class Tally:
    """What became of the inputs.

    Attributes:
        reasons: by surface and reason.
        malformed: by surface.
        faults: where, which input, what was done to it, and what went wrong.
    """

    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    controls: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def count(self, surface: str, index: int, attempt: Attempt) -> None:
        """Adds one input."""
        self.reasons[surface, attempt.reason] += 1
        self.malformed[surface] += attempt.malformed
        if attempt.fault is not None:
            self.faults.append(f"{surface} input {index} ({attempt.how}): {attempt.fault}")

    def table(self) -> str:
        """Inputs by surface and reason, the most frequent first."""
        lines = [f"{'surface':16}{'inputs':>8}{'malformed':>11}{'controls':>10}  came to"]
        for surface in self.malformed:
            mine = Counter({key[1]: n for key, n in self.reasons.items() if key[0] == surface})
            told = ", ".join(f"{reason} {n:,}" for reason, n in mine.most_common())
            lines.append(
                f"{surface:16}{mine.total():>8,}{self.malformed[surface]:>11,}"
                f"{self.controls[surface]:>10}  {told}"
            )
        lines.append(
            f"{'all':16}{self.reasons.total():>8,}{self.malformed.total():>11,}"
            f"{self.controls.total():>10}  {len(self.faults)} faults"
        )
        return "\n".join([*lines, *self.faults])


def run(surfaces: Sequence[Surface], inputs: int, seed: int) -> Tally:
    """Sends each surface its share of the inputs.

    One input depends on seed, surface and number alone: `surface.attempt(seeded("1/sealed/608"))`
    sends number 608 of seed 1 again.
    """
    tally = Tally()
    shares = sum(each.share for each in surfaces)
    for surface in surfaces:
        tally.malformed[surface.name] = 0
        tally.controls[surface.name] += len(surface.control())
        faults = len(tally.faults)
        for index in range(max(1, inputs * surface.share // shares)):
            attempt = surface.attempt(seeded(f"{seed}/{surface.name}/{index}"))
            tally.count(surface.name, index, attempt)
            if len(tally.faults) - faults >= MOST_FAULTS:
                break
        tally.faults += [f"{surface.name}, in the end: {each}" for each in surface.finish()]
        tally.controls[surface.name] += len(surface.control())
    return tally


@contextlib.contextmanager
def all_surfaces(folder: Path) -> Iterator[list[Surface]]:
    """Every way in, a server process among them."""
    with process_surfaces(folder / "server") as processes:
        yield [
            *reading_surfaces(),
            sealed_surface(),
            AgentSurface(folder / "agent"),
            *processes,
        ]
