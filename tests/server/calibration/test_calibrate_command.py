"""`kizashi-server calibrate` as it is typed: what it writes, and what it refuses."""

import dataclasses
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.card import parse_card
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.fitted_to import digests_of
from kizashi_models.labelled_recordings import (
    SIMULATED,
    Instrument,
    LabelledRecording,
    QuestionnaireTotal,
)
from kizashi_models.scorer import Score, score
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.simulation import Cohort, simulate
from kizashi_protocol.summary import Summary

from tests.models.scoring import write_scorer
from tests.server.calibration.cohorts import UNDERWEIGHTED, packaged_norms, write_recordings
from tests.server.operator import one_line, run

ID = "campus-own/1"
NORMS = packaged_norms()
FEW = simulate(Cohort(40, 0.5, {}), NORMS, np.random.default_rng(5))


@dataclasses.dataclass(frozen=True)
class Done:
    """A calibration that wrote a scorer."""

    recordings: tuple[LabelledRecording, ...]
    file: Path
    folder: Path
    printed: dict[str, object]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A strong effect on what the prior underweights, in about as few people as it takes."""
    folder = tmp_path_factory.mktemp("site")
    recordings = simulate(
        Cohort(830, 0.5, UNDERWEIGHTED, half_noise=0.1), NORMS, np.random.default_rng(2)
    )
    file = write_recordings(folder / "site.jsonl", recordings)
    models = folder / "models"
    result = run("calibrate", file, "--id", ID, "--out", models, "--json")
    return Done(recordings, file, models, json.loads(result.stdout))


def refused(*words: str | Path, reason_code: int = 10) -> str:
    """The line that a calibration ended with; nothing else was printed."""
    result = run("calibrate", *words, code=reason_code)
    assert result.stdout == ""
    return one_line(result)


def summaries(recordings: Sequence[LabelledRecording]) -> list[Summary]:
    """Everybody's."""
    return [each.summary for each in recordings if each.summary is not None]


def test_a_better_scorer_is_written_and_the_server_opens_it(done: Done) -> None:
    """Graph, card and norms, closed to others; the weights are found where they were put in."""
    names = {str(path.relative_to(done.folder)) for path in done.folder.rglob("*.*")}
    assert names == {"campus_own_1.json", "campus_own_1.onnx", "norms/clips_1.json"}
    assert {path.stat().st_mode & 0o077 for path in (done.folder, *done.folder.rglob("*"))} == {0}
    scorer = load_scorer(done.folder, ID)
    assert scorer.figures == STUDY_FIGURES
    weights = np.diag(scorer.weigh(np.eye(6, dtype=np.float32)).contributions)
    assert sorted(np.argsort(weights)[-2:]) == [2, 5]
    assert weights @ np.array(NORMS.correlations) @ weights == pytest.approx(1, abs=1e-4)


def test_its_card_says_what_went_in(done: Done) -> None:
    """Enough to make it again, and that its worth is not established."""
    card = parse_card((done.folder / "campus_own_1.json").read_bytes(), "card")
    provenance, metrics = card.provenance, card.metrics
    norms = (done.folder / "norms" / "clips_1.json").read_bytes()
    assert provenance["norms"]["sha256"] == hashlib.sha256(norms).hexdigest()
    assert provenance["extractor_ids"] == [NORMS.extractor_id]
    read = hashlib.sha256(done.file.read_bytes()).hexdigest()
    cases = sum(each.questionnaire.total >= 10 for each in done.recordings if each.questionnaire)
    assert provenance["recordings"] == {
        "sha256": read,
        "people": 830,
        "cases": cases,
        "left_out": {},
    }
    assert provenance["fitted_to"] == digests_of(summaries(done.recordings))
    assert (provenance["instrument"], provenance["case_from"]) == ("PHQ-9", 10)
    assert provenance["folds"] == {"outer": 5, "inner": 5, "repeats": 5}
    assert provenance["seed"] == 1
    assert set(provenance["weights"]) == {figure.name for figure in STUDY_FIGURES}
    assert metrics["performance"] == "not established: internal cross-validation only"
    internal = metrics["internal"]
    assert internal["difference"]["low"] > 0
    assert internal["calibration_slope"]["low"] <= 1 <= internal["calibration_slope"]["high"]
    assert done.printed["internal"] == internal
    assert done.printed["reason"] is None


def test_its_probability_stays_within_what_people_bore_out(done: Done) -> None:
    """For its own people it is right on average, and for no z beyond the card's bounds."""
    scorer = load_scorer(done.folder, ID)
    card = parse_card((done.folder / "campus_own_1.json").read_bytes(), "card")
    bounds = card.metrics["calibration"]
    extremes = np.array([[-9.0] * 6, [9.0] * 6], np.float32)
    z = np.stack([NORMS.z(STUDY_FIGURES, each) for each in summaries(done.recordings)])
    own = scorer.weigh(z.astype(np.float32)).probability
    far = scorer.weigh(extremes).probability
    assert own is not None
    assert far is not None
    assert far.tolist() == pytest.approx([bounds["lowest"], bounds["highest"]])
    assert 0 < bounds["lowest"] < bounds["highest"] < 1
    cases = np.array([each.questionnaire.total >= 10 for each in done.recordings])  # type: ignore[union-attr]
    assert own.mean() == pytest.approx(cases.mean(), abs=0.03)
    assert own[cases].mean() > own[~cases].mean() + 0.1


