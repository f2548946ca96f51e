"""`kizashi-server norms`: norms of a site's own people, and a scorer that compares with them."""

import dataclasses
import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.errors import SimulatedScorer
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.fitted_to import digests_of, fitted_to
from kizashi_models.labelled_recordings import SIMULATED, LabelledRecording, recording_line
from kizashi_models.scorer import Score, score
from kizashi_models.scorer_loading import load_scorer, read_scorer
from kizashi_models.simulation import Cohort, simulate
from kizashi_protocol.summary import Summary
from kizashi_server.main import app
from typer.testing import CliRunner, Result

from tests.models.scoring import NAMES, write_scorer

PRIOR = load_scorer(None, "research-prior/1")
PEOPLE = simulate(Cohort(60, 0.0, {}), PRIOR.norms, np.random.default_rng(11))

SUMMARIES = [each.summary for each in PEOPLE if each.summary is not None]


def lines(recordings: tuple[LabelledRecording, ...]) -> list[str]:
    """Recordings as a file's lines, without totals."""
    return [
        recording_line(each.person, each.summary or each.refused or "", None, {})
        for each in recordings
    ]


def norms(folder: Path, written: list[str], *more: str) -> Result:
    """The command, on a file of these lines."""
    (folder / "summaries.jsonl").write_text("\n".join(written), "utf-8")
    words = [
        *("norms", str(folder / "summaries.jsonl"), "--id", "campus/1"),
        *("--scorer-id", "campus-prior/1", "--source", "students", "--source-ja", "学生"),
        *("--out", str(folder / "models")),
    ]
    return CliRunner().invoke(app, [*words, *more])


def test_people_are_compared_with_their_like(tmp_path: Path) -> None:
    """Over the people that norms are of, each figure has mean 0 and spread 1, as the composite."""
    done = norms(tmp_path, lines(PEOPLE))
    assert done.exit_code == 0, done.output
    assert "60 persons, 60 recordings" in done.stdout
    own = load_scorer(tmp_path / "models", "campus-prior/1")
    assert (own.norms.label.persons, own.norms.label.source["ja"]) == (60, "学生")
    summaries = [each.summary for each in PEOPLE if each.summary is not None]
    z = np.array([own.norms.z(STUDY_FIGURES, each) for each in summaries])
    assert z.mean(axis=0) == pytest.approx(np.zeros(6), abs=0.1)
    results = [score(summary, own) for summary in summaries]
    composites = [each.composite for each in results if isinstance(each, Score)]
    assert np.std(composites) == pytest.approx(1, abs=0.15)


def test_what_is_written_is_closed_to_other_accounts(tmp_path: Path) -> None:
    """Whatever the umask."""
    before = os.umask(0)
    try:
        assert norms(tmp_path, lines(PEOPLE)).exit_code == 0
    finally:
        os.umask(before)
    made = (tmp_path / "models", *(tmp_path / "models").rglob("*"))
    assert {stat.S_IMODE(each.stat().st_mode) & 0o677 for each in made} == {0o600}


def test_weights_keep_their_ratios(tmp_path: Path) -> None:
    """The new scorer weighs as the prior does, on another scale."""
    norms(tmp_path, lines(PEOPLE))
    own = load_scorer(tmp_path / "models", "campus-prior/1")
    eye = np.eye(6, dtype=np.float32)
    ratio = np.diag(own.weigh(eye).contributions) / np.diag(PRIOR.weigh(eye).contributions)
    assert ratio == pytest.approx(np.full(6, ratio[0]), rel=1e-4)


def test_nobody_counts_twice_and_what_was_refused_not_at_all(tmp_path: Path) -> None:
    """A person's recordings are averaged; refusals are counted by reason."""
    assert PEOPLE[1].summary is not None
    other = dataclasses.replace(PEOPLE[1].summary, blink_rate=14)
    again = [recording_line("s000001", other, None, {})]
    refused = [recording_line("x", "face_lost", None, {})]
    done = norms(tmp_path, [*lines(PEOPLE), *again, *refused])
    assert "60 persons, 61 recordings" in done.stdout
    assert "left out, the recording was refused: 1" in done.stdout


def alike(number: int) -> Summary:
    """The first one's figures of the face, with blinks of its own."""
    assert PEOPLE[0].summary is not None
    return dataclasses.replace(PEOPLE[0].summary, blink_rate=number)


