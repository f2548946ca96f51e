"""Summaries, norms and scorers for tests, all made up and as plain as can be.

In these norms every figure has mean 1 (presence 0.4) and a standard deviation of its own, figures
are uncorrelated, and nothing depends on speaking unless a test says so.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from kizashi_models.figures import ALL_FIGURES, STUDY_FIGURES, Figure, Part, Statistic
from kizashi_models.norms import Norms, parse_norms
from kizashi_models.scorer import Scorer, Weighed
from kizashi_protocol.summary import (
    MODE_STATIC,
    PRESENCE_UNITS,
    ActionUnitFigures,
    HeadMotion,
    RecordingQuality,
    Summary,
)
from numpy.typing import NDArray

EXTRACTOR_ID = "test-extractor/1"
NAMES = [figure.name for figure in STUDY_FIGURES]

# The graph that kizashi_models.scorer_writing makes of six weights of 0.5.
EVEN_SCORER = Path(__file__).with_name("even_scorer.onnx")

GOOD_QUALITY = RecordingQuality(
    duration=10,
    frame_rate=30,
    valid_fraction=0.98,
    longest_gap=0.1,
    face_width=220,
    absolute_yaw=4,
    absolute_pitch=5,
    face_luma=120,
    neutral_duration=0,
)


def norms_table() -> dict[str, Any]:
    """A norms file's content."""
    return {
        "norms": 1,
        "id": "made-up/1",
        "source": {"en": "made up", "ja": "架空のもの"},
        "persons": 40,
        "clips": 50,
        "extractor_id": EXTRACTOR_ID,
        "mode": MODE_STATIC,
        "speaking": {"mean": 0.5, "low": 0.2, "high": 0.9},
        "figures": {figure.name: _figure_norm(figure) for figure in ALL_FIGURES},
        "correlations": {"figures": NAMES, "matrix": np.eye(6).tolist()},
    }


def _figure_norm(figure: Figure) -> dict[str, float]:
    if figure.statistic is Statistic.MEAN:
        return {"mean": 1.0, "standard_deviation": 0.25}
    return {"mean": 0.4, "standard_deviation": 0.1}


def norms_of(table: Mapping[str, Any]) -> Norms:
    """Norms from a table, through the parser."""
    return parse_norms(json.dumps(table), "test")


def even_weigh(z: NDArray[np.float32]) -> Weighed:
    """Six weights of 0.5, without a network and without a limit of z."""
    contributions = (z * np.float32(0.5)).astype(np.float32)
    return Weighed(contributions, contributions.sum(axis=1))


def even_scorer() -> Scorer:
    """A scorer of the study's figures; the composite of equal z is three times one of them."""
    return Scorer("made-up/1", STUDY_FIGURES, norms_of(norms_table()), even_weigh)


def value_at(figure: Figure, z: float) -> float:
    """The figure's value that far from the made-up norm, kept in its range."""
    norm = _figure_norm(figure)
    highest = 5.0 if figure.statistic is Statistic.MEAN else 1.0
    return min(max(norm["mean"] + z * norm["standard_deviation"], 0.0), highest)


def summary_at(
    whole: Mapping[str, float] | float = 0.0,
    first: Mapping[str, float] | float | None = None,
    second: Mapping[str, float] | float | None = None,
    *,
    extractor_id: str = EXTRACTOR_ID,
    speaking: float = 0.5,
    quality: RecordingQuality = GOOD_QUALITY,
) -> Summary:
    """A summary whose figures lie that far (z) from the made-up norm.

    Each of the first three arguments is one z for all figures, or z by figure name (0 where not
    named); a half that is not given is as the whole.
    """
    parts = {
        Part.WHOLE: whole,
        Part.FIRST_HALF: whole if first is None else first,
        Part.SECOND_HALF: whole if second is None else second,
    }
    units = []
    for unit in PRESENCE_UNITS:
        mean = [_value(unit, Statistic.MEAN, parts[part]) for part in Part]
        rate = [_value(unit, Statistic.PRESENCE_RATE, parts[part]) for part in Part]
        units.append(
            ActionUnitFigures(
                unit,
                mean=mean[0],
                standard_deviation=0.1 if unit != 28 else 0.0,
                percentile_10=mean[0],
                percentile_50=mean[0],
                percentile_90=mean[0],
                first_half_mean=mean[1],
                second_half_mean=mean[2],
                presence_rate=rate[0],
                first_half_presence_rate=rate[1],
                second_half_presence_rate=rate[2],
                onset_rate=10,
            )
        )
    return Summary(
        extractor_id,
        MODE_STATIC,
        tuple(units),
        blink_rate=15,
        mouth_open_fraction=0.5,
        speaking_fraction=speaking,
        head_motion=HeadMotion(2, 2, 2, 5),
        quality=quality,
    )


def _value(unit: int, statistic: Statistic, z: Mapping[str, float] | float) -> float:
    if unit == 28 and statistic is Statistic.MEAN:
        return 0.0
    figure = Figure(unit, statistic)
    return value_at(figure, z.get(figure.name, 0.0) if isinstance(z, Mapping) else z)


def write_scorer(folder: Path, graph: bytes | None = None) -> tuple[dict[str, Any], Path]:
    """A site's own scorer "even/1" with its norms, whole; returns its card and the card's path."""
    data = EVEN_SCORER.read_bytes() if graph is None else graph
    norms = json.dumps(norms_table()).encode()
    (folder / "norms").mkdir(parents=True)
    (folder / "norms" / "made_up_1.json").write_bytes(norms)
    (folder / "even_1.onnx").write_bytes(data)
    wide = {"shape": [-1, 6], "dtype": "float32", "unit": "SD", "range": None, "labels": NAMES}
    narrow = {"shape": [-1], "dtype": "float32", "unit": "SD", "range": None}
    card = {
        "card": 1,
        "id": "even_1",
        "version": "1.0.0",
        "kind": "scorer",
        "summary": "Six even weights.",
        "file": "even_1.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "Apache-2.0",
        "source": "made up",
        "inputs": [{"name": "z", "meaning": "z"} | wide],
        "outputs": [
            {"name": "contributions", "meaning": "parts"} | wide,
            {"name": "composite", "meaning": "sum"} | narrow,
        ],
        "provenance": {
            "norms": {"id": "made-up/1", "sha256": hashlib.sha256(norms).hexdigest()},
            "extractor_ids": [EXTRACTOR_ID],
        },
        "metrics": {"performance": "not established"},
    }
    path = folder / "even_1.json"
    path.write_text(json.dumps(card))
    return card, path


ZS = st.floats(-3, 3, allow_nan=False, width=32)
Z_BY_NAME = st.fixed_dictionaries(dict.fromkeys(NAMES, ZS))
