"""Agreement: the figures that a head's card tells."""

import numpy as np
import pytest
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from tests.training.scripts import training_module

figures = training_module("agreement")

RANDOM = np.random.default_rng(3)
CLIPS = np.repeat(["a", "b", "c", "d"], 40)
INTENSITIES = RANDOM.uniform(0, 5, (160, len(INTENSITY_UNITS)))
PRESENCES = RANDOM.uniform(size=(160, len(PRESENCE_UNITS))) > 0.5


def test_a_prediction_agrees_with_itself() -> None:
    """All figures of all units are 1; unit 28 has an F1 alone."""
    found = figures.agreement(INTENSITIES, PRESENCES, INTENSITIES, PRESENCES, CLIPS)
    for unit in INTENSITY_UNITS:
        each = found[unit]
        assert [each.r, each.icc, each.clip, each.within, each.f1] == pytest.approx([1] * 5)
    assert np.isnan(found[28].r)
    assert found[28].f1 == 1


def test_an_offset_costs_neither_correlation_nor_consistency() -> None:
    """ICC(3,1) is consistency: a constant offset does not lower it, a scale does."""
    shifted = figures.agreement(INTENSITIES + 1, PRESENCES, INTENSITIES, PRESENCES, CLIPS)
    scaled = figures.agreement(INTENSITIES * 3, PRESENCES, INTENSITIES, PRESENCES, CLIPS)
    assert shifted[1].icc == pytest.approx(1)
    assert scaled[1].r == pytest.approx(1)
    # Variances 9 and 1, correlation 1: 2 * 3 / (9 + 1).
    assert scaled[1].icc == pytest.approx(0.6)


def test_offsets_of_clips_are_told_apart_from_movement() -> None:
    """Clips that move alike but stand at levels of their own agree within, not between."""
    level = np.repeat([3.0, -2.0, 1.0, -3.0], 40)[:, None]
    found = figures.agreement(INTENSITIES + level, PRESENCES, INTENSITIES, PRESENCES, CLIPS)
    assert found[1].within == pytest.approx(1)
    assert found[1].r < 0.7


def test_a_constant_prediction_counts_as_no_agreement() -> None:
    """Its r cannot be told, and counts as 0 in the mean."""
    constant = np.ones_like(INTENSITIES)
    found = figures.agreement(constant, PRESENCES, INTENSITIES, PRESENCES, CLIPS)
    assert np.isnan(found[1].r)
    assert found[1].within == 0
    assert figures.mean_of(found)["r"] == 0


def test_f1_is_of_presence() -> None:
    """Two right of three called, and of four there: 2 * 2 / 7."""
    predicted = np.array([True, True, True, False, False, False])
    reference = np.array([True, True, False, True, True, False])
    assert figures.f1(predicted, reference) == pytest.approx(4 / 7)
    assert np.isnan(figures.f1(predicted, np.zeros(6, bool)))
