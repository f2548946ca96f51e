"""The agreement command: its figures, by other means and by the tool it is to equal."""

import csv
import json
import math
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from tests.training.scripts import TRAINING, training_module
from tests.training.written_tables import Row, made_up, resembling, write

compare = training_module("compare")

FIGURES = ("r", "icc", "clip", "within", "f1")
STUDY = (1, 5, 20, 25, 26)
# The clips' names and lengths: one too short for a mean, one that nobody predicts.
LENGTHS = {"absent": 30, "long": 60, "middle": 40, "other": 25, "short": 12}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of predictions and one of references, with all that may differ between them."""
    random = np.random.default_rng(11)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for name, length in LENGTHS.items():
        rows = made_up(range(1, length + 1), random)
        predicted = resembling(rows, random)[2:]
        for row in rows:
            row["AU09_c"] = 0.0
        for row in predicted:
            row["AU23_r"] = 0.25
        rows[4]["success"], rows[5]["confidence"], predicted[6]["success"] = 0.0, 0.5, 0.0
        # A reference just sure enough, and a prediction whose confidence is its own affair.
        rows[8]["confidence"], predicted[7]["confidence"] = 0.8, 0.1
        if name == "middle":
            still(rows, "AU45_r")
        write(theirs / f"{name}.csv", rows)
        if name != "absent":
            write(ours / f"{name}.csv", predicted, ", ")
    return ours, theirs


def still(rows: list[Row], column: str) -> None:
    """The reference hardly moves in a column."""
    for place, row in enumerate(rows):
        row[column] = 1 + 0.01 * (place % 3)


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """The command as it is called."""
    return subprocess.run(
        [sys.executable, str(TRAINING / "compare.py"), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


# --- by brute force

Pair = tuple[dict[str, float], dict[str, float]]


def rows_of(path: Path, least: float) -> dict[float, dict[str, float]]:
    """The rows that count, by frame."""
    with path.open() as handle:
        read = csv.DictReader(handle, skipinitialspace=True)
        rows = [{name: float(cell) for name, cell in row.items()} for row in read]
    return {row["frame"]: row for row in rows if row["success"] == 1 and row["confidence"] >= least}


def paired(ours: Path, theirs: Path) -> dict[str, list[Pair]]:
    """By clip, each frame's two rows."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for path in ours.glob("*.csv"):
        predicted, reference = rows_of(path, 0), rows_of(theirs / path.name, 0.8)
        for frame in predicted.keys() & reference.keys():
            found[path.stem].append((predicted[frame], reference[frame]))
    return found


def correlation(pairs: list[tuple[float, float]]) -> float:
    """Pearson's r by the standard library."""
    try:
        return statistics.correlation([x for x, _ in pairs], [y for _, y in pairs])
    except statistics.StatisticsError:
        return math.nan


def consistency(pairs: list[tuple[float, float]]) -> float:
    """ICC(3,1) from the covariance: 2 cov / (sum of variances)."""
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    return 2 * statistics.covariance(xs, ys) / (statistics.variance(xs) + statistics.variance(ys))


def by_brute_force(clips: dict[str, list[Pair]], unit: int) -> list[float]:
    """The five figures of a unit, in the order of FIGURES."""
    frames = [pair for pairs in clips.values() for pair in pairs]
    name = f"AU{unit:02d}_c"
    calls = [(ours[name] > 0.5, theirs[name] > 0.5) for ours, theirs in frames]
    hits, misses = calls.count((True, True)), len(calls) - calls.count((False, False))
    f1 = 2 * hits / (hits + misses) if any(there for _, there in calls) else math.nan
    if unit == 28:
        return [math.nan] * 4 + [f1]
    values = {
        clip: [(ours[f"AU{unit:02d}_r"], theirs[f"AU{unit:02d}_r"]) for ours, theirs in pairs]
        for clip, pairs in clips.items()
    }
    everything = [pair for pairs in values.values() for pair in pairs]
    means = [
        (statistics.fmean(x for x, _ in pairs), statistics.fmean(y for _, y in pairs))
        for pairs in values.values()
        if len(pairs) >= 20
    ]
    within = [
        correlation(pairs) if len({x for x, _ in pairs}) > 1 else 0.0
        for pairs in values.values()
        if statistics.pstdev(y for _, y in pairs) > 0.1
    ]
    return [
        correlation(everything),
        consistency(everything),
        correlation(means),
        statistics.median(within),
        f1,
    ]


def plain(values: list[float]) -> list[float | None]:
    """As JSON has them."""
    return [None if math.isnan(value) else value for value in values]


