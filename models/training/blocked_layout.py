"""Rewrites of a converted network that let onnxruntime stay in its blocked layout.

onnxruntime computes convolutions fastest with channels in blocks of eight or sixteen side by side,
and fuses a sum and a Relu into the convolution before them. Operators that have no blocked form
(PRelu, Pad, Transpose) make it leave that layout and come back. Each function here writes such
operators as convolutions with the same result, up to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class EditedGraph:
    """A graph's nodes in order and its weights by name, to be changed and written back."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.nodes = list(model.graph.node)
        self.weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}

    def users(self, tensor: str) -> list[onnx.NodeProto]:
        """The nodes that read a tensor."""
        return [node for node in self.nodes if tensor in node.input]

    def maker(self, tensor: str) -> onnx.NodeProto:
        """The node that writes a tensor."""
        return next(node for node in self.nodes if tensor in node.output)

    def write(self) -> onnx.ModelProto:
        """The model with these nodes, and of the weights those still read."""
        graph = self.model.graph
        used = {name for node in self.nodes for name in node.input}
        kept = {name: values for name, values in self.weights.items() if name in used}
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(self.nodes)
        graph.initializer.extend(
            numpy_helper.from_array(np.ascontiguousarray(values), name)
            for name, values in kept.items()
        )
        onnx.checker.check_model(self.model, full_check=True)
        return self.model


def fuse_prelu(model: onnx.ModelProto) -> onnx.ModelProto:
    """Write each PReLU as m*x + relu(k*x), both products depthwise 1x1 convolutions.

    onnxruntime fuses the Relu into the one and the sum into the other, so that two operators are
    left. The form needs a convex function. A PReLU is convex where its slope is at most 1; where
    it is more, its negative is, so that channel is carried negated until a convolution takes
    the sign into its weights.

    Raises:
        ValueError: a channel that must be negated reaches an operator that cannot take the sign.
    """
    graph = EditedGraph(model)
    signs: dict[str, np.ndarray] = {}
    nodes: list[onnx.NodeProto] = []
    for node in graph.nodes:
        written = [node]
        if node.op_type == "Conv":
            _own_weights(graph, node, signs.get(node.input[0]))
        elif node.op_type == "Add":
            _carry_signs_through_sum(graph, node, signs)
        elif node.op_type == "PRelu":
            written = _two_convolutions(graph, node, signs)
        elif any(name in signs for name in node.input):
            raise ValueError(f"{node.op_type} {node.name} cannot take a negated channel")
        nodes += written
    graph.nodes = nodes
    return graph.write()


def _own_weights(graph: EditedGraph, conv: onnx.NodeProto, signs: np.ndarray | None) -> None:
    """Give a convolution weights that it shares with no other, with its input's signs in them."""
    for place, suffix in zip(range(1, len(conv.input)), ("w", "b"), strict=False):
        name = f"{conv.output[0]}_{suffix}"
        graph.weights[name] = graph.weights[conv.input[place]].copy()
        conv.input[place] = name
    if signs is not None:
        depthwise = _attributes(conv).get("group", 1) > 1
        graph.weights[conv.input[1]] *= signs.reshape((-1, 1, 1, 1) if depthwise else (1, -1, 1, 1))


def _carry_signs_through_sum(
    graph: EditedGraph, node: onnx.NodeProto, signs: dict[str, np.ndarray]
) -> None:
    """Negate in the one summand, a convolution's output, what is negated in the other."""
    negated = [name for name in node.input if name in signs]
    if not negated:
        return
    (other,) = (name for name in node.input if name not in signs)
    conv = graph.maker(other)
    if conv.op_type != "Conv" or len(graph.users(other)) > 1:
        raise ValueError(f"{other} cannot take the signs of {negated[0]}")
    signs[node.output[0]] = signs[negated[0]]
    graph.weights[conv.input[1]] *= signs[negated[0]].reshape(-1, 1, 1, 1)
    graph.weights[conv.input[2]] *= signs[negated[0]]


def _two_convolutions(
    graph: EditedGraph, node: onnx.NodeProto, signs: dict[str, np.ndarray]
) -> list[onnx.NodeProto]:
    """A PReLU's nodes; notes in `signs` which channels of its output are negated."""
    source, output = node.input[0], node.output[0]
    slope = graph.weights[node.input[1]].ravel()
    given = signs.get(source, np.ones_like(slope))
    wanted = np.where(slope > 1, -1, 1).astype(slope.dtype)
    # For x > 0 and x < 0, where x is the signed value that comes in.
    above = np.where(given > 0, wanted, -wanted * slope)
    below = np.where(given > 0, wanted * slope, -wanted)
    if (wanted < 0).any():
        signs[output] = wanted
    stem = f"prelu_{output}"
    shape: dict[str, Any] = {"kernel_shape": [1, 1], "group": slope.size}
    graph.weights[f"{stem}_m"] = below.reshape(-1, 1, 1, 1)
    graph.weights[f"{stem}_k"] = (above - below).reshape(-1, 1, 1, 1)
    bent, relu, straight = f"{stem}_bent", f"{stem}_relu", f"{stem}_straight"
    return [
        helper.make_node("Conv", [source, f"{stem}_k"], [bent], name=bent, **shape),
        helper.make_node("Relu", [bent], [relu], name=relu),
        helper.make_node("Conv", [source, f"{stem}_m"], [straight], name=straight, **shape),
        helper.make_node("Add", [straight, relu], [output], name=f"{stem}_sum"),
    ]


