"""The blendshape network written again with the operators it stands for.

The network is a four-block MLP-mixer over 97 tokens (one learnt, 96 from the landmarks) of 64
channels: Tolstikhin et al., "MLP-Mixer", 2021. TensorFlow Lite, and so tf2onnx, spell its matrix
products as 1x1 convolutions between transposes and each layer normalisation as ten operators. Here
the same weights go into Gemm and LayerNormalization. Only the learnt token is read at the end, so
the last block computes that one alone.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BLOCKS = 4
CHANNELS = 64
# Added to the variance by the original graph; the converted constant, read from it.
EPSILON = 1.0132789611816406e-06


class GraphWriter:
    """Collects nodes and weights; a node and its output share a name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        """Add a node; returns its output's name."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def weight(self, name: str, values: np.ndarray) -> str:
        """Add a constant; returns its name."""
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def residual(self, source: str, added: str, name: str) -> str:
        """The sum of the two."""
        return self.node("Add", [source, added], name)


def rewrite_blendshapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same function of `points`, in fewer operators.

    Args:
        model: as converted, with inputs and outputs renamed: 19 convolutions and 8 normalisations.
    """
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    layers = [
        (np.squeeze(values[node.input[1]], (2, 3)), values[node.input[2]])
        for node in model.graph.node
        if node.op_type == "Conv"
    ]
    # tf2onnx may have moved a transposition into a constant: sizes tell them, shapes do not.
    gains = _constants(model, "Mul", values)
    learnt = _constants(model, "Concat", values)
    assert (len(layers), len(gains), len(learnt)) == (3 + 4 * BLOCKS, 2 * BLOCKS, 1)
    writer = GraphWriter()
    tokens = _embed(writer, layers[0], layers[1], learnt[0][None])
    for block in range(BLOCKS):
        four = layers[2 + 4 * block : 6 + 4 * block]
        tokens = _mix_tokens(writer, tokens, gains[2 * block], four[:2], block)
        tokens = _mix_channels(writer, tokens, gains[2 * block + 1], four[2:], block)
    _answer(writer, tokens, layers[-1])
    graph = helper.make_graph(
        writer.nodes,
        model.graph.name,
        [helper.make_tensor_value_info("points", TensorProto.FLOAT, [1, 146, 2])],
        [helper.make_tensor_value_info("coefficients", TensorProto.FLOAT, [52])],
        writer.weights,
    )
    written = helper.make_model(graph, opset_imports=model.opset_import[:1])
    written.ir_version = model.ir_version
    onnx.checker.check_model(written, full_check=True)
    return written


def _constants(
    model: onnx.ModelProto, kind: str, values: dict[str, np.ndarray]
) -> list[np.ndarray]:
    """The constants of one number a channel that go into operators of a kind, in order; (64,)."""
    return [
        values[name].reshape(CHANNELS)
        for node in model.graph.node
        for name in node.input
        if node.op_type == kind and name in values and values[name].size == CHANNELS
    ]


def _embed(
    writer: GraphWriter,
    points: tuple[np.ndarray, np.ndarray],
    token: tuple[np.ndarray, np.ndarray],
    learnt: np.ndarray,
) -> str:
    """Points about their mean, in units of twice their mean distance from it, as 97 tokens."""
    writer.node("ReduceMean", ["points"], "centre", axes=[1], keepdims=1)
    writer.node("Sub", ["points", "centre"], "centred")
    writer.node("ReduceL2", ["centred"], "distances", axes=[2], keepdims=1)
    writer.node("ReduceMean", ["distances"], "size", axes=[1], keepdims=1)
    writer.node("Div", ["centred", "size"], "shape")
    writer.node("Reshape", ["shape", writer.weight("pairs", np.array([146, 2]))], "shape_rows")
    half = points[0] * np.float32(0.5)
    embedding = [writer.weight("points_w", half), "shape_rows"]
    writer.node("Gemm", [*embedding, writer.weight("points_b", points[1][:, None])], "rows")
    channels = ["rows", writer.weight("token_w", token[0].T), writer.weight("token_b", token[1])]
    writer.node("Gemm", channels, "placed")
    return writer.node("Concat", [writer.weight("learnt", learnt), "placed"], "tokens", axis=0)


def _normalise(writer: GraphWriter, tokens: str, gain: np.ndarray, name: str) -> str:
    inputs = [tokens, writer.weight(f"{name}_gain", gain)]
    return writer.node("LayerNormalization", inputs, name, axis=-1, epsilon=EPSILON)


def _mix_tokens(
    writer: GraphWriter,
    tokens: str,
    gain: np.ndarray,
    layers: list[tuple[np.ndarray, np.ndarray]],
    block: int,
) -> str:
    """Each channel across tokens; (97, 64), or (1, 64) in the last block."""
    stem = f"tokens_{block}"
    (wide, wide_bias), (narrow, narrow_bias) = layers
    source = _normalise(writer, tokens, gain, f"{stem}_norm")
    weights = [writer.weight(f"{stem}_w1", wide.T), writer.weight(f"{stem}_b1", wide_bias)]
    writer.node("Gemm", [source, *weights], f"{stem}_wide", transA=1)
    hidden = writer.node("Relu", [f"{stem}_wide"], f"{stem}_relu")
    if block == BLOCKS - 1:
        narrow, narrow_bias = narrow[:1], narrow_bias[:1]
        first = writer.weight("first", np.array([0]))
        tokens = writer.node("Gather", [tokens, first], "learnt_token", axis=0)
    inputs = [writer.weight(f"{stem}_w2", narrow), hidden]
    inputs.append(writer.weight(f"{stem}_b2", narrow_bias[:, None]))
    mixed = writer.node("Gemm", inputs, f"{stem}_narrow", transB=1)
    return writer.residual(tokens, mixed, f"{stem}_sum")


def _mix_channels(
    writer: GraphWriter,
    tokens: str,
    gain: np.ndarray,
    layers: list[tuple[np.ndarray, np.ndarray]],
    block: int,
) -> str:
    """Each token across its channels; the shape stays."""
    stem = f"channels_{block}"
    source = _normalise(writer, tokens, gain, f"{stem}_norm")
    for (weight, bias), name in zip(layers, ("wide", "narrow"), strict=True):
        weights = [writer.weight(f"{stem}_{name}_w", weight.T)]
        weights.append(writer.weight(f"{stem}_{name}_b", bias))
        source = writer.node("Gemm", [source, *weights], f"{stem}_{name}")
        if name == "wide":
            source = writer.node("Relu", [source], f"{stem}_relu")
    return writer.residual(tokens, source, f"{stem}_sum")


def _answer(writer: GraphWriter, tokens: str, layer: tuple[np.ndarray, np.ndarray]) -> None:
    """52 coefficients of the learnt token."""
    weights = [writer.weight("answer_w", layer[0].T), writer.weight("answer_b", layer[1])]
    writer.node("Gemm", [tokens, *weights], "logits")
    writer.node("Sigmoid", ["logits"], "row")
    writer.node("Reshape", ["row", writer.weight("flat", np.array([52]))], "coefficients")
