"""Which scorer is measured, on which people, by which questionnaire; and what is judged of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kizashi_models.norms import NormsLabel
from kizashi_models.validation import Validation

from kizashi_server.validation.people import Question
from kizashi_server.validation.performance import Performance


@dataclass(frozen=True, slots=True)
class Subject:
    """The scorer under validation.

    Attributes:
        scorer_id: such as "research-prior/1".
        sha256: of its ONNX file.
        digest: of all that its figures rest on, as `validation_reports.scorer_digest` makes it.
        summary: its card's sentence.
        figures: what it reads, such as "AU01.mean".
        norms: what it compares with.
        extractor_id: whose summaries it takes.
        mode: in which they were measured.
        names_whom: whether its card says whom it was fitted to.
        has_probability: whether it is calibrated.
    """

    scorer_id: str
    sha256: str
    digest: str
    summary: str
    figures: tuple[str, ...]
    norms: NormsLabel
    extractor_id: str
    mode: str
    names_whom: bool
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


def validation_of(
    study: Study, performance: Performance, *, probability_holds: bool
) -> Validation | None:
    """The figures as they are judged and told; None without an interval of the area.

    Args:
        study: which scorer, on whom, by what.
        performance: of all its people, or of a group.
        probability_holds: as in `performance_of`; without, no calibration is judged or told.
    """
    if performance.auc is None:
        return None
    calibrated = performance.calibration if probability_holds else None
    slope = calibrated.slope if calibrated else None
    intercept = calibrated.intercept if calibrated else None
    return Validation(
        scorer_id=study.subject.scorer_id,
        scorer_digest=study.subject.digest,
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
