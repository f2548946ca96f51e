"""A validation report as one structure.

Page and JSON are both made of it, so that no figure is computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kizashi_models.errors import BadRecordings
from kizashi_models.validation import LEAST_OF_EITHER, Estimate, Validation

from kizashi_server.validation.flow import Counted, Flow, counted_of, flow_of
from kizashi_server.validation.groups import Group, groups_of
from kizashi_server.validation.intervals import Measured, proportion
from kizashi_server.validation.people import Person, Question
from kizashi_server.validation.performance import Performance, performance_of, sensitivity_of_all
from kizashi_server.validation.sample_size import people_needed
from kizashi_server.validation.simulated import Appendix
from kizashi_server.validation.study import Study, validation_of
from kizashi_server.validation.verdict import Verdict, verdict_on

Simulate = Callable[[int, float], Appendix]
"""People in a sample, prevalence of cases -> what was simulated."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured of a scorer on a site's people.

    Attributes:
        told: what the server reads.
        verdict: whether it tells people.
        prevalence_differs: whether the stated prevalence lies outside what these people's interval
            allows; probabilities then hold for these people and not for those the scorer is for.
        sensitivity_of_all: over all cases, refused and abstained on included.
    """

    study: Study
    flow: Flow
    counted: Counted
    performance: Performance
    sample_prevalence: Measured
    prevalence_differs: bool
    sensitivity_of_all: Measured
    told: Validation
    verdict: Verdict
    groups: tuple[Group, ...] = field(repr=False)
    appendix: Appendix = field(repr=False)


def make_report(people: Sequence[Person], study: Study, simulate: Simulate, where: str) -> Report:
    """Measures everybody, and each group, and adds the appendix.

    Args:
        people: everybody once.
        study: which scorer, on whom, by what.
        simulate: makes the appendix.
        where: names the file in errors.

    Raises:
        BadRecordings: there are too few cases or others, or the composite tells them all apart.
    """
    question, counted = study.question, counted_of(people)
    prevalence, of_all = proportion(counted.cases, counted.people), sensitivity_of_all(people)
    # Probabilities are right for one prevalence, that of the people they were compared with.
    holds = prevalence is None or _allows(prevalence.estimate, question.prevalence)
    performance = performance_of(people, question, probability_holds=holds)
    if performance is None or of_all is None or prevalence is None:
        raise _too_few(counted, question, where)
    told = validation_of(study, performance, probability_holds=holds)
    if told is None:
        raise BadRecordings(
            where,
            "the composite tells every case from every other person, as no recording does: check "
            "that no total went into what was measured",
        )
    return Report(
        study=study,
        flow=flow_of(people),
        counted=counted,
        performance=performance,
        sample_prevalence=prevalence,
        prevalence_differs=not holds,
        sensitivity_of_all=of_all,
        told=told,
        verdict=verdict_on(told, performance),
        groups=groups_of(people, study, performance, probability_holds=holds),
        appendix=simulate(counted.people, told.prevalence),
    )


def _too_few(counted: Counted, question: Question, where: str) -> BadRecordings:
    return BadRecordings(
        where,
        f"of those with a band and a {question.instrument} total there are {counted.cases} cases "
        f"(from {question.case_from} on) and {counted.others} others; below {LEAST_OF_EITHER} of each "
        f"nothing can be shown, and to know a sensitivity of .30 within 5 points takes "
        f"{people_needed(0.3)} cases",
    )


def _allows(found: Estimate, prevalence: float | None) -> bool:
    return prevalence is None or found.low <= prevalence <= found.high