SPOILT = {
    "too few": (lines(PEOPLE)[:19], "too few"),
    "nobody knows whose": ([recording_line(None, PEOPLE[0].summary or "", None, {})], "--one-each"),
    "all refused": ([recording_line("a", "light", None, {})] * 30, "too few"),
    "all alike": ([recording_line(f"p{n}", alike(n), None, {}) for n in range(30)],
                  "nobody differs"),
    "copies under other names": (
        [*lines(PEOPLE), *(line.replace("s0", "t0") for line in lines(PEOPLE)[:3])],
        "3 recordings are copies of others",
    ),
    "no recordings": (["{}"], "line 1"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_what_carries_no_norms_is_refused(tmp_path: Path, how: str) -> None:
    """One sentence, and nothing written."""
    written, word = SPOILT[how]
    done = norms(tmp_path, written)
    assert done.exit_code == 10
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "models").exists()


def test_norms_of_nobody_serve_nobody(tmp_path: Path) -> None:
    """Refused where it is not asked for, and marked where it is."""
    marked = lines(PEOPLE[:59])
    marked.append(recording_line("z", PEOPLE[59].summary or "", None, dict([SIMULATED])))
    done = norms(tmp_path, marked)
    assert done.exit_code == 10
    assert "simulated people" in done.stderr
    assert not (tmp_path / "models").exists()
    done = norms(tmp_path, marked, "--simulated")
    assert done.exit_code == 0, done.output
    assert "nobody may be scored with it" in done.stdout
    assert "To use them" not in done.stdout
    path = tmp_path / "models" / "campus_prior_1.json"
    card = json.loads(path.read_text())
    for _ in range(2):
        with pytest.raises(SimulatedScorer, match="simulated people"):
            load_scorer(tmp_path / "models", "campus-prior/1")
        # The graph says so as well.
        card["provenance"].pop("simulated", None)
        path.write_text(json.dumps(card))


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A second run of the same ids leaves the first as it is."""
    norms(tmp_path, lines(PEOPLE))
    before = {path: path.read_bytes() for path in (tmp_path / "models").rglob("*.*")}
    done = norms(tmp_path, lines(PEOPLE)[:40])
    assert done.exit_code == 10
    assert "is there already" in done.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "models").rglob("*.*")} == before


@pytest.mark.parametrize("option", ["--id", "--scorer-id"])
@pytest.mark.parametrize("name", ["campus", "../campus/1", "Campus/1"])
def test_an_id_has_its_form(tmp_path: Path, option: str, name: str) -> None:
    """Otherwise it is a word of the command that is wrong."""
    assert norms(tmp_path, lines(PEOPLE), option, name).exit_code == 2


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--id", "clips/1"),
        ("--id", "clips/2"),
        ("--scorer-id", "research-prior/1"),
        ("--scorer-id", "research-prior/2"),
    ],
)
def test_a_packaged_name_is_not_taken(tmp_path: Path, option: str, name: str) -> None:
    """The site's folder comes first: it would hide the packaged one, or pass for it."""
    done = norms(tmp_path, lines(PEOPLE), option, name)
    assert done.exit_code == 10
    assert f"{name} has the name of" in done.stderr
    assert not (tmp_path / "models").exists()


def test_norms_that_are_there_are_not_taken_for_new_ones(tmp_path: Path) -> None:
    """Another scorer was made against them."""
    (tmp_path / "models" / "norms").mkdir(parents=True)
    (tmp_path / "models" / "norms" / "campus_1.json").write_text("{}")
    done = norms(tmp_path, lines(PEOPLE))
    assert (done.exit_code, "is there already" in done.stderr) == (10, True)
    assert [path.name for path in (tmp_path / "models").rglob("*.*")] == ["campus_1.json"]


@pytest.mark.parametrize("option", ["--source", "--source-ja"])
@pytest.mark.parametrize("text", ["", " ", "patients with depression", "うつ病の学生", "40%"])
def test_a_source_is_words_that_people_may_be_told(tmp_path: Path, option: str, text: str) -> None:
    """It stands in everybody's feedback, word for word."""
    done = norms(tmp_path, lines(PEOPLE), option, text)
    assert done.exit_code == 2
    assert option in done.stderr
    assert not (tmp_path / "models").exists()


def test_folders_are_folders(tmp_path: Path) -> None:
    """Neither a file to write into, nor a folder of models that is none, in one sentence each."""
    (tmp_path / "file").write_text("mine")
    done = norms(tmp_path, lines(PEOPLE), "--out", str(tmp_path / "file"))
    assert (done.exit_code, "it is no folder" in done.stderr) == (10, True)
    below = norms(tmp_path, lines(PEOPLE), "--out", str(tmp_path / "file" / "below"))
    assert (below.exit_code, "Nothing can be written into" in below.stderr) == (10, True)
    done = norms(tmp_path, lines(PEOPLE), "--models", str(tmp_path / "none"))
    assert (done.exit_code, "is no folder. Name another." in done.stderr) == (5, True)
    assert (tmp_path / "file").read_text() == "mine"


def test_who_cannot_be_scored_is_left_out_and_counted(tmp_path: Path) -> None:
    """A recording that is too short is nobody's norm."""
    short = [
        dataclasses.replace(each, quality=dataclasses.replace(each.quality, duration=7))
        for each in SUMMARIES[:2]
    ]
    written = [
        *lines(PEOPLE[2:]),
        *(recording_line(f"q{n}", s, None, {}) for n, s in enumerate(short)),
    ]
    done = norms(tmp_path, written, "--json")
    said = json.loads(done.stdout)
    assert said["left_out"] == {"the recording is not good enough to be scored": 2}
    assert (said["persons"], said["recordings"], said["simulated"]) == (58, 58, False)
    assert [Path(path).name for path in said["written"]] == [
        "campus_1.json",
        "campus_prior_1.onnx",
        "campus_prior_1.json",
    ]


def without_blinks(summary: Summary) -> Summary:
    """AU45 alike in everybody."""
    units = tuple(
        dataclasses.replace(unit, mean=0.2) if unit.action_unit == 45 else unit
        for unit in summary.action_units
    )
    return dataclasses.replace(summary, action_units=units)


def test_a_figure_in_which_nobody_differs_is_named(tmp_path: Path) -> None:
    """It has no norm, and the others do."""
    alike = [recording_line(f"p{n}", without_blinks(s), None, {}) for n, s in enumerate(SUMMARIES)]
    done = norms(tmp_path, alike)
    assert "left out, the same for everybody: AU45.mean" in done.stdout
    own = load_scorer(tmp_path / "models", "campus-prior/1")
    assert "AU45.mean" not in own.norms.figures
    assert len(own.norms.figures) == 34


def test_a_base_is_one_that_can_be_weighed_anew(tmp_path: Path) -> None:
    """One of other figures is refused; one made of nobody only where it is not asked for."""
    card, path = write_scorer(tmp_path / "other")
    names = ["AU02.mean", *NAMES[1:]]
    for tensor in (card["inputs"][0], card["outputs"][0]):
        tensor["labels"] = names
    path.write_text(json.dumps(card))
    words = ("--models", str(tmp_path / "other"), "--scorer", "even/1")
    done = norms(tmp_path, lines(PEOPLE), *words)
    assert (done.exit_code, "SCORER_UNFIT" in done.stderr) == (10, True)
    card, path = write_scorer(tmp_path / "nobody")
    path.write_text(json.dumps(card | {"provenance": card["provenance"] | {"simulated": True}}))
    words = ("--models", str(tmp_path / "nobody"), "--scorer", "even/1")
    assert norms(tmp_path, lines(PEOPLE), *words).exit_code == 5
    assert norms(tmp_path, lines(PEOPLE), *words, "--simulated").exit_code == 0


def test_its_card_knows_whom_it_was_fitted_to(tmp_path: Path) -> None:
    """So that a validation on them is refused, and norms of nobody say so in what people read."""
    norms(tmp_path, lines(PEOPLE), "--simulated")
    card = read_scorer(tmp_path / "models", "campus-prior/1").card
    assert fitted_to(card) == digests_of(SUMMARIES)
    label = load_scorer(tmp_path / "models", "campus-prior/1", simulated=True).norms.label
    assert label.source["en"] == "simulated people, nobody's recordings: students"
    assert label.source["ja"].startswith("架空のデータ")
