"""A rater at work: the order, what is kept, and where it goes on."""

import csv
import json
from pathlib import Path

import pytest
from kizashi_agent.loopback.page_errors import BadRequest, OutOfTurn
from kizashi_study.errors import BadRatings
from kizashi_study.rating.rater_files import RaterFiles, require_name
from kizashi_study.rating.ratings import COLUMNS, ITEMS, order_of

from tests.study.rated import PEOPLE, SCORES, AtWork, at_work


def rows(work: AtWork) -> list[dict[str, str]]:
    """Of the table."""
    with work.files.table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_rater_has_an_order_of_their_own() -> None:
    """Drawn by name and seed: the same again, another for another."""
    people = [f"p{number:02d}" for number in range(64)]
    orders = {order_of(people, rater, seed) for rater in ("anna", "ben") for seed in (0, 1)}
    assert len(orders) == 4
    assert order_of(people[::-1], "anna", 0) == order_of(people, "anna", 0)
    assert all(sorted(each) == people for each in orders)


def test_places_are_even_over_raters() -> None:
    """Nobody is always seen first."""
    first = [order_of(["a", "b", "c"], f"rater {number}", 0)[0] for number in range(300)]
    assert all(70 < first.count(each) < 130 for each in "abc")


def test_what_is_scored_is_a_tidy_table(tmp_path: Path) -> None:
    """A row for each item of each clip, in the rater's order, with the seconds it took."""
    work = at_work(tmp_path)
    now = work.session.tell({"instrument": "BDI-II", "total": 9})
    assert (now["stage"], now["place"], now["count"]) == ("clip", 1, 2)
    work.seconds[0] = 12.34
    now = work.session.rate(now["clip"], SCORES)
    work.seconds[0] = 20.0
    assert work.session.rate(now["clip"], SCORES)["stage"] == "done"
    found = rows(work)
    order = order_of(PEOPLE, "anna", 0)
    assert tuple(found[0]) == COLUMNS
    assert [each["participant"] for each in found] == [name for name in order for _ in ITEMS]
    assert [each["item"] for each in found] == [*ITEMS, *ITEMS]
    assert [int(each["score"]) for each in found] == [*SCORES.values(), *SCORES.values()]
    assert {(each["order"], each["seconds"]) for each in found} == {("1", "12.3"), ("2", "7.7")}
    assert {each["rater"] for each in found} == {"anna"}
    beside = json.loads(work.files.companion.read_text("utf-8"))
    assert beside["questionnaire"] == {"instrument": "BDI-II", "total": 9}
    assert beside["order"] == list(order)


def test_a_restart_goes_on_at_the_same_clip(tmp_path: Path) -> None:
    """With what was scored, and without asking for the total again."""
    work = at_work(tmp_path)
    work.session.rate(work.session.tell(None)["clip"], SCORES)
    before = work.files.table.read_bytes()
    again = work.again()
    now = again.session.now()
    assert (now["stage"], now["place"]) == ("clip", 2)
    assert work.files.table.read_bytes() == before
    again.session.rate(now["clip"], SCORES)
    assert again.files.table.read_bytes().startswith(before)
    assert again.again().session.now()["stage"] == "done"


def test_an_answer_that_was_lost_counts_once(tmp_path: Path) -> None:
    """The same clip scored again, as in another tab, changes nothing and goes on."""
    work = at_work(tmp_path)
    first = work.session.tell(None)
    second = work.session.rate(first["clip"], SCORES)
    other = dict.fromkeys(ITEMS, 1)
    assert work.session.rate(first["clip"], other) == second
    assert [int(each["score"]) for each in rows(work)] == list(SCORES.values())


def test_only_this_clip_can_be_scored(tmp_path: Path) -> None:
    """Neither one to come nor one that nobody knows."""
    work = at_work(tmp_path)
    with pytest.raises(OutOfTurn):
        work.session.rate("70001", SCORES)
    now = work.session.tell(None)
    other = next(each for each in ("70001", "70002") if each != now["clip"])
    for number in (other, "1", None, 7):
        with pytest.raises(OutOfTurn):
            work.session.rate(number, SCORES)
    with pytest.raises(OutOfTurn):
        work.session.tell(None)
    assert not work.files.table.exists()


