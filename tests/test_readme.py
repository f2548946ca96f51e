"""What README says is so: its figures, its links, its make targets."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from kizashi_models.norms import parse_norms
from kizashi_models.registry import find_card

from tests.picture import SCALE, SHOT

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text("utf-8")


def rounded(value: float) -> str:
    """Two decimals as README writes them, such as ".66"."""
    return f"{value:.2f}".removeprefix("0")


def test_agreement_is_the_cards() -> None:
    """The figures of agreement are those of the packaged head's card."""
    metrics = find_card("gradient_head").metrics
    said = " ".join(README.split())
    assert f"cross-validation over {metrics['validation']['persons']} people" in said
    every, study = means(metrics)
    assert f"**{rounded(every['r'])}** for its 17 intensities" in said
    assert f"**{rounded(study['r'])}** for the study's five" in said
    assert f"(clip means {rounded(every['clip'])} and {rounded(study['clip'])})" in said
    assert f"mean F1 of presence over the same units {rounded(every['f1'])}" in said
    other = metrics["set_aside"]
    every, study = means(other)
    group = other["robustness"]["everybody"]
    low, high = map(rounded, group["r_interval"])
    assert f"scored once: **{rounded(every['r'])}** (95 % interval {low} to {high})" in said
    low, high = map(rounded, group["study_r_interval"])
    assert f"and **{rounded(study['r'])}** ({low} to {high})" in said
    units = metrics["agreement"]
    assert f"Weak are AU23 (r {rounded(units['AU23']['r'])})" in said
    assert min(units, key=lambda name: units[name].get("r", 1)) == "AU23"
    f1 = {name: rounded(units[name]["f1"]) for name in ("AU23", "AU28", "AU17")}
    assert f"AU23 (F1 {f1['AU23']}), AU28 ({f1['AU28']}) and AU17 ({f1['AU17']})" in said
    assert sorted(units, key=lambda name: float(units[name]["f1"]))[:3] == list(f1)
    turned = metrics["robustness"]["absolute_yaw_degrees"][">=15"]
    assert f"measured less well ({rounded(turned['r'])})" in said


def means(metrics: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean agreement over all intensities, and over the study's five."""
    mean = metrics["mean_agreement"]
    return mean["intensities"], mean["study_intensities"]


def test_norms_are_as_many_as_said() -> None:
    """People and clips of the norm are counted as README counts them."""
    data = (TOP / "models" / "kizashi_models" / "norms" / "clips_1.json").read_bytes()
    label = parse_norms(data, "clips_1.json").label
    assert f"{label.persons} people in {label.clips} short public clips" in README


@pytest.mark.parametrize("guide", [TOP / "README.md", TOP / "agent" / "README.md"])
def test_links_lead_somewhere(guide: Path) -> None:
    """Every link into the repository names a file or folder that is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", guide.read_text("utf-8"))
    assert links
    assert [link for link in links if not (guide.parent / link).exists()] == []


def test_picture_is_the_one_that_is_made() -> None:
    """A PNG as wide as `make picture` makes it, which loads quickly."""
    (name,) = re.findall(r"^!\[[^\]]+\]\(([^)]+)\)$", README, re.MULTILINE)
    assert f"-m tests.picture {name}\n" in (TOP / "Makefile").read_text("utf-8")
    data = (TOP / name).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big") == SHOT.viewport["width"] * SCALE
    assert len(data) < 300_000


def test_make_targets_exist() -> None:
    """Each make target that README names is in the Makefile."""
    makefile = (TOP / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "prove", "reference", "bench"} <= targets
    assert [name for name in targets if f"\n{name}:" not in makefile] == []
