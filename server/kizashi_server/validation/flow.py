"""What became of each recording: refused, abstained on, scored, and with a label or without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kizashi_server.validation.intervals import Measured, proportion
from kizashi_server.validation.people import Person


@dataclass(frozen=True, slots=True)
class Reason:
    """Why recordings came to nothing, and how many.

    Attributes:
        reason: as the recording gate or the scorer names it.
        count: recordings.
        share: of those that could have had it.
    """

    reason: str
    count: int
    share: Measured


@dataclass(frozen=True, slots=True)
class Flow:
    """The way of recordings, each of another person.

    Attributes:
        recordings: all of them.
        refused_count: by the recording gate, on the laptop.
        refused: as a share of all.
        refused_by_reason: each has one; the commonest first.
        abstained_count: measured, and given no band by the scorer.
        abstained: as a share of those measured; None where none was.
        abstained_by_reason: one recording may have several.
        without_total: given a band, and left out of every figure of performance.
        people: given a band, and with a total.
        cases: of these.
    """

    recordings: int
    refused_count: int
    refused: Measured | None
    refused_by_reason: tuple[Reason, ...]
    abstained_count: int
    abstained: Measured | None
    abstained_by_reason: tuple[Reason, ...]
    without_total: int
    people: int
    cases: int


def flow_of(people: Sequence[Person]) -> Flow:
    """Counts what became of everybody's recording."""
    refused = [each.refused for each in people if each.refused is not None]
    abstained = [each.abstained for each in people if each.abstained]
    measured = len(people) - len(refused)
    scored = [each for each in people if each.scored]
    return Flow(
        recordings=len(people),
        refused_count=len(refused),
        refused=proportion(len(refused), len(people)),
        refused_by_reason=_by_reason(refused, len(people)),
        abstained_count=len(abstained),
        abstained=proportion(len(abstained), measured),
        abstained_by_reason=_by_reason((each for some in abstained for each in some), measured),
        without_total=sum(each.case is None for each in scored),
        people=sum(each.case is not None for each in scored),
        cases=sum(each.case is True for each in scored),
    )


def _by_reason(reasons: Iterable[str], n: int) -> tuple[Reason, ...]:
    counted = sorted(Counter(reasons).items(), key=lambda each: (-each[1], each[0]))
    shares = ((reason, count, proportion(count, n)) for reason, count in counted)
    return tuple(Reason(*each) for each in shares if each[2] is not None)  # type: ignore[arg-type]
