"""What raters saw: known truths are found in whatever they saw, and what is not known is not told."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from kizashi_study.analysis.agreement import Agreement, intraclass
from kizashi_study.analysis.comparisons import adjust
from kizashi_study.analysis.people import People
from kizashi_study.analysis.rating_analysis import RatingResults, analyse_ratings
from kizashi_study.analysis.rating_table import RatingTable, read_rater_totals, read_ratings
from kizashi_study.errors import BadRatings, NothingToCompare
from kizashi_study.rating.ratings import ITEMS

from tests.study.small_study import gathered, rater_json, rating_table, write_rows

Score = Callable[[int, int, int], int | None]


@pytest.fixture(scope="module")
def people() -> People:
    """Six people of either group."""
    return gathered()


def by_chance(rater: int, person: int, item: int) -> int:
    """A score that is another for each, and always the same."""
    return int(np.random.default_rng([rater, person, item]).integers(1, 8))


def analysed(people: People, score: Score, raters: int = 3) -> RatingResults:
    """What comes of these scores; everybody's own total is their number."""
    totals = {f"r{rater:02}": float(rater) for rater in range(raters)}
    return analyse_ratings(rating_table(score, raters), people, totals)


def test_who_rated_whom_does_not_change_what_is_found(people: People) -> None:
    """A difference of one point is one, whichever group a rater saw more of, and how lenient."""

    def score(rater: int, person: int, _: int) -> int | None:
        leans_to_first = rater % 2 == 0
        in_first = person < 6
        if in_first != leans_to_first and (person + rater) % 3:
            return None
        return 1 + person % 3 + (0 if in_first else 1) + rater % 4

    found = analysed(people, score, raters=8)
    assert [each.difference for each in found.comparisons] == pytest.approx([1.0] * len(ITEMS))
    assert found.comparisons[0].first_n == 6
    assert found.complete_raters == 0


def test_raters_who_share_no_clip_cannot_be_told_apart(people: People) -> None:
    """Two panels, each of its own people: that one is lenient or its people lively looks the same."""
    found = analysed(
        people,
        lambda rater, person, item: (
            by_chance(rater, person, item) if person % 2 == rater % 2 else None
        ),
        raters=6,
    )
    assert found.comparisons == ()
    assert "no clip in common" in found.lacking["comparisons"]["stiff"]


def test_few_rated_people_carry_no_analysis(people: People) -> None:
    """Five of a group are needed, and it is told how many there were."""

    def of_group(count: int) -> Score:
        return lambda rater, person, item: (
            by_chance(rater, person, item) if person % 6 < count else None
        )

    with pytest.raises(NothingToCompare) as caught:
        analysed(people, of_group(4))
    assert 'Only 4 of 6 people of group "healthy" were rated' in caught.value.person
    found = analysed(people, of_group(5))
    assert found.rated == (5, 5)
    assert {(each.first_n, each.second_n) for each in found.comparisons} == {(5, 5)}


def test_an_item_of_few_people_is_not_compared(people: People) -> None:
    """Though the others are."""
    found = analysed(
        people,
        lambda rater, person, item: (
            by_chance(rater, person, item) if item or person % 6 < 4 else None
        ),
    )
    assert [each.measure for each in found.comparisons] == list(ITEMS[1:])
    assert "fewer than 5 people" in found.lacking["comparisons"][ITEMS[0]]


def test_an_item_without_spread_is_named(people: People) -> None:
    """In each table that it does not stand in, with the reason."""
    found = analysed(
        people, lambda rater, person, item: by_chance(rater, person, item) if item else 4
    )
    assert {name: set(reasons) for name, reasons in found.lacking.items()} == {
        name: {ITEMS[0]} for name in ("comparisons", "effects", "agreement")
    }
    assert "nobody differs" in found.lacking["comparisons"][ITEMS[0]]
    for each in (found.comparisons, found.effects, found.both, found.agreement):
        assert len(each) == len(ITEMS) - 1


def test_two_raters_are_too_few(people: People) -> None:
    """One is told as one; three carry an analysis."""
    for raters, words in ((1, "1 rater rated"), (2, "2 raters rated")):
        with pytest.raises(NothingToCompare) as caught:
            analysed(people, by_chance, raters)
        assert words in caught.value.person
    assert analysed(people, by_chance).raters == 3


def test_agreement_is_of_raters_who_saw_every_clip(people: People) -> None:
    """Who skipped one is left out of it; three who did not are needed."""

    def skipping(rater: int, person: int, item: int) -> int | None:
        return None if rater == 3 and person == 5 else by_chance(rater, person, item)

    found = analysed(people, skipping, raters=4)
    assert (found.raters, found.complete_raters) == (4, 3)
    whole = np.array([[by_chance(r, p, 0) for r in range(3)] for p in range(12)], np.float64)
    assert found.agreement[0] == intraclass(ITEMS[0], whole)
    lacking = analysed(people, lambda r, p, i: skipping(r + 1, p, i), raters=3)
    assert lacking.agreement == ()
    assert "2 raters rated every clip" in lacking.no_agreement


def test_q_is_over_the_items(people: People) -> None:
    """In each of the three tables of items, and over both kinds of correlation with raters' mood."""
    found = analysed(people, by_chance, raters=12)
    for rows in (found.comparisons, found.effects, found.both):
        assert len(rows) == len(ITEMS)
        assert [each.q for each in rows] == pytest.approx(adjust([each.p for each in rows]))
    assert len(found.mood) == 2 * len(ITEMS)
    assert [each.q for each in found.mood] == pytest.approx(adjust([each.p for each in found.mood]))


