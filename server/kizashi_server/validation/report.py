"""A validation report as one structure.

Page and JSON are both made of it, so that no figure is computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from kizashi_models.errors import BadRecordings
from kizashi_models.norms import NormsLabel
from kizashi_models.validation import Estimate, Validation
from kizashi_protocol.consent import SMALLEST_GROUP

from kizashi_server.validation.flow import Flow, flow_of
from kizashi_server.validation.intervals import Measured, proportion
from kizashi_server.validation.people import Person, Question
from kizashi_server.validation.performance import (
    LEAST_OF_EITHER,
    Performance,
    performance_of,
    sensitivity_of_all,
)
from kizashi_server.validation.sample_size import people_needed
from kizashi_server.validation.simulated import Appendix
from kizashi_server.validation.verdict import Verdict, all_told_apart, too_few, verdict_on

NOT_TOLD = "not told"
"""The group of those whose recordings do not name one of a trait."""


Simulate = Callable[[int, float], Appendix]
"""People in a sample, prevalence of cases -> what was simulated."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The scorer under validation.

    Attributes:
        scorer_id: such as "research-prior/1".
        sha256: of its ONNX file.
        summary: its card's sentence.
        figures: what it reads, such as "AU01.mean".
        norms: what it compares with.
        extractor_id: whose summaries it takes.
        mode: in which they were measured.
        has_probability: whether it is calibrated.
    """

    scorer_id: str
    sha256: str
    summary: str
    figures: tuple[str, ...]
    norms: NormsLabel
    extractor_id: str
    mode: str
    has_probability: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where the recordings are from.

    Attributes:
        sha256: of the file.
        day: of the report.
        seed: of the appendix.
        simulated: whether nobody made them, or some of them.
    """

    sha256: str
    day: date
    seed: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class Study:
    """Which scorer, on which people, by which questionnaire."""

    subject: Subject
    source: Source
    question: Question


@dataclass(frozen=True, slots=True)
class Group:
    """People alike in a trait.

    Attributes:
        trait: such as "glasses".
        name: such as "yes", or `NOT_TOLD`.
        flow: None in groups of fewer than `SMALLEST_GROUP`, of whom nothing more is told.
        performance: None with too few cases or others.
        verdict: whether a claim may be made for the group; None without a flow.
        more_cases: still lacking for such a claim, at the group's own sensitivity or, where it has
            none, that of all.
        more_others: likewise, of the specificity.
    """

    trait: str
    name: str
    flow: Flow | None
    performance: Performance | None
    verdict: Verdict | None
    more_cases: int | None
    more_others: int | None

    @property
    def carries(self) -> bool:
        """Whether a claim may be made for the group."""
        return self.verdict is not None and self.verdict.carries


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
    question, flow = study.question, flow_of(people)
    performance = performance_of(people, question)
    of_all = sensitivity_of_all(people)
    prevalence = proportion(flow.cases, flow.people)
    if performance is None or of_all is None or prevalence is None:
        raise _too_few(flow, question, where)
    # Probabilities are right for one prevalence, that of the people they were compared with.
    differs = not _allows(prevalence.estimate, question.prevalence)
    told = _validation(study, performance, with_calibration=not differs)
    if told is None:
        raise BadRecordings(
            where,
            "the composite tells every case from every other person, as no recording does: check "
            "that no total went into what was measured",
        )
    return Report(
        study=study,
        flow=flow,
        performance=performance,
        sample_prevalence=prevalence,
        prevalence_differs=differs,
        sensitivity_of_all=of_all,
        told=told,
        verdict=verdict_on(told, performance),
        groups=tuple(
            _group(trait, name, some, study, performance) for trait, name, some in _split(people)
        ),
        appendix=simulate(flow.people, told.prevalence),
    )


def _too_few(flow: Flow, question: Question, where: str) -> BadRecordings:
    others = flow.people - flow.cases
    return BadRecordings(
        where,
        f"of those with a band and a {question.instrument} total there are {flow.cases} cases "
        f"(from {question.case_from} on) and {others} others; below {LEAST_OF_EITHER} of each "
        f"nothing can be shown, and to know a sensitivity of .30 within 5 points takes "
        f"{people_needed(0.3)} cases",
    )


def _allows(found: Estimate, prevalence: float | None) -> bool:
    return prevalence is None or found.low <= prevalence <= found.high


def _validation(
    study: Study, performance: Performance, *, with_calibration: bool = True
) -> Validation | None:
    """The figures as they are judged and told; None without an interval of the area."""
    if performance.auc is None:
        return None
    calibrated = performance.calibration if with_calibration else None
    slope = calibrated.slope if calibrated else None
    intercept = calibrated.intercept if calibrated else None
    return Validation(
        scorer_id=study.subject.scorer_id,
        scorer_sha256=study.subject.sha256,
        day=study.source.day,
        instrument=study.question.instrument,
        case_from=study.question.case_from,
        people=performance.table.people,
        cases=performance.table.cases,
        auc=performance.auc.estimate,
        sensitivity=performance.sensitivity.estimate,
        specificity=performance.specificity.estimate,
        slope=slope.estimate if slope else None,
        intercept=intercept.estimate if intercept else None,
        shares=tuple(each.share for each in calibrated.curve) if calibrated else (),
        stated_prevalence=study.question.prevalence,
        simulated=study.source.simulated,
    )


def _split(people: Sequence[Person]) -> Iterator[tuple[str, str, list[Person]]]:
    """Everybody by trait and group, in alphabetical order."""
    for trait in sorted({trait for each in people for trait in each.groups}):
        of_each: dict[str, list[Person]] = {}
        for each in people:
            of_each.setdefault(each.groups.get(trait, NOT_TOLD), []).append(each)
        for name in sorted(of_each):
            yield trait, name, of_each[name]


def _group(
    trait: str, name: str, people: Sequence[Person], study: Study, of_all: Performance
) -> Group:
    if len(people) < SMALLEST_GROUP:
        return Group(trait, name, None, None, None, None, None)
    flow, performance = flow_of(people), performance_of(people, study.question)
    cases, others = flow.cases, flow.people - flow.cases
    if performance is None:
        verdict = too_few(cases, others)
    else:
        judged = _validation(study, performance)
        verdict = all_told_apart() if judged is None else verdict_on(judged, performance)
    needed = performance or of_all
    return Group(
        trait,
        name,
        flow,
        performance,
        verdict,
        more_cases=max(0, needed.cases_needed - cases),
        more_others=max(0, needed.others_needed - others),
    )