def test_a_share_is_told_of_nobody_before_a_validation(done: Done) -> None:
    """The scorer has a probability, and `score` keeps it to itself."""
    scorer = load_scorer(done.folder, ID)
    results = [score(each, scorer) for each in summaries(done.recordings)[:20]]
    scores = [each for each in results if isinstance(each, Score)]
    assert scores
    assert all(each.share is None and each.validation is None for each in scores)


def test_nothing_is_written_over(done: Done) -> None:
    """The id is taken, and the files are as they were."""
    before = (done.folder / "campus_own_1.json").read_bytes()
    line = refused(done.file, "--id", ID, "--out", done.folder)
    assert "is there already and is not overwritten" in line
    assert (done.folder / "campus_own_1.json").read_bytes() == before


def test_norms_of_another_content_are_not_written_over(done: Done, tmp_path: Path) -> None:
    """Nothing is worked out for them."""
    (tmp_path / "norms").mkdir()
    (tmp_path / "norms" / "clips_1.json").write_text("{}")
    line = refused(done.file, "--id", ID, "--out", tmp_path)
    assert "clips_1.json is there already" in line
    assert [path.name for path in tmp_path.rglob("*.*")] == ["clips_1.json"]


def test_no_difference_writes_nothing_and_shows_the_figures(done: Done, tmp_path: Path) -> None:
    """Labels that have nothing to do with the figures; the exit code says that none was made."""
    totals = np.random.default_rng(7).permutation([3, 15] * (len(done.recordings) // 2))
    mixed = [
        dataclasses.replace(each, questionnaire=QuestionnaireTotal(Instrument.PHQ_9, int(total)))
        for each, total in zip(done.recordings, totals, strict=True)
    ]
    file = write_recordings(tmp_path / "mixed.jsonl", mixed)
    result = run("calibrate", file, "--id", ID, "--out", tmp_path / "models", code=10)
    assert "not better than the prior beyond its interval: nothing was exported" in one_line(result)
    assert "difference" in result.stdout
    assert "weights" not in result.stdout
    assert not (tmp_path / "models").exists()


def test_totals_that_went_into_what_was_measured_are_no_finding(done: Done, tmp_path: Path) -> None:
    """Whoever AU20 tells apart is told apart: nothing is written, and no figure is shown."""
    strengths = [each.of(20).mean for each in summaries(done.recordings)]
    cut = np.median(strengths)
    leaked = [
        dataclasses.replace(
            each, questionnaire=QuestionnaireTotal(Instrument.PHQ_9, 15 if own > cut else 2)
        )
        for each, own in zip(done.recordings, strengths, strict=True)
    ]
    file = write_recordings(tmp_path / "leaked.jsonl", leaked)
    line = refused(file, "--id", ID, "--out", tmp_path / "models", "--json")
    assert "check that no total went into what was measured" in line
    assert not (tmp_path / "models").exists()


def test_too_few_are_told_how_many_more_and_why(tmp_path: Path) -> None:
    """Of cases and of others, with the reason of each limit."""
    cases = sum(each.questionnaire.total >= 10 for each in FEW if each.questionnaire)
    silent = [
        dataclasses.replace(each, questionnaire=None, person=f"q{i}") for i, each in enumerate(FEW)
    ]
    file = write_recordings(tmp_path / "few.jsonl", [*FEW, *silent])
    line = refused(file, "--id", ID, "--out", tmp_path / "models")
    found = re.search(r"(\d+) more cases and (\d+) more others are needed", line)
    assert found is not None
    assert f"{cases} cases and {40 - cases} others are too few" in line
    assert int(found[1]) + cases >= 100
    assert "100 of each to measure it" in line
    assert "AUC of 0.65" in line
    assert "Left out were 40: no total." in line
    assert not (tmp_path / "models").exists()


def test_a_case_of_the_bdi_begins_at_11(tmp_path: Path) -> None:
    """Where the study's second group does."""
    of_another = [
        dataclasses.replace(each, questionnaire=QuestionnaireTotal(Instrument.BDI_II, total))
        for each, total in zip(FEW, [10, 11, 12, *[0] * 37], strict=True)
    ]
    file = write_recordings(tmp_path / "bdi.jsonl", of_another)
    words = (file, "--id", ID, "--out", tmp_path / "models", "--instrument", "BDI-II")
    assert "2 cases and 38 others are too few" in refused(*words)
    assert "3 cases and 37 others are too few" in refused(*words, "--case-from", "10")


def relabelled(*totals: int) -> list[LabelledRecording]:
    """The few, with these totals and then zeros."""
    padded = [*totals, *[0] * (len(FEW) - len(totals))]
    return [
        dataclasses.replace(each, questionnaire=QuestionnaireTotal(Instrument.PHQ_9, total))
        for each, total in zip(FEW, padded, strict=True)
    ]


@pytest.mark.parametrize(
    ("recordings", "words"),
    [
        (relabelled(10, 20, 27), "3 cases and 37 others are too few"),
        (relabelled(), "all are on one side"),
        ([dataclasses.replace(each, questionnaire=None) for each in FEW], "40: no total"),
        ([*FEW, FEW[3]], "person 's000004' is in lines 4, 41"),
    ],
)
def test_what_no_scorer_can_be_made_of_is_one_sentence(
    tmp_path: Path, recordings: Sequence[LabelledRecording], words: str
) -> None:
    """Exit code 10, and nothing written."""
    file = write_recordings(tmp_path / "site.jsonl", recordings)
    assert words in refused(file, "--id", ID, "--out", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_simulated_people_are_taken_only_where_it_is_asked_for(tmp_path: Path) -> None:
    """Without the option nothing is worked out; with it, what is true of any file."""
    marked = [dataclasses.replace(FEW[0], groups=dict([SIMULATED])), *FEW[1:]]
    file = write_recordings(tmp_path / "nobody.jsonl", marked)
    words = (file, "--id", ID, "--out", tmp_path / "models")
    assert "it has simulated people in it" in refused(*words)
    assert "are too few" in refused(*words, "--simulated")


def test_a_scorer_made_of_nobody_is_begun_from_only_where_it_is_asked_for(tmp_path: Path) -> None:
    """Else what it gave would be served as made of people."""
    card, path = write_scorer(tmp_path / "own")
    card["provenance"]["simulated"] = True
    path.write_text(json.dumps(card))
    file = write_recordings(tmp_path / "few.jsonl", FEW)
    words = (file, "--id", ID, "--out", tmp_path / "models", "--models", tmp_path / "own")
    line = refused(*words, "--scorer", "even/1", reason_code=5)
    assert "nobody may be scored with it" in line
    assert "norms made-up/1 are for" in refused(*words, "--scorer", "even/1", "--simulated")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it has no recording"),
        (b"\n\n", "it has no recording"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "not text in UTF-8"),
        (b"person,total\np1,7\n", "line 1: not JSON"),
        (b'{"recordings": 2}\n', "line 1: the recording has no"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(
    tmp_path: Path, data: bytes | None, words: str
) -> None:
    """Missing, empty, binary, or of another form."""
    file = tmp_path / "site.jsonl"
    if data is not None:
        file.write_bytes(data)
    assert words in refused(file, "--id", ID, "--out", tmp_path / "models")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Nor is a file a folder to write into."""
    assert "it is no file" in refused(tmp_path, "--id", ID, "--out", tmp_path / "models")
    file = write_recordings(tmp_path / "few.jsonl", FEW)
    assert "it is no folder" in refused(file, "--id", ID, "--out", file)
    words = ("--id", ID, "--out", tmp_path / "models", "--models", tmp_path / "none")
    assert "is no folder. Name another." in refused(file, *words, reason_code=5)


@pytest.mark.parametrize("scorer_id", ["campus", "Campus/1", "campus/0", "../campus/1", "a/1/2"])
def test_an_id_has_name_and_version(tmp_path: Path, scorer_id: str) -> None:
    """Anything else is a fault of usage."""
    file = write_recordings(tmp_path / "few.jsonl", FEW)
    result = run("calibrate", file, "--id", scorer_id, "--out", tmp_path / "models", code=2)
    assert "name/version" in result.stderr


@pytest.mark.parametrize("total", ["0", "28"])
def test_a_case_begins_at_a_total_there_is(tmp_path: Path, total: str) -> None:
    """1 to 27 of the PHQ-9."""
    words = ("--id", ID, "--out", tmp_path / "models", "--case-from", total)
    assert "end at 27" in run("calibrate", tmp_path / "few.jsonl", *words, code=2).stderr


def test_a_packaged_id_is_not_taken(tmp_path: Path) -> None:
    """The site's folder comes first, so that it would hide the packaged one."""
    file = write_recordings(tmp_path / "few.jsonl", FEW)
    line = refused(file, "--id", "research-prior/1", "--out", tmp_path / "models")
    assert "has the name of a scorer of this program" in line
    line = refused(file, "--id", "research-prior/2", "--out", tmp_path / "models")
    assert "has the name of a scorer of this program" in line


def test_it_begins_from_a_scorer_there_is_and_whose_norms_fit(tmp_path: Path) -> None:
    """A missing one is a fault of the scorer; one of another extractor, of the recordings."""
    file = write_recordings(tmp_path / "few.jsonl", FEW)
    words = (file, "--id", ID, "--out", tmp_path / "models")
    assert "'other_1' is missing" in refused(*words, "--scorer", "other/1", reason_code=5)
    write_scorer(tmp_path / "own")
    line = refused(*words, "--models", tmp_path / "own", "--scorer", "even/1")
    assert "norms made-up/1 are for test-extractor/1" in line


def test_without_the_extra_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, as for every other extra."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    file = write_recordings(tmp_path / "few.jsonl", FEW)
    line = refused(file, "--id", ID, "--out", tmp_path / "models")
    assert "pip install '.[calibration]'" in line
