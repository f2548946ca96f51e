"""Tables and labelled recordings of participants' clips: of one pass, and resumable."""

import json
import multiprocessing
from functools import partial
from pathlib import Path

import pytest
from kizashi_models.labelled_recordings import Instrument, QuestionnaireTotal, read_recordings
from kizashi_study import extracting
from kizashi_study.cli import study_app
from kizashi_study.extracting import StudyOutcome, extract_study
from typer.testing import CliRunner, Result

from tests.agent.extracting import BrightnessMeasurer, extract_here, files_below, statuses
from tests.agent.generated_video import write_video
from tests.study.people import FIT, ROWS, extracted, write_clips, write_table


class Counting(BrightnessMeasurer):
    """Counts the frames that it was handed."""

    frames = 0

    def measure(self, frame):  # type: ignore[no-untyped-def]
        """Counted."""
        self.frames += 1
        return super().measure(frame)


class Study:
    """A folder of clips with its table, and one whole extraction of it."""

    def __init__(self, folder: Path) -> None:
        self.clips = write_clips(folder / "clips")
        self.table = write_table(folder / "participants.csv")
        self.out = folder / "study"
        self.counting = Counting()
        self.outcome = self.again(self.counting)
        self.wanted = contents(self.out)

    def again(self, measurer: BrightnessMeasurer, out: Path | None = None) -> StudyOutcome:
        """The same once more."""
        return extracted(self.clips, self.table, out or self.out, open_measurer=lambda: measurer)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {name: (folder / name).read_bytes() for name in files_below(folder)}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Measured once for all tests that only look."""
    return Study(tmp_path_factory.mktemp("study"))


def lines(out: Path) -> list[str]:
    """Of the labelled recordings."""
    return (out / "recordings.jsonl").read_text("utf-8").splitlines()


def test_every_participant_has_a_recording(study: Study) -> None:
    """A summary or the gate's reason, with total and groups, in the order of the table."""
    first, second, third = read_recordings(lines(study.out), "recordings.jsonl")
    assert (first.person, second.person, third.person) == ("p01", "p02", "p03")
    assert first.summary is not None
    assert first.summary.quality.duration == pytest.approx(9.0, abs=0.05)
    assert first.questionnaire == QuestionnaireTotal(Instrument.BDI_II, 4)
    assert first.groups == {"group": "healthy", "glasses": "yes"}
    assert (second.summary, second.refused) == (None, "TOO_SHORT")
    assert second.questionnaire == QuestionnaireTotal(Instrument.PHQ_9, 12)
    assert third.summary is not None
    assert third.questionnaire is None
    outcome = study.outcome
    assert (outcome.measured, outcome.refused, outcome.without_total) == (
        2,
        {"p02": "TOO_SHORT"},
        1,
    )


