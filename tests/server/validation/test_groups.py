"""Groups: nobody's own answer is told of, neither by a group nor by what the others leave over."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.labelled_recordings import (
    SIMULATED,
    Instrument,
    LabelledRecording,
    QuestionnaireTotal,
)
from kizashi_server.validation.groups import LEAST_OF_A_KIND, NOT_TOLD, Group
from kizashi_server.validation.page import as_page
from kizashi_server.validation.people import Question
from kizashi_server.validation.report import Report
from kizashi_server.validation.written import as_json

from tests.server.validation.conftest import measured
from tests.server.validation.measured import text_of

Cohort = Sequence[LabelledRecording]


def in_groups(cohort: Cohort, trait: str, *sizes: tuple[str, int, int]) -> list[LabelledRecording]:
    """People in groups of a trait: name, people, and how many of these are cases."""
    found, left = [], iter(cohort)
    for name, number, cases in sizes:
        for index in range(number):
            total = QuestionnaireTotal(Instrument.PHQ_9, 20 if index < cases else 2)
            found.append(replace(next(left), groups={trait: name}, questionnaire=total))
    return found


def told(report: Report) -> dict[str, tuple[bool, bool]]:
    """By group, whether what recordings came to and what people answered is told."""
    return {each.name: (each.flow is not None, each.counted is not None) for each in report.groups}


def page_and_json(report: Report) -> tuple[str, list[dict[str, object]]]:
    """The page's part on groups, and the groups of the JSON."""
    page = as_page(report)
    start = page.index('aria-labelledby="groups"')
    groups = json.loads(as_json(report))["report"]["groups"]
    return page[start : page.index("</section>", start)], groups


def rows_of(part: str, name: str) -> list[str]:
    """A group's rows in all tables."""
    return re.findall(rf'<tr><th scope="row">{name}</th>(.*?)</tr>', part, re.DOTALL)


def test_a_group_is_judged_by_those_who_answered(cohort: Cohort, models: Path) -> None:
    """Twelve recordings of which one has a total tell of that one person."""
    people = in_groups(
        cohort, "dept", ("philosophy", 12, 1), ("law", 150, 60), ("physics", 150, 60)
    )
    people[1:12] = [replace(each, questionnaire=None) for each in people[1:12]]
    report = measured(text_of(people), models)
    assert told(report) == {
        "law": (True, False),
        "philosophy": (True, False),
        "physics": (True, True),
    }
    part, groups = page_and_json(report)
    answers = [row for name in ("law", "philosophy") for row in rows_of(part, name)]
    # Performance, and the recordings that came to nothing; nothing of claims, calibration, benefit.
    assert len(answers) == 4
    assert sum("withheld" in row for row in answers) == 2
    for each in groups:
        if each["name"] != "physics":
            unanswered = set(each) - {"trait", "name", "flow"}
            assert {each[name] for name in unanswered} == {None}
            assert "without_total" not in each["flow"]  # type: ignore[operator]


def test_ten_who_answered_are_too_few(cohort: Cohort, models: Path) -> None:
    """Of twelve recordings, two without a total; eleven with one are told of."""
    people = in_groups(cohort, "dept", ("a", 12, 5), ("b", 150, 60), ("c", 140, 60))
    people[11] = replace(people[11], questionnaire=None)
    assert told(measured(text_of(people), models))["a"] == (True, True)
    people[10] = replace(people[10], questionnaire=None)
    assert told(measured(text_of(people), models))["a"] == (True, False)


def test_of_two_groups_with_a_small_one_neither_is_told(cohort: Cohort, models: Path) -> None:
    """Subtracting the large one from all would leave one person, and whether they are a case."""
    report = measured(
        text_of(in_groups(cohort, "uses_wheelchair", ("yes", 1, 1), ("no", 199, 80))), models
    )
    assert told(report) == {"no": (False, False), "yes": (False, False)}
    part, groups = page_and_json(report)
    assert "199" not in part
    for each in groups:
        assert {value for key, value in each.items() if key not in {"trait", "name"}} == {None}
    assert rows_of(part, "no") == ['\n<td colspan="7">withheld</td>\n']
    # Tables without a row would say nothing to whoever hears the page.
    assert part.count("<table>") == 1


def test_with_a_small_group_the_next_smallest_is_withheld_too(cohort: Cohort, models: Path) -> None:
    """And not the largest, which tells nothing of either."""
    people = in_groups(cohort, "room", ("a", 3, 1), ("b", 90, 40), ("c", 80, 30), ("d", 100, 40))
    report = measured(text_of(people), models)
    assert told(report) == {
        "a": (False, False),
        "b": (True, True),
        "c": (False, False),
        "d": (True, True),
    }


