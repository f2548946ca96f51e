"""A head is refitted with one command, from somebody's own videos and labels."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from kizashi_agent.action_units import ActionUnitHead
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from kizashi_agent.landmarks import FaceTracker
from kizashi_models.card import Kind, parse_card
from kizashi_models.session import open_network
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray

from tests.training.scripts import TRAINING, training_module
from tests.training.written_tables import COLUMNS, Row, write

fit_head = training_module("fit_head")
dataset = training_module("dataset")
gradient_head = training_module("gradient_head")
split = training_module("split")

PERSONS, FRAMES, STEP = 6, 10, 3
LARGEST_ERROR = 0.5
"""Intensity, of a frame that was fitted on: small labels have no need to generalise."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a new user has.

    Attributes:
        root: folder of all of it; outside the repository.
    """

    root: Path

    def words(self, *more: object) -> list[str]:
        """The command line, with more words at its end."""
        places = [f"--{name}={self.root / name}" for name in ("clips", "tables", "cache")]
        return [
            *places,
            f"--manifest={self.root / 'MANIFEST.tsv'}",
            f"--teacher={self.root / 'TEACHER.toml'}",
            f"--predictions={self.root / 'predictions'}",
            f"--out={self.root / 'out'}",
            "--id=own_head",
            *map(str, more),
        ]

    def fit(self, *more: object) -> tuple[bytes, bytes]:
        """Runs the command; the bytes of graph and card."""
        finished = run(self.words(*more))
        assert finished.returncode == 0, finished.stderr
        out = self.root / "out" / "own_head.onnx"
        return out.read_bytes(), out.with_suffix(".json").read_bytes()

    @property
    def portraits(self) -> tuple[str, str]:
        """The words that add the portraits."""
        return (
            f"--portraits={self.root / 'portraits'}",
            f"--portrait-table={self.root / 'portraits.csv'}",
        )

    def copy(self, root: Path) -> "Labels":
        """The same labels in a folder of their own, to be spoilt."""
        shutil.copytree(self.root, root)
        return Labels(root)


def run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command as it is called."""
    return subprocess.run(
        [sys.executable, str(TRAINING / "fit_head.py"), *words],
        capture_output=True,
        text=True,
        check=False,
    )


def intensities_of(person: int, place: int) -> NDArray[np.float64]:
    """(17,) made-up intensities that go on smoothly from frame to frame, 0-4."""
    phase = np.arange(len(INTENSITY_UNITS)) + (person * FRAMES + place) / 20
    result: NDArray[np.float64] = np.round(2 + 2 * np.sin(phase), 3)
    return result


def labels_of(person: int, place: int) -> Row:
    """The units of one frame."""
    values = dict(zip(INTENSITY_UNITS, intensities_of(person, place).tolist(), strict=True))
    presences = [float(values.get(unit, place % 3) > 1.5) for unit in PRESENCE_UNITS]
    return dict(zip(COLUMNS, [*values.values(), *presences], strict=True))


@pytest.fixture(scope="module")
def frames() -> list[NDArray[np.uint8]]:
    """A few frames of the bundled clip for each person, and one more for each portrait."""
    wanted = (PERSONS * FRAMES + 2) * STEP
    with demo_clip() as path, VideoFile(path) as video:
        return [
            frame.image
            for frame, _ in zip(iter(video), range(wanted), strict=False)
            if not frame.index % STEP
        ]


@pytest.fixture(scope="module")
def labels(frames: list[NDArray[np.uint8]], tmp_path_factory: pytest.TempPathFactory) -> Labels:
    """Six persons, each with a short video and a table; two portraits."""
    root = tmp_path_factory.mktemp("labels")
    (root / "clips").mkdir()
    (root / "portraits").mkdir()
    listed: list[dict[str, float | str]] = []
    for person in range(PERSONS):
        name = f"clip{person}"
        size = frames[0].shape[1], frames[0].shape[0]
        path = root / "clips" / f"{name}.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, size)
        rows = []
        for place in range(FRAMES):
            writer.write(frames[person * FRAMES + place])
            rows.append({"frame": place + 1.0} | labels_of(person, place))
        writer.release()
        write(root / "tables" / f"{name}.csv", rows)
        listed.append({"file": path.name, "person": f"person{person}", "frames": FRAMES})
    write(root / "MANIFEST.tsv", listed, "\t")
    pictures: list[dict[str, float | str]] = []
    for place in range(2):
        cv2.imwrite(str(root / "portraits" / f"{place}.png"), frames[PERSONS * FRAMES + place])
        whose: dict[str, float | str]
        whose = {"file": f"{place}.png", "person": f"portrait{place}", "confidence": 1.0}
        pictures.append({**whose, **labels_of(PERSONS, place)})
    write(root / "portraits.csv", pictures)
    (root / "TEACHER.toml").write_text('name = "the coders of a test"\nlicence = "theirs"\n')
    return Labels(root)


