"""Finds tensors of a model whose values lie in another file, which no digest of a card covers.

The model's bytes are walked as protobuf alone, by the numbers that onnx.proto gives its fields, so
that nothing that only runs models needs the package `onnx`.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

_TENSOR = "TensorProto"
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14

# Message -> number of a field -> the message in it: every way from a model to a tensor.
_PARTS: Mapping[str, Mapping[int, str]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "GraphProto": {1: "NodeProto", 5: _TENSOR, 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: _TENSOR,
        6: "GraphProto",
        10: _TENSOR,
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: _TENSOR, 2: _TENSOR},
}


def has_external_data(model: bytes) -> bool:
    """Whether any tensor of an ONNX model names another place for its values.

    Raises:
        ValueError: the bytes are no protobuf message, or a part of them is none.
    """
    left = [("ModelProto", model)]
    while left:
        message, data = left.pop()
        try:
            fields = UnknownFieldSet(Empty.FromString(data))
        except DecodeError:
            raise ValueError(f"a {message} does not parse") from None
        for index in range(len(fields)):
            each = fields[index]
            if message == _TENSOR:
                if each.field_number == _EXTERNAL_DATA:
                    return True
                # 0 says that they lie in the model.
                if each.field_number == _DATA_LOCATION and each.data != 0:
                    return True
            elif isinstance(each.data, bytes) and each.field_number in _PARTS[message]:
                left.append((_PARTS[message][each.field_number], each.data))
    return False