def test_tables_are_those_of_extract(study: Study, tmp_path: Path) -> None:
    """Byte for byte, of a refused clip too."""
    extract_here([study.clips / "fit.mp4", study.clips / "short.mp4"], tmp_path)
    for name in ("fit.csv", "short.csv"):
        assert (study.out / "tables" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_each_frame_is_measured_once(study: Study) -> None:
    """Table and summary come of one pass."""
    assert study.counting.frames == 2 * 270 + 60


def test_nothing_but_figures_is_written(study: Study) -> None:
    """Tables, records and recordings: text of names and numbers, and no picture's worth of it."""
    names = set(study.wanted)
    beside = {f"tables/.kizashi/beside/{each}.json" for each in ("fit", "also_fit", "short")}
    assert beside < names
    assert names - beside == {
        "recordings.jsonl",
        "tables/.kizashi/lock",
        *(f"tables/{each}.csv" for each in ("fit", "also_fit", "short")),
        *(f"tables/.kizashi/{each}.json" for each in ("fit", "also_fit", "short")),
    }
    for name in beside:
        line = json.loads(json.loads(study.wanted[name])["made"])
        assert line["person"] is None
        assert line["questionnaire"] is None
    assert all(
        data.decode("utf-8").isprintable() or b"\n" in data
        for data in study.wanted.values()
        if data
    )


def test_a_later_run_measures_nothing(study: Study) -> None:
    """Finished clips are not read again, and every byte stays."""
    measurer = Counting()
    outcome = study.again(measurer)
    assert measurer.frames == 0
    assert statuses(outcome.tables) == ["unchanged"] * 3
    assert contents(study.out) == study.wanted


def test_an_interrupted_run_goes_on(study: Study, tmp_path: Path) -> None:
    """Stopped within the second clip, it does the rest and comes to the same bytes."""
    with pytest.raises(KeyboardInterrupt):
        study.again(EndsInTheSecond(), tmp_path)
    assert not (tmp_path / "recordings.jsonl").exists()
    measurer = Counting()
    study.again(measurer, tmp_path)
    assert measurer.frames == 270 + 60
    assert contents(tmp_path) == study.wanted


class EndsInTheSecond(BrightnessMeasurer):
    """Ends like Ctrl-C soon after it was restarted twice."""

    def measure(self, frame):  # type: ignore[no-untyped-def]
        """See above."""
        if self.restarts == 2 and frame.index == 20:
            raise KeyboardInterrupt
        return super().measure(frame)


def typed(study: Study, out: Path, *more: str) -> Result:
    """The command's outcome."""
    words = ["extract", str(study.clips), "--participants", str(study.table), "--out", str(out)]
    return CliRunner().invoke(study_app, [*words, *more])


def with_measurer(monkeypatch: pytest.MonkeyPatch, measurer: BrightnessMeasurer) -> None:
    """The command measures by brightness."""
    by_brightness = partial(extract_study, open_measurer=lambda: measurer)
    monkeypatch.setattr(extracting, "extract_study", by_brightness)


def test_ctrl_c_says_how_far_it_came(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how it goes on."""
    with_measurer(monkeypatch, EndsInTheSecond())
    done = typed(study, tmp_path)
    assert done.exit_code == 5
    assert "Broken off: 1 of 3 clips are done and stay. Run it again to go on." in done.stderr


def test_it_is_told_whose_recording_was_refused_and_what_raters_cannot_see(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the study's own codes, on the terminal and for scripts."""
    with_measurer(monkeypatch, BrightnessMeasurer())
    done = typed(study, tmp_path)
    assert "2 measured, 1 refused by the recording gate (p02: TOO_SHORT)" in done.stderr
    assert "fit.mp4, short.mp4, also_fit.mp4: its picture is in mp4v" in done.stderr
    told = json.loads(typed(study, tmp_path, "--json").stdout)
    assert told["refused"] == {"p02": "TOO_SHORT"}
    assert told["not_playable"].keys() == {"fit.mp4", "short.mp4", "also_fit.mp4"}


def test_a_recording_that_is_gone_is_made_anew(study: Study, tmp_path: Path) -> None:
    """A table of `kizashi extract` alone, or of before, does not stand for a recording."""
    study.again(BrightnessMeasurer(), tmp_path)
    (tmp_path / "tables" / ".kizashi" / "beside" / "fit.json").write_text("{}")
    outcome = study.again(BrightnessMeasurer(), tmp_path)
    assert sorted(statuses(outcome.tables)) == ["extracted", "unchanged", "unchanged"]
    record = "tables/.kizashi/fit.json"  # which now knows of a former table
    wanted = {name: data for name, data in study.wanted.items() if name != record}
    assert {name: data for name, data in contents(tmp_path).items() if name != record} == wanted


@pytest.mark.skipif(multiprocessing.cpu_count() < 2, reason="one core")
def test_two_processes_come_to_the_same(study: Study, tmp_path: Path) -> None:
    """With --jobs 2 every byte is that of one process."""
    extracted(study.clips, study.table, tmp_path, jobs=2)
    assert contents(tmp_path) == study.wanted


def test_totals_are_read_anew(study: Study, tmp_path: Path) -> None:
    """A total that was corrected costs no measuring."""
    study.again(BrightnessMeasurer(), tmp_path)
    table = write_table(tmp_path / "corrected.csv", [ROWS[0].replace(",4,", ",14,"), *ROWS[1:]])
    measurer = Counting()
    extracted(study.clips, table, tmp_path, open_measurer=lambda: measurer)
    assert measurer.frames == 0
    first = read_recordings(lines(tmp_path), "recordings.jsonl")[0]
    assert first.questionnaire == QuestionnaireTotal(Instrument.BDI_II, 14)


def test_a_clip_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    """It is told and has no recording; repaired, it is all that is measured."""
    clips = write_clips(tmp_path / "clips")
    table = write_table(tmp_path / "participants.csv")
    (clips / "short.mp4").write_bytes(b"no video")
    (clips / "stray.mp4").write_bytes(b"of nobody")
    outcome = extracted(clips, table, tmp_path / "study")
    assert outcome.tables.exit_code == 3
    assert len(lines(tmp_path / "study")) == 2
    assert outcome.unlisted == ("stray.mp4",)
    write_video(clips / "short.mp4", FIT)
    outcome = extracted(clips, table, tmp_path / "study")
    assert statuses(outcome.tables) == ["unchanged", "extracted", "unchanged"]
    assert outcome.measured == 3


def test_bad_participants_are_one_line_at_the_terminal(study: Study, tmp_path: Path) -> None:
    """And nothing is made."""
    table = write_table(tmp_path / "participants.csv", [ROWS[0].replace(",4,", ",99,")])
    words = ["extract", str(study.clips), "--participants", str(table), "--out"]
    done = CliRunner().invoke(study_app, [*words, str(tmp_path / "study")])
    assert done.exit_code == 3
    assert done.stderr.count("\n") == 1
    assert "row 2, column total: 99" in done.stderr
    assert not (tmp_path / "study").exists()