@pytest.fixture(scope="module")
def fitted(labels: Labels) -> tuple[bytes, bytes]:
    """Graph and card of everybody, no portraits."""
    return labels.fit("--set-aside=0")


def test_the_card_tells_what_was_made_of_what(fitted: tuple[bytes, bytes]) -> None:
    """It parses, its digest is the file's, the teacher is the user's, and counts are those given."""
    graph, text = fitted
    card = parse_card(text, "own_head")
    assert card.kind is Kind.ACTION_UNIT_HEAD
    assert card.sha256 == hashlib.sha256(graph).hexdigest()
    assert card.provenance["teacher"] == {"name": "the coders of a test", "licence": "theirs"}
    assert card.provenance["training"] == {
        "clips": PERSONS,
        "persons_in_clips": PERSONS,
        "frames": PERSONS * FRAMES,
    }
    assert card.metrics["validation"]["persons"] == PERSONS
    assert set(card.metrics["agreement"]) == {f"AU{unit:02d}" for unit in PRESENCE_UNITS}


def test_the_head_measures_faces_as_they_were_labelled(
    labels: Labels, fitted: tuple[bytes, bytes], frames: list[NDArray[np.uint8]]
) -> None:
    """The agent opens it, and in a clip that was fitted on it gives the labels back, nearly."""
    assert fitted
    head = ActionUnitHead(open_network("own_head", labels.root / "out"))
    assert head.extractor_id == "kizashi-own-head/1"
    tracker = FaceTracker.open()
    with VideoFile(labels.root / "clips" / "clip2.avi") as video:
        for frame in video:
            seen = tracker.observe(frame)
            assert seen.landmarks is not None
            found = head.measure(frame.image, seen.landmarks.points).intensities
            assert np.abs(found - intensities_of(2, frame.index)).max() < LARGEST_ERROR


def test_the_same_files_give_the_same_bytes(labels: Labels, fitted: tuple[bytes, bytes]) -> None:
    """Graph and card, when run again."""
    assert labels.fit("--set-aside=0") == fitted


def test_who_is_set_aside_changes_nothing(labels: Labels, tmp_path: Path) -> None:
    """The graph is the same to the bit from a new cache, though their table became rubbish."""
    graph, text = labels.fit("--set-aside=1", "--score-set-aside", *labels.portraits)
    card = json.loads(text)
    assert card["provenance"]["training"]["persons_in_clips"] == PERSONS - 1
    assert card["provenance"]["training"]["persons_in_portraits"] == 2
    assert card["metrics"]["set_aside"]["validation"]["persons"] == 1
    spoilt = labels.copy(tmp_path / "labels")
    shutil.rmtree(spoilt.root / "cache")
    manifest = split.read_manifest(spoilt.root / "MANIFEST.tsv")
    (aside,) = split.set_aside(manifest, 1)
    (clip,) = [clip for clip in manifest if clip.person == aside]
    (spoilt.root / "tables" / f"{clip.stem}.csv").write_text("no table\n")
    (spoilt.root / "clips" / clip.file).write_text("no video\n")
    again, _ = spoilt.fit("--set-aside=1", *spoilt.portraits)
    assert again == graph


def test_few_rows_give_the_head_that_all_features_would() -> None:
    """The short way through the space of the rows changes the cost alone."""
    random = np.random.default_rng(3)
    rows, width = 24, 60
    samples = dataset.Samples(
        random.normal(size=(rows, width)).astype(np.float32),
        random.uniform(-1, 5, (rows, len(INTENSITY_UNITS))).clip(0).astype(np.float32),
        random.uniform(size=(rows, len(PRESENCE_UNITS))) > 0.5,
        np.arange(rows),
        np.full(rows, "clip"),
        np.array([f"person{row % PERSONS}" for row in range(rows)]),
        np.zeros(rows, np.float32),
        np.zeros(rows, np.float32),
    )
    portraits = replace(samples, features=samples.features[::-1].copy())
    recipe = gradient_head.Recipe()
    fold_of = {f"person{person}": person % 5 for person in range(PERSONS)}
    short = fit_head.Validation(samples, portraits, fold_of).everybody(recipe)
    parts = [gradient_head.part_of_clips(samples)]
    whole = gradient_head.fit_head(parts, gradient_head.part_of_portraits(portraits), recipe)
    assert fit_head.directions(samples, portraits).shape == (width, 2 * rows)
    np.testing.assert_allclose(short.slopes, whole.slopes, atol=1e-4)
    np.testing.assert_allclose(short.shifts, whole.shifts, atol=1e-4)


