"""The head: linear in gradients and shape, as its teacher is; its fit, and its ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from dataset import Samples
from interval_ridge import Linear, Part, fit, part
from kizashi_agent.action_units import FEATURE_COUNT
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

INTENSITIES, PRESENCES = len(INTENSITY_UNITS), len(PRESENCE_UNITS)
STRONGEST = 5.0
OPSET, IR_VERSION = 17, 9


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is fitted; see ATTEMPTS.md for what else was tried. Nothing is drawn at random.

    Attributes:
        penalty: of the ridge.
        rounds: of majorisation.
        portrait_share: of all weight, where there are portraits; clips have the rest.
    """

    penalty: float = 0.004
    rounds: int = 20
    portrait_share: float = 0.65


def part_of_clips(samples: Samples) -> Part:
    """A part in which each person weighs the same, however long the clips."""
    _, which, count = np.unique(samples.persons, return_inverse=True, return_counts=True)
    return _part(samples, (1 / count[which]).astype(np.float32))


def part_of_portraits(samples: Samples) -> Part:
    """A part in which each portrait weighs the same."""
    return _part(samples, np.ones(len(samples), np.float32))


def fit_head(clips: Sequence[Part], portraits: Part | None, recipe: Recipe) -> Linear:
    """A head of these parts: outputs are 17 intensities, then 18 presences around a margin of 0."""
    share = recipe.portrait_share if portraits is not None else 0.0
    total = sum(each.total for each in clips)
    parts = [(each, (1 - share) * each.total / total) for each in clips]
    if portraits is not None:
        parts.append((portraits, share))
    return fit(parts, recipe.penalty, recipe.rounds)


def predict(
    head: Linear, features: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Intensities (n, 17), 0-5, and presences (n, 18), as the graph computes them."""
    out = head(features)
    return np.clip(out[:, :INTENSITIES], 0, STRONGEST), out[:, INTENSITIES:] > 0


def _part(samples: Samples, weights: NDArray[np.float32]) -> Part:
    found, present = samples.intensities, samples.presences
    return part(
        samples.features,
        _float32(np.where(found <= 0, -np.inf, found), np.where(present, 1, -np.inf)),
        _float32(np.where(found >= STRONGEST, np.inf, found), np.where(present, np.inf, -1)),
        weights,
    )


def _float32(*columns: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.concatenate(columns, axis=1, dtype=np.float32)


def graph_of(head: Linear) -> onnx.ModelProto:
    """The graph: features (n, FEATURE_COUNT) -> intensities, presences, and intensities uncut."""
    constants = {
        "slopes": head.slopes,
        "shifts": head.shifts,
        "lowest": np.float32(0),
        "highest": np.float32(STRONGEST),
        "split": np.array([INTENSITIES, PRESENCES], np.int64),
    }
    nodes = [
        helper.make_node("Gemm", ["features", "slopes", "shifts"], ["out"]),
        helper.make_node("Split", ["out", "split"], ["uncut", "margins"], axis=1),
        helper.make_node("Clip", ["uncut", "lowest", "highest"], ["intensities"]),
        helper.make_node("Greater", ["margins", "lowest"], ["presences"]),
    ]
    graph = helper.make_graph(
        nodes,
        "action_unit_head",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURE_COUNT])],
        [
            helper.make_tensor_value_info("intensities", TensorProto.FLOAT, ["n", INTENSITIES]),
            helper.make_tensor_value_info("presences", TensorProto.BOOL, ["n", PRESENCES]),
            helper.make_tensor_value_info("uncut", TensorProto.FLOAT, ["n", INTENSITIES]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model
