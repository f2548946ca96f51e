"""Norms: what the parser accepts, what z means, and the script that builds them."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_models.errors import BadNorms
from kizashi_models.figures import ALL_FIGURES, STUDY_FIGURES, Figure, Part, Statistic
from kizashi_models.norms import Norms, parse_norms

from tests.models.scoring import NAMES, ZS, norms_of, norms_table, summary_at

REPOSITORY = Path(__file__).parents[2]
AU25 = Figure(25, Statistic.MEAN)


def test_reads_what_a_file_says() -> None:
    """Label, extractor and figures are those of the file."""
    norms = norms_of(norms_table())
    assert (norms.label.id, norms.label.persons, norms.label.clips) == ("made-up/1", 40, 50)
    assert norms.label.source["ja"] == "架空のもの"
    assert norms.figures["AU01.mean"].standard_deviation == 0.25
    assert np.array_equal(norms.correlations, np.eye(6))


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """A change of one key, by its path; `...` takes the key away."""

    def apply(table: dict[str, Any]) -> None:
        *parents, key = path.split("/")
        for parent in parents:
            table = table[parent]
        if value is ...:
            del table[key]
        else:
            table[key] = value

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        change("norms", 2),
        change("person", 40),
        change("persons", ...),
        change("persons", 0),
        change("persons", True),
        change("persons", 51),
        change("id", "made-up"),
        change("source/ja", ...),
        change("source/de", "ausgedacht"),
        change("mode", ""),
        change("speaking/mean", 0.95),
        change("figures/AU99.mean", {"mean": 1.0, "standard_deviation": 0.25}),
        change("figures/AU28.mean", {"mean": 1.0, "standard_deviation": 0.25}),
        change("figures/AU01.mean", ...),
        change("figures/AU01.mean/sd", 0.25),
        change("figures/AU01.mean/standard_deviation", 0),
        change("figures/AU01.mean/mean", float("nan")),
        change("figures/AU01.mean/mean", "1"),
        change("figures/AU01.mean/speaking_slope", 0.5),
        change("correlations/figures", NAMES[::-1]),
        change("correlations/matrix", [[1.0] * 6] * 5),
        change("correlations/matrix", [1.0] * 6),
        change("correlations/matrix", (np.eye(6) * 0.9).tolist()),
        change("correlations/matrix", (np.eye(6) * 1.6 - 0.6).tolist()),
        change("figures", []),
    ],
)
def test_refuses_malformed_norms(spoil: Callable[[dict[str, Any]], None]) -> None:
    """A key missing, unknown or misspelt, or a value that cannot be, is an error naming the file."""
    table = copy.deepcopy(norms_table())
    spoil(table)
    with pytest.raises(BadNorms, match="spoilt"):
        parse_norms(json.dumps(table), "spoilt")


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_refuses_what_is_no_table(text: str) -> None:
    """Text that is not a JSON object is an error of the same kind."""
    with pytest.raises(BadNorms):
        parse_norms(text, "spoilt")


@given(z=ZS, part=st.sampled_from(list(Part)))
def test_z_counts_standard_deviations(z: float, part: Part) -> None:
    """A figure that many standard deviations from the mean has that z, in each half too."""
    found = norms_of(norms_table()).z(STUDY_FIGURES, summary_at(z), part)
    assert found == pytest.approx([z] * 6, abs=1e-4)


def test_a_half_has_its_own_z() -> None:
    """Each half is compared by its own figures."""
    norms, summary = norms_of(norms_table()), summary_at(0.5, -1.0, 2.0)
    found = [norms.z(STUDY_FIGURES, summary, part)[0] for part in Part]
    assert found == pytest.approx([0.5, -1.0, 2.0], abs=1e-4)


def speaking_norms() -> Norms:
    """Norms in which AU25 grows by 0.5 from no speaking to speaking throughout."""
    table = norms_table()
    table["figures"]["AU25.mean"]["speaking_slope"] = 0.5
    return norms_of(table)


@pytest.mark.parametrize(
    ("speaking", "expected"), [(0.5, 0.0), (0.7, -0.4), (0.3, 0.4), (1.0, -0.8), (0.0, 0.6)]
)
def test_lips_are_compared_given_speaking(speaking: float, expected: float) -> None:
    """Who speaks more is expected to part the lips more, within the norm's range of speaking."""
    found = speaking_norms().z([AU25], summary_at(0.0, speaking=speaking))
    assert found == pytest.approx([expected], abs=1e-4)


def test_brows_are_compared_whatever_is_spoken() -> None:
    """Speaking changes nothing for a figure without a slope."""
    figures = [figure for figure in STUDY_FIGURES if figure != AU25]
    found = [speaking_norms().z(figures, summary_at(1.0, speaking=share)) for share in (0.2, 0.9)]
    assert np.array_equal(found[0], found[1])


