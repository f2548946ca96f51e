"""What became of each recording: refused, abstained on, scored, and with a total or without.

What recordings came to and what people answered are two values, because of a small group the first
may be told where the second may not.
"""

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
    """The way of recordings, each of another person, as far as a band or none.

    Attributes:
        recordings: all of them.
        refused_count: by the recording gate, on the laptop.
        refused: as a share of all.
        refused_by_reason: each has one; the commonest first.
        abstained_count: measured, and given no band by the scorer.
        abstained: as a share of those measured; None where none was.
        abstained_by_reason: one recording may have several.
    """

    recordings: int
    refused_count: int
    refused: Measured | None
    refused_by_reason: tuple[Reason, ...]
    abstained_count: int
    abstained: Measured | None
    abstained_by_reason: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """Those given a band.

    Attributes:
        without_total: left out of every figure of performance.
        people: with a total.
        cases: of these.
    """

    without_total: int
    people: int
    cases: int

    @property
    def others(self) -> int:
        """With a total, and no cases."""
        return self.people - self.cases


def flow_of(people: Sequence[Person]) -> Flow:
    """Counts what became of everybody's recording."""
    refused = [each.refused for each in people if each.refused is not None]
    abstained = [each.abstained for each in people if each.abstained]
    measured = len(people) - len(refused)
    return Flow(
        recordings=len(people),
        refused_count=len(refused),
        refused=proportion(len(refused), len(people)),
        refused_by_reason=_by_reason(refused, len(people)),
        abstained_count=len(abstained),
        abstained=proportion(len(abstained), measured),
        abstained_by_reason=_by_reason((each for some in abstained for each in some), measured),
    )


def counted_of(people: Iterable[Person]) -> Counted:
    """Counts those with a band by what they answered."""
    scored = [each for each in people if each.scored]
    return Counted(
        without_total=sum(each.case is None for each in scored),
        people=sum(each.counts for each in scored),
        cases=sum(each.case is True for each in scored),
    )


def _by_reason(reasons: Iterable[str], n: int) -> tuple[Reason, ...]:
    counted = sorted(Counter(reasons).items(), key=lambda each: (-each[1], each[0]))
    shares = ((reason, count, proportion(count, n)) for reason, count in counted)
    return tuple(Reason(*each) for each in shares if each[2] is not None)  # type: ignore[arg-type]
