"""What is measured of whom, what carries a claim, and what stays not established."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.errors import BadRecordings
from kizashi_models.fitted_to import FITTED_TO, digests_of
from kizashi_models.labelled_recordings import Instrument, LabelledRecording
from kizashi_models.scorer import Score, score
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.validation import Estimate, Validation
from kizashi_models.validation_reports import parse_validation
from kizashi_server.errors import ValidationRefused
from kizashi_server.validation.intervals import area
from kizashi_server.validation.people import Question
from kizashi_server.validation.report import Report
from kizashi_server.validation.verdict import verdict_on
from kizashi_server.validation.written import as_json

from tests.models.scoring import GOOD_QUALITY
from tests.server.validation.conftest import DAY, measured
from tests.server.validation.measured import SCORER, probability_of, text_of, write_calibrated

Cohort = Sequence[LabelledRecording]


def spoilt(cohort: Cohort) -> list[LabelledRecording]:
    """The first 200, some of them refused, some poorly recorded, some without a total."""
    return [_spoilt(each, index % 20) for index, each in enumerate(cohort[:200])]


def _spoilt(each: LabelledRecording, kind: int) -> LabelledRecording:
    assert each.summary is not None
    dark = replace(GOOD_QUALITY, face_luma=20, duration=5)
    match kind:
        case 0:
            return replace(each, summary=None, refused="face_lost")
        case 1 | 2:
            return replace(each, summary=replace(each.summary, quality=dark))
        case 3:
            return replace(each, questionnaire=None)
        case _:
            return each


def test_what_the_server_reads_is_what_was_measured(report: Report) -> None:
    """The JSON's told part comes back as the same validation."""
    assert parse_validation(as_json(report), "report.json", DAY) == report.told
    assert report.told.carries
    assert report.told.carries_shares


def test_the_json_has_every_figure_once(report: Report) -> None:
    """Told figures are those of the report, to the last digit."""
    table = json.loads(as_json(report))
    performance = table["report"]["performance"]
    for name in ("auc", "sensitivity", "specificity"):
        assert table["told"][name] == performance[name]["estimate"]
    assert table["told"]["slope"] == performance["calibration"]["slope"]["estimate"]
    assert table["told"]["shares"] == [
        each["share"] for each in performance["calibration"]["curve"]
    ]
    assert table["validation"] == 1


def test_figures_are_those_of_the_people(cohort: Cohort, report: Report) -> None:
    """Counted again from what the cohort was made of."""
    totals = [each.questionnaire.total for each in cohort if each.questionnaire is not None]
    assert report.told.cases == sum(total >= 10 for total in totals)
    assert report.flow.recordings == len(cohort)
    table = report.performance.table
    assert report.told.sensitivity.value == table.true_positives / table.cases
    shares = report.told.shares
    assert sum(each.people for each in shares) == report.told.people
    assert sum(each.cases for each in shares) == report.told.cases


def test_another_cut_makes_other_cases(cohort: Cohort, models: Path) -> None:
    """Cases from 15 on are fewer, and all of them were cases from 10 on."""
    found = measured(text_of(cohort[:400]), models, Question(Instrument.PHQ_9, 15))
    totals = [each.questionnaire.total for each in cohort[:400] if each.questionnaire is not None]
    assert found.told.case_from == 15
    assert found.told.cases <= sum(total >= 15 for total in totals)


def test_what_became_of_each_recording_is_counted(cohort: Cohort, models: Path) -> None:
    """Refused, abstained on and without a total, each with its reason; none counts as found."""
    found = measured(text_of(spoilt(cohort)), models)
    flow = found.flow
    assert flow.recordings == 200
    assert [(each.reason, each.count) for each in flow.refused_by_reason] == [("face_lost", 10)]
    reasons = {each.reason: each.count for each in flow.abstained_by_reason}
    assert (reasons["light"], reasons["too_short"]) == (20, 20)
    counted = found.counted
    assert flow.refused_count + flow.abstained_count + counted.without_total + counted.people == 200
    assert flow.abstained is not None
    assert flow.abstained.n == 190
    assert found.sensitivity_of_all.n > found.performance.sensitivity.n
    assert found.sensitivity_of_all.estimate.value < found.told.sensitivity.value


def test_each_group_has_its_own_figures(report: Report) -> None:
    """Both traits, everybody in one group of each, and the figures of those people alone."""
    glasses = [each for each in report.groups if each.trait == "glasses"]
    assert [each.name for each in glasses] == ["no", "yes"]
    assert sum(each.flow.recordings for each in glasses if each.flow) == report.flow.recordings
    for each in glasses:
        assert each.counted is not None
        assert each.performance is not None
        assert each.performance.table.people == each.counted.people
        assert not each.carries
        assert each.more_cases == each.performance.cases_needed - each.counted.cases > 100


def test_a_group_too_few_to_tell_has_no_figures(cohort: Cohort, models: Path) -> None:
    """With fewer than 20 cases or others; how many are there is told."""
    named = [
        replace(each, groups={"room": "mid" if index < 40 else "large"})
        for index, each in enumerate(cohort[:300])
    ]
    groups = {each.name: each for each in measured(text_of(named), models).groups}
    mid = groups["mid"]
    assert mid.counted is not None
    assert mid.counted.people == 40
    assert mid.performance is None
    assert mid.verdict is not None
    assert "too few" in mid.verdict.lacks[0]
    assert groups["large"].performance is not None