def test_mood_goes_with_how_much_higher_the_second_group_is_scored(people: People) -> None:
    """Raters with a higher total score everybody higher here, and the second group more so."""

    def score(rater: int, person: int, _: int) -> int:
        return 1 + person % 2 + rater // 4 + (rater // 4 if person > 5 else 0)

    found = {each.measure: each for each in analysed(people, score, raters=12).mood}
    assert found["stiff"].r > 0.9
    assert found["stiff difference"].r > 0.9
    assert {each.people for each in found.values()} == {12}
    few = analysed(people, by_chance, raters=9)
    assert few.mood == ()
    assert few.no_mood.startswith("9 told a total")


def test_people_who_are_not_compared_are_counted(people: People) -> None:
    """Those left out of the comparison, and those whom no row of the table names."""
    ratings = rating_table(by_chance, people=16)
    found = analyse_ratings(
        ratings, dataclasses.replace(people, left_out_names=frozenset({"p12", "p99"})), {}
    )
    assert (found.left_out, found.unlisted) == (1, 3)
    strangers = RatingTable({(r, f"x{p}", i): s for (r, p, i), s in ratings.scores.items()})
    with pytest.raises(NothingToCompare) as caught:
        analyse_ratings(strangers, people, {})
    assert "16 of the people rated stand in no row" in caught.value.person


def test_no_rater_is_named_in_what_is_handed_on(people: People) -> None:
    """Raters are counted."""
    assert "r00" not in repr(analysed(people, by_chance))


def icc(scores: list[list[int]] | np.ndarray) -> Agreement | str:
    """Of scores, a row a person."""
    return intraclass("stiff", np.array(scores, np.float64))


def test_agreement_of_the_mean_ends_where_its_formula_does() -> None:
    """Scores by chance: past the pole of Spearman and Brown's nothing is told of the mean."""
    told = untold = 0
    for seed in (*range(15), 111, 139, 333):
        found = icc(np.random.default_rng(seed).integers(1, 8, (10, 3)))
        assert isinstance(found, Agreement)
        past_the_pole = 1 + 2 * found.single_low <= 0
        assert (found.mean_low is None) == (found.mean_high is None) == past_the_pole
        if found.mean_low is None or found.mean_high is None or found.mean is None:
            untold += 1
        else:
            told += 1
            assert found.mean_low <= found.mean <= found.mean_high <= 1
    assert told
    assert untold


def test_agreement_of_raters_without_error_or_people_without_difference_is_undefined() -> None:
    """No -1.8e-31 within -1e-30 and 1e-30."""
    own_levels = [[1, 3, 5]] * 10
    assert "nobody is rated differently" in str(icc(own_levels))
    same = [[score] * 3 for score in (1, 2, 3, 4, 5, 6, 7, 4, 3, 2)]
    assert "no error" in str(icc(same))


def write_scores(path: Path, *scores: str) -> Path:
    """A table of one rater's scores of one item."""
    names = ["rater", "participant", "item", "score"]
    write_rows(path, [names, *(["r1", f"p{n}", "stiff", s] for n, s in enumerate(scores))])
    return path


@pytest.mark.parametrize("score", ["0", "8", "4.5", "", "9" * 5000])
def test_a_score_is_one_of_seven(tmp_path: Path, score: str) -> None:
    """Whatever else stands there is told in a sentence, and not at length."""
    with pytest.raises(BadRatings) as caught:
        read_ratings([write_scores(tmp_path / "r.csv", "4", score)])
    assert "r.csv, row 3" in caught.value.person
    assert len(caught.value.person) < 120


def test_nobody_is_rated_twice_by_one_rater(tmp_path: Path) -> None:
    """In two files either: no mean over both is made."""
    paths = [write_scores(tmp_path / name, "4", "5") for name in ("a.csv", "b.csv")]
    with pytest.raises(BadRatings) as caught:
        read_ratings(paths)
    assert "b.csv, row 2: this was rated in a row before" in caught.value.person


def test_raters_totals_are_of_one_questionnaire(tmp_path: Path) -> None:
    """Scales of two are not correlated as one."""
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    paths[0].write_text(rater_json("a", "BDI-II", 7))
    paths[1].write_text(rater_json("b", "BDI-II", 20))
    assert read_rater_totals(paths) == {"a": 7.0, "b": 20.0}
    paths[1].write_text(rater_json("b", "PHQ-9", 20))
    with pytest.raises(BadRatings) as caught:
        read_rater_totals(paths)
    assert "several questionnaires" in caught.value.person


def test_a_file_of_brackets_is_told(tmp_path: Path) -> None:
    """Deeper than any program reads."""
    path = tmp_path / "r.json"
    path.write_text("[" * 200_000)
    with pytest.raises(BadRatings) as caught:
        read_rater_totals([path])
    assert "r.json" in caught.value.person


@pytest.mark.proof
def test_raters_who_see_groups_differently_make_no_finding() -> None:
    """With five raters, each of whom favours one group or the other, people alike on average."""
    random = np.random.default_rng(8)
    people = gathered()
    by_these, by_both = [], []
    for _ in range(40):
        person = random.normal(0, 0.7, (12, len(ITEMS)))
        level, favour = random.normal(0, 0.7, 5), random.normal(0, 0.8, (5, len(ITEMS)))

        noise = random.normal(0, 0.8, (5, 12, len(ITEMS)))
        side = np.where(np.arange(12) > 5, 0.5, -0.5)
        seen = person + level[:, None, None] + favour[:, None] * side[:, None] + noise
        scores = np.clip(np.round(4 + seen), 1, 7).astype(int)
        found = analysed(people, lambda *at, of=scores: int(of[at]), raters=5)
        by_these += [each.p < 0.05 for each in found.comparisons]
        by_both += [each.p < 0.05 for each in found.both]
    assert np.mean(by_both) < 0.06
    assert np.mean(by_both) < np.mean(by_these)