LABEL = 'id = "made-up/2"\n[source]\nen = "made up"\nja = "架空のもの"\n'


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the script on a folder's summaries, manifest and label."""
    script = REPOSITORY / "models" / "training" / "build_norms.py"
    arguments = ["--manifest", "manifest.tsv", "--label", "label.toml", "--out", "norms"]
    return subprocess.run(
        [sys.executable, script, "summaries", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def prepare(folder: Path, persons: int) -> None:
    """Two recordings a person, one a standard deviation below their own mean and one above."""
    (folder / "summaries").mkdir()
    lines = ["file\tperson\tframes"]
    for person in range(persons):
        own = dict(zip(NAMES, np.random.default_rng(person).normal(0, 1, 6), strict=True))
        for take in (-1, 1):
            stem = f"clip_{person}_{take + 1}"
            z = {name: value + take for name, value in own.items()}
            summary = summary_at(z, speaking=0.2 + 0.6 * person / persons)
            (folder / "summaries" / f"{stem}.binpb").write_bytes(summary.serialise())
            lines.append(f"{stem}.mp4\tperson{person}\t300")
    (folder / "manifest.tsv").write_text("\n".join(lines))
    (folder / "label.toml").write_text(LABEL, encoding="utf-8")


def test_script_counts_each_person_once(tmp_path: Path) -> None:
    """A person's recordings are averaged first, so their spread within does not count."""
    prepare(tmp_path, persons=30)
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    norms = parse_norms((tmp_path / "norms" / "made_up_2.json").read_bytes(), "made_up_2.json")
    assert (norms.label.persons, norms.label.clips) == (30, 60)
    own = [np.random.default_rng(person).normal(0, 1, 6) for person in range(30)]
    expected = 1.0 + 0.25 * np.mean(own, axis=0)[0]
    assert norms.figures["AU01.mean"].mean == pytest.approx(expected, abs=0.02)
    spread = 0.25 * np.std(own, axis=0, ddof=1)[0]
    assert norms.figures["AU01.mean"].standard_deviation == pytest.approx(spread, abs=0.02)


def test_script_gives_its_own_people_mean_0_and_spread_1(tmp_path: Path) -> None:
    """Over the people they were made of, norms give z of mean 0, spread 1 and their correlations."""
    prepare(tmp_path, persons=30)
    build(tmp_path)
    norms = parse_norms((tmp_path / "norms" / "made_up_2.json").read_bytes(), "made_up_2.json")
    own = [np.random.default_rng(person).normal(0, 1, 6) for person in range(30)]
    summaries = [
        summary_at(dict(zip(NAMES, z, strict=True)), speaking=0.2 + 0.6 * person / 30)
        for person, z in enumerate(own)
    ]
    z = np.array([norms.z(STUDY_FIGURES, summary) for summary in summaries])
    assert z.mean(axis=0) == pytest.approx(np.zeros(6), abs=0.05)
    assert z.std(axis=0, ddof=1) == pytest.approx(np.ones(6), abs=0.05)
    found = np.corrcoef(z, rowvar=False)
    assert np.abs(found - np.array(norms.correlations)).max() < 0.05


def test_script_refuses_too_few_people(tmp_path: Path) -> None:
    """Norms of a handful of people would be noise, and are not written."""
    prepare(tmp_path, persons=5)
    done = build(tmp_path)
    assert done.returncode != 0
    assert "too few" in done.stderr
    assert not (tmp_path / "norms").exists()


def test_script_refuses_two_extractors(tmp_path: Path) -> None:
    """Figures of two extractors make no norm."""
    prepare(tmp_path, persons=25)
    other = summary_at(extractor_id="other/1").serialise()
    (tmp_path / "summaries" / "clip_0_0.binpb").write_bytes(other)
    done = build(tmp_path)
    assert done.returncode != 0
    assert "mixes extractors or modes" in done.stderr


def test_figures_name_themselves() -> None:
    """Each figure is found again under its own name, and no name twice."""
    assert [Figure.parse(figure.name) for figure in ALL_FIGURES] == list(ALL_FIGURES)
    assert len({figure.name for figure in ALL_FIGURES}) == 35


@pytest.mark.parametrize(
    "source",
    [
        {"en": "people with depression", "ja": "学生"},
        {"en": "students", "ja": "うつ病の人"},
        {"en": "40% of our staff", "ja": "学生"},
        {"en": "normal people", "ja": "学生"},
    ],
)
def test_a_source_finds_nothing_about_a_person(source: dict[str, str]) -> None:
    """Everybody reads it beside their result: no condition, no share of a hundred, no norm of health."""
    with pytest.raises(BadNorms, match="nobody may be told"):
        norms_of(norms_table() | {"source": source})


def test_a_source_may_name_a_school() -> None:
    """Whose name is not what it says of people."""
    source = {
        "en": "students of Shaanxi Normal University and Chancellor College, Curepipe, 2026",
        "ja": "師範大学の学生",
    }
    assert norms_of(norms_table() | {"source": source}).label.source == source
