"""Intervals over persons and groups of frames, against the naive way of computing them."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from tests.training.scripts import training_module

figures = training_module("agreement")
robust = training_module("robustness")
subjects_module = training_module("subjects")
tables = training_module("tables")

STUDY = [INTENSITY_UNITS.index(unit) for unit in (1, 5, 20, 25, 26)]


def pairs_of(clips: list[str], seed: int = 1, frames: int = 25) -> Any:
    """Paired frames of clips, with offsets of a clip; one unit stands still, one is seldom on."""
    random = np.random.default_rng(seed)
    names = np.repeat(clips, frames)
    count = len(names)
    reference = random.uniform(0, 3, (count, 17)) + random.uniform(0, 2, 17)
    offset = np.repeat(random.normal(0, 1, (len(clips), 17)), frames, axis=0)
    predicted = reference + offset + random.normal(0, 0.5, (count, 17))
    predicted[:, 4] = 0.1
    there = random.uniform(size=(count, 18)) < 0.4
    # Unit 9 is present in the first clip alone: many a resample has none of it.
    there[:, 6] = names == clips[0]
    called = there ^ (random.uniform(size=there.shape) < 0.2)
    width = random.uniform(80, 300, count)
    yaw = random.uniform(-0.4, 0.4, count)
    return tables.Pairs(predicted, called, reference, there, names, width, yaw, count, ())


def subjects_of(persons: dict[str, str], traits: dict[str, set[str]] | None = None) -> Any:
    """Who is in each clip, by its name."""
    words = traits or {}
    return {
        clip: subjects_module.Subject(person, frozenset(words.get(clip, set())))
        for clip, person in persons.items()
    }


CLIPS = [f"clip{place:02d}" for place in range(14)]
# The first two clips and the last two are of one person each: twelve persons.
PERSONS = {clip: f"person{max(1, min(place, 12)):02d}" for place, clip in enumerate(CLIPS)}
PAIRS = pairs_of(CLIPS)
WHO = np.array([PERSONS[clip] for clip in PAIRS.clips.tolist()])


def naive(weights: list[int], persons: list[str]) -> tuple[list[float], list[float]]:
    """Each unit's r and F1 over the frames of persons taken as often as they were drawn."""
    taken = np.concatenate(
        [
            np.tile(np.flatnonzero(person == WHO), often)
            for person, often in zip(persons, weights, strict=True)
        ]
    )
    r = [
        figures.pearson(
            PAIRS.intensities[taken, column], PAIRS.reference_intensities[taken, column]
        )
        for column in range(17)
    ]
    f1 = [
        figures.f1(PAIRS.presences[taken, column], PAIRS.reference_presences[taken, column])
        for column in range(18)
    ]
    return r, f1


def naive_draws(seed: int, draws: int, skipped: int = 0) -> tuple[Any, Any]:
    """The figures of each draw, (draws, 17) and (draws, 18), after others were drawn."""
    persons = np.unique(WHO).tolist()
    random = np.random.default_rng(seed)
    for _ in range(skipped):
        robust.draw_weights(len(persons), draws, random)
    weights = robust.draw_weights(len(persons), draws, random)
    found = [naive(row, persons) for row in weights.tolist()]
    return np.array([r for r, _ in found]), np.array([f1 for _, f1 in found])


def test_a_resample_is_a_weighted_sum_of_persons() -> None:
    """Every draw's figures are those of the frames themselves, untold ones included."""
    everybody = np.ones(len(PAIRS), bool)
    sums = robust.person_sums(robust.frame_sums(PAIRS), WHO, everybody)
    weights = robust.draw_weights(12, 60, np.random.default_rng(2))
    drawn = sums.resampled(weights)
    r, f1 = naive_draws(2, 60)
    np.testing.assert_allclose(drawn.correlations(), r, atol=1e-9)
    np.testing.assert_allclose(drawn.f1(), f1, atol=1e-9)
    assert np.isnan(r[:, 4]).all()
    assert 0 < np.isnan(f1[:, 6]).sum() < 60


def test_as_many_persons_are_drawn_as_there_are() -> None:
    """And each is drawn once on average."""
    weights = robust.draw_weights(12, 4000, np.random.default_rng(3))
    assert set(weights.sum(axis=1).tolist()) == {12}
    assert weights.mean(axis=0) == pytest.approx(np.ones(12), abs=0.1)