def test_a_stated_prevalence_is_what_predictive_values_and_feedback_go_by(
    cohort: Cohort, models: Path, report: Report
) -> None:
    """People picked by their totals are no sample of those the scorer is for."""
    found = measured(text_of(cohort), models, Question(Instrument.PHQ_9, 10, prevalence=0.1))
    told = parse_validation(as_json(found), "report.json", DAY)
    assert told.prevalence == 0.1
    there, here = (each.performance.positive_predictive_value for each in (found, report))
    assert there is not None
    assert here is not None
    assert there.estimate.high < here.estimate.low
    assert found.prevalence_differs
    assert told.carries
    # Probabilities that are right where two of five are cases are not where one of ten is.
    assert (told.slope, told.intercept, told.shares) == (None, None, ())
    assert not found.verdict.carries_shares
    assert {each.probability for each in found.performance.decision_curve} == {None}
    assert None not in {each.probability for each in report.performance.decision_curve}


def test_without_an_effect_nothing_is_established(cohort: Cohort, models: Path) -> None:
    """However many people: the AUC's interval reaches chance."""
    answers = [each.questionnaire for each in cohort]
    np.random.default_rng(5).shuffle(answers)
    dealt = [
        replace(each, questionnaire=answer) for each, answer in zip(cohort, answers, strict=True)
    ]
    found = measured(text_of(dealt), models)
    assert not found.told.carries
    assert any("chance" in each for each in found.verdict.lacks)
    assert any("slope" in each for each in found.verdict.shares_lack)


def test_with_few_people_nothing_is_established(cohort: Cohort, models: Path) -> None:
    """However strong the effect: how many are missing is said."""
    found = measured(text_of(cohort[:150]), models)
    assert not found.told.carries
    needed = str(found.performance.cases_needed)
    assert any("sensitivity" in each and needed in each for each in found.verdict.lacks)


def test_with_few_people_the_calibration_is_not_known_closely(report: Report) -> None:
    """And a width that is too large by little does not read as if it were not."""
    slope = Estimate(1.0, 0.4956, 1.5044)
    told = replace(report.told, slope=slope, intercept=Estimate(0.0, -0.61, 0.61))
    verdict = verdict_on(told, report.performance)
    assert verdict.shares_lack == (
        "the calibration's slope is known only to 0.51 each way, not to 0.50",
        "the calibration's intercept is known only to 0.61 each way, not to 0.50",
    )
    wide = replace(report.told, sensitivity=Estimate(0.4, 0.3498, 0.4502))
    (why,) = verdict_on(wide, report.performance).lacks
    assert why.startswith("the sensitivity is known only to 5.1 points each way, not to 5 (")


def test_a_slope_that_may_be_0_carries_nothing(report: Report) -> None:
    """Then a higher figure need not go with cases, whatever the area says."""
    verdict = verdict_on(replace(report.told, slope=Estimate(0.4, -0.01, 0.81)), report.performance)
    assert not verdict.carries
    assert verdict.lacks == (
        "the calibration's slope may be 0, so that cases need not have higher figures",
    )


def test_a_scorer_is_not_validated_on_what_it_was_fitted_to(cohort: Cohort, tmp_path: Path) -> None:
    """Wherever in its card's provenance the file's digest stands."""
    text = text_of(cohort[:100])
    digest = hashlib.sha256(text.encode()).hexdigest()
    folder = tmp_path / "models"
    write_calibrated(folder, {"fitted_on": [{"dataset": {"sha256": digest}}]})
    with pytest.raises(ValidationRefused) as caught:
        measured(text, folder)
    assert caught.value.reason == "FITTED_ON_THESE"
    assert measured(text_of(cohort[:101]), folder).flow.recordings == 101


def test_nor_on_anybody_whom_it_was_fitted_to(cohort: Cohort, tmp_path: Path) -> None:
    """Whatever else stands in the file, and however it is written: people are known by summary."""
    known = [each.summary for each in cohort[:3] if each.summary is not None]
    folder = tmp_path / "models"
    write_calibrated(folder, {FITTED_TO: digests_of(known)})
    with pytest.raises(ValidationRefused) as caught:
        measured(f"\n{text_of(cohort[1:100])}", folder)
    assert caught.value.reason == "FITTED_ON_THESE"
    assert "2 of these 99 recordings are among those" in caught.value.person
    assert caught.value.person.endswith("Lines: 2, 3.")
    assert measured(text_of(cohort[3:100]), folder).flow.recordings == 97


def test_perfect_separation_is_refused(cohort: Cohort, models: Path) -> None:
    """No recording tells everybody apart; whoever's does has a total in it."""
    summaries = [each for each in cohort[:120] if each.summary is not None]
    scorer = load_scorer(models, SCORER)
    named = []
    for each in summaries:
        assert each.summary is not None
        assert each.questionnaire is not None
        result = score(each.summary, scorer)
        high = isinstance(result, Score) and result.composite > 0
        total = replace(each.questionnaire, total=20 if high else 2)
        named.append(replace(each, questionnaire=total))
    with pytest.raises(BadRecordings) as caught:
        measured(text_of(named), models)
    assert "tells every case" in caught.value.person


def test_the_probability_is_the_scorers(cohort: Cohort, report: Report) -> None:
    """The calibration curve's bins have the mean probability that their composites give."""
    assert report.performance.calibration is not None
    expected = [each.share.expected for each in report.performance.calibration.curve]
    assert expected == sorted(expected)
    assert probability_of(np.array([-9.0, 9.0])).tolist() == [0.02, 0.9]
    assert 0.02 <= expected[0] < expected[-1] <= 0.9


def test_a_validation_is_judged_by_the_rule_of_the_models(report: Report) -> None:
    """Nothing is told here that the server would not tell."""
    assert isinstance(report.told, Validation)
    assert report.verdict.carries == report.told.carries
    assert area(np.array([True, True, False, False]), np.array([1.0, 0.0, 1.0, 0.0])) is not None
