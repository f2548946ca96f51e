"""A calibrated scorer, and people whose totals its probabilities are right of; all made up."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.labelled_recordings import (
    Instrument,
    LabelledRecording,
    QuestionnaireTotal,
    recording_line,
)
from kizashi_models.simulation import Cohort, simulate
from numpy.typing import NDArray
from onnx import TensorProto, helper

from tests.models.calibrated import write_with_probability
from tests.models.scoring import NAMES, norms_of, norms_table

OFFSET, STEEPNESS = -0.8, 1.2
LIMITS = (0.02, 0.9)
SCORER = "even/1"


def probability_of(composite: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the calibrated scorer says of a composite."""
    return np.clip(1 / (1 + np.exp(-(OFFSET + STEEPNESS * composite))), *LIMITS)


def calibrated_graph() -> bytes:
    """Six weights of .5, and the probability."""
    narrow: list[str | int | None] = ["n"]
    wide: list[str | int | None] = ["n", len(NAMES)]
    constants = {
        "w": np.full((1, len(NAMES)), 0.5, np.float32),
        "axis": np.array([1], np.int64),
        "steepness": np.float32(STEEPNESS),
        "offset": np.float32(OFFSET),
        "low": np.float32(LIMITS[0]),
        "high": np.float32(LIMITS[1]),
    }
    nodes = [
        helper.make_node("Mul", ["z", "w"], ["contributions"]),
        helper.make_node("ReduceSum", ["contributions", "axis"], ["composite"], keepdims=0),
        helper.make_node("Mul", ["composite", "steepness"], ["steep"]),
        helper.make_node("Add", ["steep", "offset"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["raw"]),
        helper.make_node("Clip", ["raw", "low", "high"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        "calibrated",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, wide)],
        [
            helper.make_tensor_value_info("contributions", TensorProto.FLOAT, wide),
            helper.make_tensor_value_info("composite", TensorProto.FLOAT, narrow),
            helper.make_tensor_value_info("probability", TensorProto.FLOAT, narrow),
        ],
        [
            onnx.numpy_helper.from_array(np.asarray(value), name)
            for name, value in constants.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def write_calibrated(folder: Path, provenance: dict[str, Any] | None = None) -> None:
    """Scorer "even/1" with a probability, in a new folder."""
    card, path = write_with_probability(folder, calibrated_graph(), LIMITS)
    card["provenance"] |= provenance or {}
    path.write_text(json.dumps(card))


def people(number: int, seed: int) -> tuple[LabelledRecording, ...]:
    """People in two traits whose totals the calibrated scorer is right of."""
    random = np.random.default_rng(seed)
    norms = norms_of(norms_table())
    groups = {"glasses": ("no", "yes"), "age": ("18-20", "21 <up>")}
    drawn = simulate(Cohort(number, 0.5, {}, half_noise=0.1, groups=groups), norms, random)
    found = []
    for each in drawn:
        assert each.summary is not None
        z = norms.z(STUDY_FIGURES, each.summary)
        case = random.random() < probability_of(np.asarray(z.sum() * 0.5))
        total = int(random.integers(10, 28) if case else random.integers(0, 10))
        answered = QuestionnaireTotal(Instrument.PHQ_9, total)
        found.append(replace(each, questionnaire=answered))
    return tuple(found)


def line_of(each: LabelledRecording, **changed: Any) -> str:
    """A recording as a line of a file; `changed` are its fields as `replace` takes them."""
    each = replace(each, **changed)
    answered = each.questionnaire
    questionnaire = (
        None
        if answered is None
        else {"instrument": str(answered.instrument), "total": answered.total}
    )
    outcome = each.summary if each.refused is None else each.refused
    assert outcome is not None
    return recording_line(each.person, outcome, questionnaire, each.groups)


def text_of(recordings: Sequence[LabelledRecording]) -> str:
    """A file of them."""
    return "".join(f"{line_of(each)}\n" for each in recordings)