def test_a_units_interval_is_the_percentiles_of_the_naive_draws() -> None:
    """Draws in which it cannot be told are left out; a still prediction has no interval."""
    found = robust.robustness(PAIRS, subjects_of(PERSONS), np.random.default_rng(4), draws=80)
    r, f1 = naive_draws(4, 80)
    whole = figures.agreement(
        PAIRS.intensities,
        PAIRS.presences,
        PAIRS.reference_intensities,
        PAIRS.reference_presences,
        PAIRS.clips,
    )
    for column, unit in enumerate(INTENSITY_UNITS):
        if unit == 6:
            assert math.isnan(found.r[unit].value)
            assert math.isnan(found.r[unit].low)
            continue
        each = found.r[unit]
        assert each.value == pytest.approx(whole[unit].r, abs=1e-9)
        assert [each.low, each.high] == pytest.approx(np.percentile(r[:, column], [2.5, 97.5]))
    for column, unit in enumerate(PRESENCE_UNITS):
        each = found.f1[unit]
        assert each.value == pytest.approx(whole[unit].f1, abs=1e-9)
        assert [each.low, each.high] == pytest.approx(np.nanpercentile(f1[:, column], [2.5, 97.5]))


def test_a_groups_interval_is_of_the_mean_over_units() -> None:
    """In each draw the mean is taken, with 0 for what that draw cannot tell."""
    found = robust.robustness(PAIRS, subjects_of(PERSONS), np.random.default_rng(5), draws=80)
    r, f1 = (np.nan_to_num(each) for each in naive_draws(5, 80, skipped=1))
    group = found.everybody
    assert (group.persons, group.clips, group.frames) == (12, 14, 350)
    intense = [PRESENCE_UNITS.index(unit) for unit in INTENSITY_UNITS]
    for each, means in (
        (group.figures.r, r.mean(axis=1)),
        (group.figures.study_r, r[:, STUDY].mean(axis=1)),
        (group.figures.f1, f1[:, intense].mean(axis=1)),
    ):
        assert [each.low, each.high] == pytest.approx(np.percentile(means, [2.5, 97.5]))


def test_a_groups_figures_are_those_of_its_frames_alone() -> None:
    """Agreement over the clips of a trait, as the means of the table of units tell it."""
    glasses = CLIPS[:11]
    subjects = subjects_of(PERSONS, {clip: {"glasses"} for clip in glasses})
    found = robust.robustness(PAIRS, subjects, np.random.default_rng(6), draws=20)
    inside = np.isin(PAIRS.clips, glasses)
    alone = figures.agreement(
        PAIRS.intensities[inside],
        PAIRS.presences[inside],
        PAIRS.reference_intensities[inside],
        PAIRS.reference_presences[inside],
        PAIRS.clips[inside],
    )
    group = found.traits["glasses"]
    assert (group.persons, group.clips, group.frames) == (10, 11, 275)
    assert group.figures.r.value == pytest.approx(figures.mean_of(alone)["r"])
    study = figures.mean_of(alone, figures.STUDY_UNITS)
    assert group.figures.study_r.value == pytest.approx(study["r"])
    assert group.figures.f1.value == pytest.approx(figures.mean_of(alone)["f1"])
    assert found.traits["none noted"].figures is None


@pytest.mark.parametrize(("persons", "told"), [(9, False), (10, True)])
def test_fewer_than_ten_persons_cannot_tell(persons: int, told: bool) -> None:
    """It is persons that count: fourteen clips of nine are too few."""
    of_clip = {clip: f"person{place % persons}" for place, clip in enumerate(CLIPS)}
    found = robust.robustness(PAIRS, subjects_of(of_clip), np.random.default_rng(7), draws=20)
    plain = robust.as_dict(found)
    assert (found.everybody.figures is not None) == told
    assert (plain["groups"]["everybody"].get("agreement") == "cannot tell") != told
    assert (plain["units"]["AU01"]["r_interval"] == "cannot tell") != told
    assert plain["units"]["AU01"]["r"] is not None


def test_a_perfect_prediction_is_known_for_certain() -> None:
    """Whoever is drawn, agreement is 1."""
    same = tables.Pairs(
        PAIRS.reference_intensities,
        PAIRS.reference_presences,
        PAIRS.reference_intensities,
        PAIRS.reference_presences,
        PAIRS.clips,
        None,
        None,
        len(PAIRS),
        (),
    )
    found = robust.robustness(same, subjects_of(PERSONS), np.random.default_rng(8))
    assert all(
        [each.value, each.low, each.high] == pytest.approx([1, 1, 1]) for each in found.r.values()
    )


