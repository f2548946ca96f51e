"""Scorers with a probability, and graphs that break the contract of one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from kizashi_models.scorer_writing import Curve, graph_of
from onnx import TensorProto, helper, numpy_helper

from tests.models.scoring import write_scorer

LIMITS = (0.2, 0.6)
WEIGHTS = np.full(6, 0.5)


def curve(lowest: float = LIMITS[0], highest: float = LIMITS[1]) -> Curve:
    """Of a probability that ends there."""
    return Curve(-0.8, 1.2, lowest, highest)


def write_with_probability(
    folder: Path, graph: bytes | None = None, limits: tuple[float, float] = LIMITS
) -> tuple[dict[str, Any], Path]:
    """A calibrated scorer "even/1", whole; returns its card and the card's path."""
    card, path = write_scorer(folder, graph_of(WEIGHTS, curve()) if graph is None else graph)
    card["outputs"].append(
        {
            "name": "probability",
            "meaning": "of being a case",
            "shape": [-1],
            "dtype": "float32",
            "unit": "1",
            "range": None,
        }
    )
    card["metrics"]["calibration"] = {"lowest": limits[0], "highest": limits[1]}
    path.write_text(json.dumps(card))
    return card, path


def changed(change: str) -> bytes:
    """The graph of a scorer without a probability, with its sum spoilt in one way."""
    model = onnx.load_from_string(graph_of(WEIGHTS))
    reduce = next(node for node in model.graph.node if node.op_type == "ReduceSum")
    if change == "another shape":
        attribute = next(each for each in reduce.attribute if each.name == "keepdims")
        attribute.i = 1
    elif change == "another sum":
        reduce.output[0] = "halved"
        constant = numpy_helper.from_array(np.array(2, np.float32), "two")
        model.graph.initializer.append(constant)
        model.graph.node.append(helper.make_node("Mul", ["halved", "two"], ["composite"]))
    return bytes(model.SerializeToString())


def with_values_elsewhere(where: str) -> bytes:
    """The same graph with its weights, or an attribute's tensor, in another file."""
    model = onnx.load_from_string(graph_of(WEIGHTS))
    tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[6])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    if where == "initializer":
        kept = [each for each in model.graph.initializer if each.name != "weights"]
        del model.graph.initializer[:]
        model.graph.initializer.extend([*kept, tensor])
        return bytes(model.SerializeToString())
    node = helper.make_node("Constant", [], ["other"], value=tensor)
    if where == "attribute":
        model.graph.node.append(node)
    elif where == "inner graph":
        inner = helper.make_graph([node], "inner", [], [])
        model.graph.node.append(helper.make_node("If", ["z"], [], then_branch=inner))
    elif where == "function":
        model.functions.append(helper.make_function("own", "f", [], ["other"], [node], []))
    return bytes(model.SerializeToString())