def convolve_channel_padding(model: onnx.ModelProto) -> onnx.ModelProto:
    """Write each Pad that appends zero channels as a 1x1 convolution with an identity matrix.

    Raises:
        ValueError: a Pad does something else, or the channels before it cannot be told.
    """
    graph = EditedGraph(model)
    shapes = _channel_counts(model)
    nodes: list[onnx.NodeProto] = []
    for node in graph.nodes:
        if node.op_type != "Pad":
            nodes.append(node)
            continue
        _, channels, *others = graph.weights[node.input[1]].reshape(2, 4).T.tolist()
        if channels[0] or any(map(any, others)) or node.input[0] not in shapes:
            raise ValueError(f"{node.name} does more than append channels")
        given = shapes[node.input[0]]
        name = f"{node.output[0]}_identity"
        identity = np.eye(given + channels[1], given, dtype=np.float32)
        graph.weights[name] = identity[..., None, None]
        inputs = [node.input[0], name]
        nodes.append(
            helper.make_node("Conv", inputs, node.output, name=node.name, kernel_shape=[1, 1])
        )
    graph.nodes = nodes
    return graph.write()


def _channel_counts(model: onnx.ModelProto) -> dict[str, int]:
    inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
    sizes = {value.name: value.type.tensor_type.shape.dim for value in inferred}
    return {name: shape[1].dim_value for name, shape in sizes.items() if len(shape) == 4}


def take_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Let the image come as bytes, 0 to 255, and keep it as it lies.

    The scaling to 0..1 goes into the first convolution's weights. That convolution, over an image
    (height, width, colours), is one over a plane (height, width * colours) whose kernel and stride
    are as many times wider; so nothing is transposed.

    Raises:
        ValueError: the image does not go through one Transpose into one convolution.
    """
    graph = EditedGraph(model)
    image = model.graph.input[0]
    (transpose,) = graph.users(image.name)
    (conv,) = graph.users(transpose.output[0])
    if (transpose.op_type, conv.op_type) != ("Transpose", "Conv"):
        raise ValueError(f"{image.name} goes through {transpose.op_type} into {conv.op_type}")
    _, height, width, colours = (d.dim_value for d in image.type.tensor_type.shape.dim)
    kernel = graph.weights[conv.input[1]]
    filters, _, rows, columns = kernel.shape
    attributes = _attributes(conv)
    top, left, bottom, right = attributes["pads"]
    down, along = attributes["strides"]
    flat = kernel.transpose(0, 2, 3, 1).reshape(filters, 1, rows, columns * colours)
    graph.weights["stem_w"] = flat / np.float32(255)
    graph.weights["plane"] = np.array([1, 1, height, width * colours])
    image.type.tensor_type.elem_type = TensorProto.UINT8
    stem = [
        helper.make_node("Reshape", [image.name, "plane"], ["bytes"], name="bytes"),
        helper.make_node("Cast", ["bytes"], ["values"], name="values", to=TensorProto.FLOAT),
        helper.make_node(
            "Conv",
            ["values", "stem_w", *conv.input[2:]],
            conv.output,
            name=conv.name,
            kernel_shape=[rows, columns * colours],
            strides=[down, along * colours],
            pads=[top, left * colours, bottom, right * colours],
        ),
    ]
    rest = [node for node in graph.nodes if node is not transpose and node is not conv]
    graph.nodes = stem + rest
    return graph.write()


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def name_by_place(model: onnx.ModelProto) -> onnx.ModelProto:
    """Name nodes and what they write by their place in the graph.

    tf2onnx keeps now one and now the other name of two operators that it found to be the same.
    """
    names: dict[str, str] = {}
    outputs = {value.name for value in model.graph.output}
    for place, node in enumerate(model.graph.node):
        node.name = f"{node.op_type.lower()}_{place}"
        names |= {name: node.name for name in node.output if name not in outputs}
        for tensors in (node.input, node.output):
            tensors[:] = [names.get(name, name) for name in tensors]
    return model


def rewrite_face_mesh(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same function of an image in bytes, in the operators onnxruntime is quick at."""
    return name_by_place(take_bytes(convolve_channel_padding(fuse_prelu(model))))