def test_more_are_withheld_until_together_they_are_no_small_group(
    cohort: Cohort, models: Path
) -> None:
    """Two groups of four leave eight people over, so that a third goes with them."""
    people = in_groups(cohort, "room", ("a", 4, 2), ("b", 4, 2), ("c", 60, 30), ("d", 100, 40))
    report = measured(text_of(people), models)
    assert told(report) == {
        "a": (False, False),
        "b": (False, False),
        "c": (False, False),
        "d": (True, True),
    }


def test_those_who_name_no_group_are_a_group(cohort: Cohort, models: Path) -> None:
    """One person who left the trait out would be told by subtraction as well."""
    people = in_groups(cohort, "room", ("a", 100, 40), ("b", 120, 50))
    people[0] = replace(people[0], groups={})
    report = measured(text_of(people), models)
    assert told(report) == {"a": (False, False), "b": (True, True), NOT_TOLD: (False, False)}


@pytest.mark.parametrize("cases", [0, 1, LEAST_OF_A_KIND - 1, LEAST_OF_A_KIND, 35, 36, 40])
def test_a_group_that_nearly_agrees_tells_no_counts(
    cohort: Cohort, models: Path, cases: int
) -> None:
    """Of forty with fewer than five cases or others, recordings are told and answers are not."""
    people = in_groups(cohort, "room", ("a", 40, cases), ("b", 100, 40), ("c", 110, 40))
    report = measured(text_of(people), models)
    enough = LEAST_OF_A_KIND <= cases <= 40 - LEAST_OF_A_KIND
    assert told(report) == {"a": (True, enough), "b": (True, enough), "c": (True, True)}


def test_reasons_of_a_withheld_group_cannot_be_worked_out(cohort: Cohort, models: Path) -> None:
    """Refused and abstained on, by reason: of the next smallest group they are withheld as well."""
    people = in_groups(cohort, "room", ("a", 3, 1), ("b", 60, 25), ("c", 100, 40))
    for index in (0, 5, 70):
        people[index] = replace(people[index], summary=None, refused="face_lost")
    report = measured(text_of(people), models)
    part, _ = page_and_json(report)
    assert report.flow.refused_count == 3
    assert len(re.findall("face_lost", part)) == 1
    assert told(report)["b"] == (False, False)
    assert len(rows_of(part, "b")) == 1


def test_what_befell_recordings_is_told_of_a_group_that_hardly_answered(
    cohort: Cohort, models: Path
) -> None:
    """All refused: a site must see that, and it says nothing of what anybody answered."""
    people = in_groups(cohort, "light", ("dark", 30, 10), ("even", 100, 40), ("side", 90, 40))
    people[:30] = [replace(each, summary=None, refused="light") for each in people[:30]]
    report = measured(text_of(people), models)
    assert told(report) == dict.fromkeys(("dark", "even", "side"), (True, True))
    (dark,) = (each for each in report.groups if each.name == "dark")
    assert dark.flow is not None
    assert dark.counted is not None
    assert (dark.flow.refused_count, dark.counted.people) == (30, 0)


def test_that_nobody_made_them_is_no_group(cohort: Cohort, models: Path) -> None:
    """The page says it at its top; the other traits stay."""
    marked = [replace(each, groups={**each.groups, **dict([SIMULATED])}) for each in cohort[:200]]
    report = measured(text_of(marked), models)
    assert report.told.simulated
    assert {each.trait for each in report.groups} == {"age", "glasses"}
    assert "simulated yes" not in as_page(report)


def group_of(report: Report, name: str) -> Group:
    """The group of that name."""
    (found,) = (each for each in report.groups if each.name == name)
    return found


def test_groups_judge_no_calibration_that_the_whole_withholds(cohort: Cohort, models: Path) -> None:
    """At a stated prevalence that is not these people's, and only there."""
    people = in_groups(cohort, "room", ("a", 150, 60), ("b", 150, 60))
    stated = measured(text_of(people), models, Question(Instrument.PHQ_9, 10, prevalence=0.05))
    sampled = measured(text_of(people), models)
    why = "is not established for those it is for"
    for report, there in ((stated, True), (sampled, False)):
        verdict = group_of(report, "a").verdict
        assert verdict is not None
        assert any(why in each for each in verdict.shares_lack) is there
        performance = group_of(report, "a").performance
        assert performance is not None
        unknown = {each.probability is None for each in performance.decision_curve}
        assert unknown == {there}
    assert "PPV and NPV at the stated 5.0" in as_page(stated)
    assert "PPV and NPV at the group's own share of cases" in as_page(sampled)


def test_whether_cases_are_withheld_does_not_hang_on_the_order(
    cohort: Cohort, models: Path
) -> None:
    """The same people in another order give the same groups."""
    people = in_groups(cohort, "room", ("a", 3, 1), ("b", 60, 25), ("c", 60, 25), ("d", 100, 40))
    mixed = [people[index] for index in np.random.default_rng(1).permutation(len(people))]
    first, second = (told(measured(text_of(each), models)) for each in (people, mixed))
    assert first == second
