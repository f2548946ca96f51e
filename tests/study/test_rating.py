"""A rater at work: the order, what is kept, and where it goes on."""

import csv
import json
from pathlib import Path

import pytest
from kizashi_agent.loopback.page_errors import BadRequest, OutOfTurn
from kizashi_study.errors import BadRatings
from kizashi_study.rating.rater_files import RaterFiles, require_name
from kizashi_study.rating.ratings import COLUMNS, ITEMS, Rating, order_of

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
    now = work.session.begin()
    assert (now["stage"], now["place"], now["count"]) == ("clip", 1, 2)
    work.seconds[0] = 12.34
    now = work.session.rate(now["clip"], SCORES)
    work.seconds[0] = 20.0
    assert work.session.rate(now["clip"], SCORES)["stage"] == "own"
    assert work.session.tell({"instrument": "BDI-II", "total": 9})["stage"] == "done"
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
    """With what was scored, and without asking twice for the total."""
    work = at_work(tmp_path)
    work.session.rate(work.session.begin()["clip"], SCORES)
    before = work.files.table.read_bytes()
    again = work.again()
    now = again.session.now()
    assert (now["stage"], now["place"]) == ("clip", 2)
    assert work.files.table.read_bytes() == before
    again.session.rate(now["clip"], SCORES)
    assert again.files.table.read_bytes().startswith(before)
    assert again.again().session.now()["stage"] == "own"
    again.session.tell(None)
    assert again.again().session.now()["stage"] == "done"


def test_an_answer_that_was_lost_counts_once(tmp_path: Path) -> None:
    """The same scores of the same clip again change nothing and go on."""
    work = at_work(tmp_path)
    first = work.session.begin()
    second = work.session.rate(first["clip"], SCORES)
    assert work.session.rate(first["clip"], SCORES) == second
    assert [int(each["score"]) for each in rows(work)] == list(SCORES.values())


def test_other_scores_of_a_scored_clip_are_refused(tmp_path: Path) -> None:
    """A second tab is not told that its scores are saved where others were."""
    work = at_work(tmp_path)
    first = work.session.begin()
    work.session.rate(first["clip"], SCORES)
    with pytest.raises(OutOfTurn):
        work.session.rate(first["clip"], dict.fromkeys(ITEMS, 1))
    assert [int(each["score"]) for each in rows(work)] == list(SCORES.values())


def test_only_this_clip_can_be_scored(tmp_path: Path) -> None:
    """Neither one to come nor one that nobody knows."""
    work = at_work(tmp_path)
    with pytest.raises(OutOfTurn):
        work.session.rate("70001", SCORES)
    now = work.session.begin()
    other = next(each for each in ("70001", "70002") if each != now["clip"])
    for number in (other, "1", None, 7):
        for step in (lambda n: work.session.rate(n, SCORES), work.session.leave_out):
            with pytest.raises(OutOfTurn):
                step(number)
    with pytest.raises(OutOfTurn):
        work.session.tell(None)
    assert not work.files.table.exists()


def test_nobody_is_asked_how_they_are_before_the_last_clip(tmp_path: Path) -> None:
    """Who was asked how low they feel sees others by it; told is it once."""
    work = at_work(tmp_path)
    now = work.session.now()
    stages = [now["stage"]]
    now = work.session.begin()
    while now["stage"] == "clip":
        stages.append(now["stage"])
        now = work.session.rate(now["clip"], SCORES)
    assert [*stages, now["stage"]] == ["beginning", "clip", "clip", "own"]
    told = {"instrument": "PHQ-9", "total": 3}
    assert work.session.tell(told) == work.session.tell(told)
    with pytest.raises(OutOfTurn):
        work.session.tell(None)


def test_a_clip_that_cannot_be_played_is_left_out_for_this_run(tmp_path: Path) -> None:
    """The others go on, it has no row, and a later run shows it again."""
    work = at_work(tmp_path)
    first = work.session.begin()
    second = work.session.leave_out(first["clip"])
    assert (second["stage"], second["place"]) == ("clip", 2)
    work.session.rate(second["clip"], SCORES)
    done = work.session.tell(None)
    assert (done["stage"], done["left_out"]) == ("done", 1)
    order = order_of(PEOPLE, "anna", 0)
    assert {(each["participant"], each["order"]) for each in rows(work)} == {(order[1], "1")}
    again = work.again()
    now = again.session.now()
    assert (now["stage"], now["place"]) == ("clip", 2)
    assert again.session.rate(now["clip"], SCORES)["stage"] == "done"
    assert [each["participant"] for each in rows(again)[:: len(ITEMS)]] == [order[1], order[0]]
    assert again.again().session.now()["stage"] == "done"