# --- what is wrong with the files is said in one line


def refusal(words: Sequence[str]) -> str:
    """What the command says as it stops."""
    with pytest.raises(SystemExit) as stopped:
        fit_head.main(words)
    said = stopped.value.code
    assert isinstance(said, str)
    assert "\n" not in said
    return said


@pytest.fixture
def spoilt(labels: Labels, fitted: tuple[bytes, bytes], tmp_path: Path) -> Iterator[Labels]:
    """Labels with a full cache; nothing is written from them."""
    assert fitted
    copy = labels.copy(tmp_path / "labels")
    shutil.rmtree(copy.root / "out")
    yield copy
    assert not (copy.root / "out").exists()


def test_a_missing_table_ends_the_command(spoilt: Labels) -> None:
    """Exit status 1 and one line, no traceback."""
    (spoilt.root / "tables" / "clip3.csv").unlink()
    finished = run(spoilt.words("--set-aside=0"))
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert "clip3.csv: cannot be read" in line


def test_a_table_without_a_column_is_said(spoilt: Labels) -> None:
    """File and column are named."""
    path = spoilt.root / "tables" / "clip3.csv"
    path.write_text(path.read_text().replace("AU12_c", "AU12"))
    assert refusal(spoilt.words("--set-aside=0")) == f"{path}: no column AU12_c"


def test_a_cache_inside_the_repository_is_refused(spoilt: Labels) -> None:
    """Features of faces are not left where they could be committed."""
    cache = TRAINING / "cache"
    assert "outside the repository" in refusal(spoilt.words("--set-aside=0", f"--cache={cache}"))
    assert not cache.exists()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("person\t", "who\t", "no column person"),
        ("frames\n", "length\n", "does not say how many frames"),
        (f"\t{FRAMES}\n", "\tten\n", "does not say how many frames"),
        ("clip1.avi", "clip0.mp4", "two files are called clip0"),
    ],
)
def test_a_manifest_that_does_not_serve_is_said(
    spoilt: Labels, before: str, after: str, said: str
) -> None:
    """Before anything is measured."""
    path = spoilt.root / "MANIFEST.tsv"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    answer = refusal(spoilt.words("--set-aside=0"))
    assert answer.startswith(f"{path}: ")
    assert said in answer


def test_fewer_persons_than_folds_are_said(spoilt: Labels) -> None:
    """Four persons cannot make five folds."""
    assert "show 4 persons; 5 are needed" in refusal(spoilt.words("--set-aside=2"))


def test_persons_in_portraits_and_clips_are_said(spoilt: Labels) -> None:
    """A person in a portrait would be in every fold's head."""
    path = spoilt.root / "portraits.csv"
    path.write_text(path.read_text().replace("portrait1", "person1"))
    assert "both show person1" in refusal(spoilt.words("--set-aside=0", *spoilt.portraits))


def test_a_teacher_that_cannot_be_read_is_said(spoilt: Labels) -> None:
    """Before anything is measured."""
    path = spoilt.root / "TEACHER.toml"
    path.write_text("name: not TOML")
    assert refusal(spoilt.words()).startswith(f"{path}: cannot be read")


def test_a_video_that_is_none_is_said(spoilt: Labels) -> None:
    """By the process that met it, for the command as a whole."""
    shutil.rmtree(spoilt.root / "cache")
    path = spoilt.root / "clips" / "clip3.avi"
    path.write_text("no video")
    finished = run(spoilt.words("--set-aside=0"))
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"{path}: ")
    assert "Traceback" not in finished.stderr


def test_portraits_need_their_table(spoilt: Labels, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line: exit status 2."""
    with pytest.raises(SystemExit) as stopped:
        fit_head.main(spoilt.words(spoilt.portraits[0]))
    assert stopped.value.code == 2
    assert "--portraits and --portrait-table go together" in capsys.readouterr().err