@pytest.mark.parametrize(
    "scores",
    [
        {},
        dict.fromkeys(ITEMS[1:], 4),
        SCORES | {"stiff": 0},
        SCORES | {"stiff": 8},
        SCORES | {"stiff": 4.0},
        SCORES | {"stiff": True},
        SCORES | {"stiff": "4"},
        SCORES | {"another": 4},
    ],
)
def test_every_item_needs_a_score(tmp_path: Path, scores: dict[str, object]) -> None:
    """From 1 to 7, whole, and of the seven items."""
    work = at_work(tmp_path)
    now = work.session.tell(None)
    with pytest.raises(BadRequest):
        work.session.rate(now["clip"], scores)
    assert not work.files.table.exists()


@pytest.mark.parametrize(
    "told",
    [
        {"instrument": "BDI-II", "total": 64},
        {"instrument": "PHQ-9", "total": 28},
        {"instrument": "PHQ-9", "total": -1},
        {"instrument": "PHQ-9", "total": None},
        {"instrument": "CES-D", "total": 3},
        {"total": 3},
        "PHQ-9",
    ],
)
def test_a_total_that_cannot_be_is_not_kept(tmp_path: Path, told: object) -> None:
    """And the rater is still asked."""
    work = at_work(tmp_path)
    with pytest.raises(BadRequest):
        work.session.tell(told)
    assert work.again().session.now()["stage"] == "about"


def test_the_page_learns_no_name_and_no_group(tmp_path: Path) -> None:
    """A place, a count, and a number for the clip."""
    work = at_work(tmp_path)
    said = json.dumps([work.session.now(), work.session.tell(None)])
    assert not any(each in said for each in (*PEOPLE, "clip_of", "anna", ".webm", ".mp4"))


def spoil(work: AtWork, old: str, new: str) -> None:
    """Changes the table."""
    text = work.files.table.read_text("utf-8")
    assert old in text
    work.files.table.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [(",7,1,", ",9,1,"), ("anna,", "ben,"), (",stiff,", ",calm,"), ("rater,", "who,"),
     (",1,0.0\n", ",2,0.0\n"), ("anna,p0", 'anna,"p0'), (",7,1,0.0\n", "\n")],
)  # fmt: skip
def test_a_table_that_was_changed_is_left_alone(tmp_path: Path, old: str, new: str) -> None:
    """It is told, and nothing is written over it."""
    work = at_work(tmp_path)
    work.session.rate(work.session.tell(None)["clip"], SCORES)
    spoil(work, old, new)
    before = work.files.table.read_bytes()
    with pytest.raises(BadRatings) as caught:
        work.again()
    assert "anna.csv: it is not as this program left it" in caught.value.person
    assert work.files.table.read_bytes() == before


def test_other_files_are_not_taken_over(tmp_path: Path) -> None:
    """Another rater's, another study's, and a table that nothing says anything of."""
    files = at_work(tmp_path).files
    with pytest.raises(BadRatings, match="cannot be used") as caught:
        files.begin(PEOPLE, "ben", 0)
    assert "another rater's" in caught.value.person
    with pytest.raises(BadRatings) as caught:
        files.begin([*PEOPLE, "p03"], "anna", 0)
    assert "not those that this rater began with" in caught.value.person
    alone = RaterFiles(tmp_path / "alone.csv")
    alone.table.write_text("mine")
    with pytest.raises(BadRatings) as caught:
        alone.begin(PEOPLE, "anna", 0)
    assert "alone.json" in caught.value.person
    assert alone.table.read_text() == "mine"
    files.companion.write_text("{}")
    with pytest.raises(BadRatings, match="cannot be used"):
        files.begin(PEOPLE, "anna", 0)


def test_one_program_has_a_raters_files(tmp_path: Path) -> None:
    """A second is told; a table is named as one."""
    files = RaterFiles(tmp_path / "new" / "anna.csv")
    with files.held(), pytest.raises(BadRatings) as caught, files.held():
        pass
    assert "another run has it open" in caught.value.person
    with files.held():
        pass
    with pytest.raises(BadRatings, match="cannot be used"), RaterFiles(tmp_path / "anna").held():
        pass


@pytest.mark.parametrize("name", ["", " anna", "a" * 65, "an\nna", "anna\u202e"])
def test_a_name_can_be_read_in_a_table(name: str) -> None:
    """Not empty, not endless, and one line of visible characters."""
    with pytest.raises(BadRatings):
        require_name(name)
    require_name("Anna 田中")