def test_a_constant_has_no_correlation_whatever_rounding_leaves() -> None:
    """A prediction that is constant in the persons drawn, at a value that sums do not hold."""
    sums = robust.frame_sums(PAIRS)
    moments, value = sums.moments[:25].copy(), 1 / 3
    moments[:, 1, 0], moments[:, 3, 0] = value, value * value
    moments[:, 5, 0] = value * moments[:, 2, 0]
    r = robust.Sums(moments.sum(axis=0), sums.positives[:25].sum(axis=0)).correlations()
    assert math.isnan(r[0])
    assert not math.isnan(r[1])


def test_a_seed_says_which_draws() -> None:
    """The same seed gives the same report, another seed another."""
    reports = [
        robust.as_dict(
            robust.robustness(PAIRS, subjects_of(PERSONS), np.random.default_rng(seed), draws=50)
        )
        for seed in (1, 1, 2)
    ]
    assert reports[0] == reports[1] != reports[2]


@given(st.lists(st.floats(0, 500), min_size=1, max_size=50))
def test_each_frame_is_in_one_band(widths: list[float]) -> None:
    """And in the right one; an edge belongs to the band above it."""
    masks = robust.bands(np.array(widths), (120.0, 160.0, 240.0))
    assert list(masks) == ["<120", "120-160", "160-240", ">=240"]
    limits = zip(masks.values(), [(-1, 120), (120, 160), (160, 240), (240, 501)], strict=True)
    for mask, (low, high) in limits:
        assert mask.tolist() == [low <= width < high for width in widths]


def test_bands_of_width_and_yaw_count_their_frames() -> None:
    """Yaw counts either way and in degrees."""
    found = robust.robustness(PAIRS, subjects_of(PERSONS), np.random.default_rng(9), draws=20)
    degrees = np.abs(PAIRS.yaw) * 180 / math.pi
    assert {name: group.frames for name, group in found.yaw.items()} == {
        "<5": (degrees < 5).sum(),
        "5-15": ((degrees >= 5) & (degrees < 15)).sum(),
        ">=15": (degrees >= 15).sum(),
    }
    assert sum(group.frames for group in found.face_width.values()) == len(PAIRS)


def test_what_the_tables_and_the_manifest_do_not_tell_is_untold() -> None:
    """No figure is made up for it, and the rest is there."""
    bare = tables.Pairs(
        PAIRS.intensities,
        PAIRS.presences,
        PAIRS.reference_intensities,
        PAIRS.reference_presences,
        PAIRS.clips,
        None,
        None,
        len(PAIRS),
        (),
    )
    plain = robust.as_dict(
        robust.robustness(bare, subjects_of(PERSONS), np.random.default_rng(1), draws=20)
    )
    groups = plain["groups"]
    assert groups["traits"] == groups["face_width_pixels"] == "untold"
    assert groups["absolute_yaw_degrees"] == "untold"
    assert groups["everybody"]["r"] is not None


def test_the_plain_report_is_json() -> None:
    """Without a nan, with every unit, and with no r for unit 28."""
    found = robust.robustness(PAIRS, subjects_of(PERSONS), np.random.default_rng(1), draws=20)
    plain = robust.as_dict(found)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert list(plain["units"]) == [f"AU{unit:02d}" for unit in PRESENCE_UNITS]
    assert set(plain["units"]["AU28"]) == {"f1", "f1_interval"}
    assert plain["units"]["AU06"]["r"] is None
    assert plain["units"]["AU06"]["r_interval"] == "cannot tell"


def test_a_clip_of_nobody_is_refused() -> None:
    """The clips that the manifest lacks are named."""
    some = subjects_of({clip: PERSONS[clip] for clip in CLIPS[1:]})
    with pytest.raises(tables.TableError, match="who is in clip00"):
        robust.robustness(PAIRS, some, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("cell", "words"),
    [("", set()), ("glasses,older", {"glasses", "older"}), (" beard,  child ", {"beard", "child"})],
)
def test_traits_are_words_with_commas_or_spaces_between(cell: str, words: set[str]) -> None:
    """As manifests write them."""
    assert subjects_module.traits_of(cell) == words