def test_every_figure_is_the_one_found_by_brute_force(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that do not count, short clips, still units and constant predictions included."""
    assert compare.main([*map(str, folders), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    clips = paired(*folders)
    expected = {unit: plain(by_brute_force(clips, unit)) for unit in PRESENCE_UNITS}
    assert list(told["units"]) == [f"AU{unit:02d}" for unit in PRESENCE_UNITS]
    for unit, values in expected.items():
        found = [told["units"][f"AU{unit:02d}"][name] for name in FIGURES]
        assert found == pytest.approx(values, abs=1e-9), unit
    assert expected[23][0] is None
    assert expected[9][4] is None
    for name, units in (("mean", INTENSITY_UNITS), ("study", STUDY)):
        means = [
            statistics.fmean(expected[unit][place] or 0.0 for unit in units) for place in range(5)
        ]
        assert [told[name][figure] for figure in FIGURES] == pytest.approx(means, abs=1e-9)
    frames = sum(map(len, clips.values()))
    # Two rows of each reference do not count.
    assert told["coverage"] == pytest.approx(frames / (sum(LENGTHS.values()) - 10))
    assert (told["frames"], told["clips"], told["absent"]) == (frames, 4, ["absent"])


def test_the_text_tells_the_same_figures(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line of the table has the figures of the JSON, rounded; a dash is none."""
    compare.main([*map(str, folders), "--json"])
    told = json.loads(capsys.readouterr().out)
    compare.main([*map(str, folders)])
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    wanted = {name[2:]: each for name, each in told["units"].items()}
    for name, each in (wanted | {key: told[key] for key in ("mean", "study")}).items():
        cells = ["-" if each[figure] is None else f"{each[figure]:.3f}" for figure in FIGURES]
        assert lines[name] == cells
    assert lines["no"] == ["prediction", "for:", "absent"]


def test_tables_that_cannot_be_compared_end_the_command(tmp_path: Path) -> None:
    """Exit status 2 and one line that says why, no traceback."""
    finished = run(tmp_path / "nowhere", tmp_path)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == f"{tmp_path / 'nowhere'}: no such folder\n"


# --- by manifest


def write_manifest(path: Path, lines: list[str]) -> Path:
    """A manifest of `file`, `person` and `traits`, commas for tabs."""
    text = "\n".join(["file,person,traits", *lines]).replace(",", "\t").replace(";", ",")
    path.write_text(text + "\n", "utf-8")
    return path


def test_a_manifest_adds_groups(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four clips of three persons are too few for any figure, and the report says so."""
    manifest = write_manifest(
        tmp_path / "MANIFEST.tsv",
        [
            "long.mp4,one,glasses;older",
            "middle.mov,one,",
            "other.avi,two,older",
            "short.mp4,three,",
        ],
    )
    words = [*map(str, folders), "--manifest", str(manifest)]
    assert compare.main([*words, "--json"]) == 0
    groups = json.loads(capsys.readouterr().out)["robustness"]["groups"]
    counts = {name: (each["persons"], each["clips"]) for name, each in groups["traits"].items()}
    assert counts == {"glasses": (1, 1), "older": (2, 2), "none noted": (2, 2)}
    assert all(each["agreement"] == "cannot tell" for each in groups["traits"].values())
    assert groups["absolute_yaw_degrees"] == groups["face_width_pixels"] == "untold"
    assert compare.main(words) == 0
    text = capsys.readouterr().out
    assert "absolute yaw, degrees: untold" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["long.mp4,one,"], "does not say who is in middle, other, short"),
        (["long.mp4,one,", "long.avi,one,"], "two files are called long"),
        (["long.mp4,,"], "does not say who is in long.mp4"),
    ],
)
def test_a_manifest_that_does_not_fit_is_said(
    folders: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: list[str],
    said: str,
) -> None:
    """Nobody is taken for somebody else for want of a line."""
    manifest = write_manifest(tmp_path / "MANIFEST.tsv", lines)
    assert compare.main([*map(str, folders), "--manifest", str(manifest)]) == 2
    assert said in capsys.readouterr().err


def test_a_manifest_that_is_none_is_said(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file and a file of other columns."""
    other = tmp_path / "other.tsv"
    other.write_text("name\tage\n")
    for path, said in (
        (tmp_path / "none.tsv", "cannot be read"),
        (other, "no column file, person"),
    ):
        assert compare.main([*map(str, folders), "--manifest", str(path)]) == 2
        assert said in capsys.readouterr().err


# --- by the tool


def perturbed(rows: list[Row], random: np.random.Generator) -> list[Row]:
    """Noise, lost faces, missing frames, an unmoving unit and one that is never called."""
    kept = [row for row in resembling(rows, random) if random.uniform() < 0.95]
    for row in kept:
        row["success"] = float(random.uniform() < 0.97)
        row["AU15_r"], row["AU45_c"] = 0.5, 0.0
    return kept


@pytest.mark.clips
def test_the_command_equals_the_tool(clips: Path, tmp_path: Path) -> None:
    """On perturbed copies of the reference tables, every figure to 1e-9."""
    tool, theirs = clips.parent / "tools" / "au_agreement.py", clips.parent / "reference"
    theirs = theirs / "openface_static"
    if not (tool.exists() and theirs.is_dir()):
        pytest.skip("no agreement tool or no reference tables beside the research clips")
    random = np.random.default_rng(7)
    for place, path in enumerate(sorted(theirs.glob("*.csv"))):
        with path.open() as handle:
            read = csv.DictReader(handle, skipinitialspace=True)
            rows = [{name: float(cell) for name, cell in row.items()} for row in read]
        # Every ninth clip has no prediction, every tenth a very short one.
        if place % 9:
            write(tmp_path / path.name, perturbed(rows[: 15 if place % 10 == 0 else None], random))
    command = [sys.executable, str(tool), str(tmp_path), str(theirs), "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wanted: dict[str, Any] = json.loads(answer)
    told = json.loads(run(tmp_path, theirs, "--json").stdout)
    assert {name[2:] for name in told["units"]} == set(wanted["au"])
    for unit, each in wanted["au"].items():
        values = plain([each[name] for name in FIGURES])
        found = [told["units"][f"AU{unit}"][name] for name in FIGURES]
        assert found == pytest.approx(values, abs=1e-9), unit
    for name in ("mean", "study"):
        assert told[name] == pytest.approx(wanted[name], abs=1e-9)
    assert told["coverage"] == pytest.approx(wanted["coverage"], abs=1e-9)
    for name in ("frames", "clips", "absent"):
        assert told[name] == wanted[name]
    assert wanted["absent"]
