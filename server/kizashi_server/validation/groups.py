"""What is told of people alike in a trait, so that nobody's own answer is told by it.

Of a small group nothing may be told, and nothing that subtracting the other groups from all would
tell either: where one group of a trait is withheld, so is the next smallest, and on until what all
the withheld make together is no small group. With two groups that is the whole trait.

What recordings came to is judged apart from what people answered. A group most of which was refused
is one that a site must see, however few of it have a total.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kizashi_models.labelled_recordings import SIMULATED
from kizashi_protocol.consent import SMALLEST_GROUP

from kizashi_server.validation.flow import Counted, Flow, counted_of, flow_of
from kizashi_server.validation.people import Person
from kizashi_server.validation.performance import Performance, performance_of
from kizashi_server.validation.study import Study, validation_of
from kizashi_server.validation.verdict import Verdict, all_told_apart, too_few, verdict_on

NOT_TOLD = "not told"
"""The group of those whose recordings do not name one of a trait."""

LEAST_OF_A_KIND = 5
"""Cases, and others, of a group whose counts are told. Judgement: where fewer than five of a group
answered one way, or none did, its count says of single people how they answered."""


@dataclass(frozen=True, slots=True)
class Group:
    """People alike in a trait.

    Attributes:
        trait: such as "glasses".
        name: such as "yes", or `NOT_TOLD`.
        flow: what their recordings came to; None where that is withheld.
        counted: None where that is withheld, and with it all that follows.
        performance: None with too few cases or others, too.
        verdict: whether a claim may be made for the group.
        more_cases: still lacking for such a claim, at the group's own sensitivity or, where it has
            none, that of all.
        more_others: likewise, of the specificity.
    """

    trait: str
    name: str
    flow: Flow | None
    counted: Counted | None = None
    performance: Performance | None = None
    verdict: Verdict | None = None
    more_cases: int | None = None
    more_others: int | None = None

    @property
    def carries(self) -> bool:
        """Whether a claim may be made for the group."""
        return self.verdict is not None and self.verdict.carries


def groups_of(
    people: Sequence[Person], study: Study, of_all: Performance, *, probability_holds: bool
) -> tuple[Group, ...]:
    """Everybody by trait and group, in alphabetical order.

    Args:
        people: everybody once.
        study: which scorer, on whom, by what.
        of_all: how well it did in all of them.
        probability_holds: as in `performance_of`.
    """
    found = []
    for trait, groups in _by_trait(people):
        unseen = withheld(groups, _recordings_may_be_told)
        counted = {name: [each for each in some if each.counts] for name, some in groups.items()}
        unanswered = withheld(counted, _answers_may_be_told, unseen)
        for name, some in groups.items():
            group = Group(trait, name, None if name in unseen else flow_of(some))
            if name not in unanswered:
                group = _with_answers(group, some, study, of_all, probability_holds)
            found.append(group)
    return tuple(found)


def withheld(
    groups: Mapping[str, Sequence[Person]],
    may_be_told: Callable[[Sequence[Person]], bool],
    before: Collection[str] = (),
) -> set[str]:
    """Names of a trait's groups of whom nothing may be told.

    Args:
        groups: by name; everybody is in one.
        may_be_told: whether counts of some people tell nobody's own answer.
        before: names of groups withheld in any case.
    """
    found = {name for name, some in groups.items() if name in before or not may_be_told(some)}
    told = sorted(groups.keys() - found, key=lambda name: (len(groups[name]), name))
    while found and told and (len(found) == 1 or not may_be_told(_together(groups, found))):
        found.add(told.pop(0))
    return found


def _together(groups: Mapping[str, Sequence[Person]], names: Collection[str]) -> list[Person]:
    return [each for name in names for each in groups[name]]


def _recordings_may_be_told(people: Sequence[Person]) -> bool:
    return len(people) >= SMALLEST_GROUP


def _answers_may_be_told(people: Sequence[Person]) -> bool:
    """Of people with a band and a total; that there is nobody may be told, too."""
    counted = counted_of(people)
    few = min(counted.cases, counted.others) < LEAST_OF_A_KIND
    return not people or (len(people) >= SMALLEST_GROUP and not few)


def _by_trait(people: Sequence[Person]) -> Iterator[tuple[str, dict[str, list[Person]]]]:
    traits = {trait for each in people for trait in each.groups}
    # That nobody made a recording is no trait of people, and the report says it of the whole.
    for trait in sorted(traits - {SIMULATED[0]}):
        groups: dict[str, list[Person]] = {}
        for each in people:
            groups.setdefault(each.groups.get(trait, NOT_TOLD), []).append(each)
        yield trait, dict(sorted(groups.items()))


def _with_answers(
    group: Group, people: Sequence[Person], study: Study, of_all: Performance, holds: bool
) -> Group:
    counted = counted_of(people)
    performance = performance_of(people, study.question, probability_holds=holds)
    if performance is None:
        verdict = too_few(counted.cases, counted.others)
    else:
        judged = validation_of(study, performance, probability_holds=holds)
        verdict = all_told_apart() if judged is None else verdict_on(judged, performance)
    needed = performance or of_all
    return dataclasses.replace(
        group,
        counted=counted,
        performance=performance,
        verdict=verdict,
        more_cases=max(0, needed.cases_needed - counted.cases),
        more_others=max(0, needed.others_needed - counted.others),
    )
