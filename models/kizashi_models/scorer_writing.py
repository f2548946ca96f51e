"""Writes a linear scorer: its ONNX graph and its card, as `scorer_loading` reads them.

Each z is limited to -3..3, so that one unit cannot carry a result alone, and has one weight, 0 or
more. A calibrated scorer has a probability too: a logistic curve over the composite, cut off where
the people it was fitted to end. The same numbers give the same bytes.

Stands on `onnx`, which nothing needs that only runs scorers; imported where one is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from kizashi_models.card import CARD_VERSION, SIMULATED_METADATA, Kind, parse_card
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.norms import Norms

OPSET = 17
IR_VERSION = 9  # what opset 17 needs; newer ones shut out older runtimes
LARGEST_Z = 3.0


@dataclass(frozen=True, slots=True)
class Curve:
    """The probability of a calibrated scorer: 1 / (1 + exp(-(intercept + slope * composite))).

    Attributes:
        intercept: where the composite is 0.
        slope: above 0.
        lowest: no probability is below it; 0 or more.
        highest: nor above this one; up to 1, more than `lowest`.
    """

    intercept: float
    slope: float
    lowest: float
    highest: float


def made_of(*, simulated: bool) -> str:
    """Of whom a scorer of a site's own was made, for its card."""
    return "recordings of simulated people" if simulated else "recordings of consenting people"


@dataclass(frozen=True, slots=True)
class Description:
    """What a card says that is not of the graph.

    Attributes:
        stem: the card's id, such as "research_prior_1".
        summary: one sentence.
        licence: SPDX expression or the name of a licence file.
        source: whose model it is, and where from.
        provenance: norms, extractors, and all that went in.
        metrics: what was measured, on what.
    """

    stem: str
    summary: str
    licence: str
    source: str
    provenance: Mapping[str, Any] = field(hash=False)
    metrics: Mapping[str, Any] = field(hash=False)


def composite_scale(weights: NDArray[np.float64], norms: Norms) -> float:
    """Standard deviation of a weighted sum of the study's z over the norm's people.

    Args:
        weights: (6,), of `STUDY_FIGURES`.
        norms: whose correlations are meant.
    """
    return float(np.sqrt(weights @ np.array(norms.correlations) @ weights))


def graph_of(
    weights: NDArray[np.float64], curve: Curve | None = None, *, simulated: bool = False
) -> bytes:
    """The graph: z (n, k) -> contributions (n, k), composite (n,), and probability (n,) if any."""
    size = len(weights)
    constants: dict[str, NDArray[Any]] = {
        "weights": weights.astype(np.float32),
        "smallest": np.array(-LARGEST_Z, np.float32),
        "largest": np.array(LARGEST_Z, np.float32),
        "axis": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Clip", ["z", "smallest", "largest"], ["limited"]),
        helper.make_node("Mul", ["limited", "weights"], ["contributions"]),
        helper.make_node("ReduceSum", ["contributions", "axis"], ["composite"], keepdims=0),
    ]
    outputs = [
        helper.make_tensor_value_info("contributions", TensorProto.FLOAT, ["n", size]),
        helper.make_tensor_value_info("composite", TensorProto.FLOAT, ["n"]),
    ]
    if curve is not None:
        constants |= {
            name: np.array(getattr(curve, name), np.float32)
            for name in ("intercept", "slope", "lowest", "highest")
        }
        nodes += [
            helper.make_node("Mul", ["composite", "slope"], ["sloped"]),
            helper.make_node("Add", ["sloped", "intercept"], ["log_odds"]),
            helper.make_node("Sigmoid", ["log_odds"], ["unbounded"]),
            helper.make_node("Clip", ["unbounded", "lowest", "highest"], ["probability"]),
        ]
        outputs.append(helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n"]))
    graph = helper.make_graph(
        nodes,
        "scorer",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", size])],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    if simulated:
        helper.set_model_props(model, {SIMULATED_METADATA: "true"})
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def card_text(data: bytes, norms: Norms, described: Description, curve: Curve | None = None) -> str:
    """The card of a graph's bytes, read once by the parser that will read it.

    Raises:
        BadCard: the description cannot be a card's.
    """
    stem = described.stem
    card = {
        "card": CARD_VERSION,
        "id": stem,
        "version": f"{stem.rsplit('_', 1)[1]}.0.0",
        "kind": str(Kind.SCORER),
        "summary": described.summary,
        "file": f"{stem}.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": described.licence,
        "source": described.source,
        "inputs": [_wide("z", f"figures against {norms.label.id}")],
        "outputs": [
            _wide("contributions", "each figure's part, z limited"),
            _narrow("composite", "norm's standard deviations", "sum of a row's contributions"),
            *_probability(curve),
        ],
        "provenance": dict(described.provenance),
        "metrics": dict(described.metrics),
    }
    text = json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    parse_card(text, stem)
    return text


def rounded(values: Sequence[float] | NDArray[np.float64]) -> dict[str, float]:
    """Values of the study's figures by name, as a card tells them."""
    return {
        figure.name: round(float(value), 6)
        for figure, value in zip(STUDY_FIGURES, values, strict=True)
    }


def _wide(name: str, meaning: str) -> dict[str, Any]:
    names = [figure.name for figure in STUDY_FIGURES]
    form = {"shape": [-1, len(names)], "dtype": "float32", "range": None, "labels": names}
    return {"name": name, "unit": "norm's standard deviations", "meaning": meaning} | form


def _narrow(
    name: str, unit: str, meaning: str, bounds: Sequence[float] | None = None
) -> dict[str, Any]:
    form = {"range": None if bounds is None else list(bounds)}
    return {
        "name": name,
        "unit": unit,
        "meaning": meaning,
        "shape": [-1],
        "dtype": "float32",
    } | form


def _probability(curve: Curve | None) -> list[dict[str, Any]]:
    if curve is None:
        return []
    bounds = (curve.lowest, curve.highest)
    return [_narrow("probability", "share", "of being a case, not to be read as it is", bounds)]