def test_a_repaired_clip_is_read_anew(tmp_path: Path) -> None:
    """Where it is not repaired, nothing changes and no name is told."""
    work = at_work(tmp_path)
    now = work.session.begin()
    clip = work.session.clip(now["clip"])
    assert clip is not None
    sound = clip.path.read_bytes()
    clip.path.write_bytes(b"not yet")
    assert work.session.read_anew(now["clip"]) == now
    assert work.session.clip(now["clip"]) == clip
    clip.path.write_bytes(sound)
    assert not clip.is_as_it_was()
    assert work.session.read_anew(now["clip"]) == now
    again = work.session.clip(now["clip"])
    assert again is not None
    assert again.is_as_it_was()


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
    now = work.session.begin()
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
    now = work.session.begin()
    for _ in PEOPLE:
        now = work.session.rate(now["clip"], SCORES)
    with pytest.raises(BadRequest):
        work.session.tell(told)
    assert work.again().session.now()["stage"] == "own"


def test_the_page_learns_no_name_and_no_group(tmp_path: Path) -> None:
    """A place, a count, and a number for the clip."""
    work = at_work(tmp_path)
    said = [work.session.now(), work.session.begin()]
    for _ in PEOPLE:
        said.append(work.session.rate(said[-1]["clip"], SCORES))
    text = json.dumps([*said, work.session.tell(None)])
    assert not any(each in text for each in (*PEOPLE, "clip_of", "anna", ".webm", ".mp4"))


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
    work.session.rate(work.session.begin()["clip"], SCORES)
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
        files.begin(PEOPLE, "anna", 3)
    assert "drawn with --seed 0" in caught.value.person
    with pytest.raises(BadRatings) as caught, RaterFiles(tmp_path / "ben.CSV").held():
        pass
    assert "name it with .csv" in caught.value.person
    alone = RaterFiles(tmp_path / "alone.csv")
    alone.table.write_text("mine")
    with pytest.raises(BadRatings) as caught:
        alone.begin(PEOPLE, "anna", 0)
    assert "alone.json" in caught.value.person
    assert alone.table.read_text() == "mine"
    kept = files.companion.read_text("utf-8")
    for spoilt in (
        "{}",
        "[" * 100_000,
        kept.replace('"seed": 0', '"seed": 1e400'),
        kept.replace('"p02"', '"p01"'),
    ):
        files.companion.write_text(spoilt, "utf-8")
        with pytest.raises(BadRatings, match="cannot be used"):
            files.begin(PEOPLE, "anna", 0)


def test_participants_may_come_and_go_while_raters_are_at_work(tmp_path: Path) -> None:
    """New ones are seen last in an order of the rater's own; who was rated has to stay."""
    files = at_work(tmp_path).files
    first, second = order_of(PEOPLE, "anna", 0)
    new = [f"n{number}" for number in range(9)]
    rater, _ = files.begin([*new, *PEOPLE], "anna", None)
    assert rater.order == (first, second, *order_of(new, "anna", 0))
    assert rater.order[2:] != tuple(new)
    files.keep_ratings(rater, [Rating(first, SCORES, 1.0)])
    fewer, ratings = files.begin([first, "n4"], "anna", None)
    assert (fewer.order, len(ratings)) == ((first, "n4"), 1)
    assert files.begin([first, "n4"], "anna", None)[0] == fewer
    with pytest.raises(BadRatings) as caught:
        files.begin(["n4"], "anna", None)
    assert "not among the participants any more" in caught.value.person
    assert first not in caught.value.person


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


@pytest.mark.parametrize(
    "name",
    ["", " anna", "a" * 65, "an\nna", "anna\u202e", "=anna", "+1", "-anna", "@anna", "\tanna"],
)
def test_a_name_can_be_read_in_a_table(name: str) -> None:
    """Not empty, not endless, one line of visible characters, and no formula."""
    with pytest.raises(BadRatings):
        require_name(name)
    require_name("Anna 田中")
