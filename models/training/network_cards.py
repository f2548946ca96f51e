"""What the cards of the three MediaPipe networks say, apart from what conversion measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import onnx
from blendshape_graph import rewrite_blendshapes

SOURCE = (
    "MediaPipe Face Landmarker v2 (float16), by Google LLC; "
    "licence stated at github.com/google-ai-edge/mediapipe-samples/issues/407"
)
VERSION = "1.0.0"

# The order of the blendshape network's output, as MediaPipe's face blendshapes graph names it.
BLENDSHAPES = (
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
)


@dataclass(frozen=True, slots=True)
class TensorPlan:
    """One input or output: its name in the converted graph, and what the card says of it."""

    source: str
    name: str
    shape: tuple[int, ...]
    unit: str
    range: tuple[float, float] | None
    meaning: str
    labels: tuple[str, ...] = ()

    def as_card(self) -> dict[str, Any]:
        """The tensor's entry in a card."""
        entry: dict[str, Any] = {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": "float32",
            "unit": self.unit,
            "range": list(self.range) if self.range else None,
            "meaning": self.meaning,
        }
        return entry | ({"labels": list(self.labels)} if self.labels else {})


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """One network: where it lies in the bundle and what its card says."""

    id: str
    tflite: str
    summary: str
    inputs: tuple[TensorPlan, ...]
    outputs: tuple[TensorPlan, ...]
    rewrite: Callable[[onnx.ModelProto], onnx.ModelProto] | None = None

    def steps(self, opset: int, replaced: int) -> list[str]:
        """The conversion in words."""
        steps = [
            f"tf2onnx 1.17.0, opset {opset}, float16 weights widened to float32",
            "inputs and outputs renamed, batch fixed at 1",
        ]
        if replaced:
            steps.append(
                f"{replaced} PReLU nodes written as a*x + (1-a)*relu(x), "
                "each factor a depthwise 1x1 convolution"
            )
        if self.rewrite is not None:
            steps.append(
                "1x1 convolutions between transposes written as Gemm, layer normalisations as one "
                "operator each, and what the last block computes without use left out"
            )
        return steps


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
        "face_landmarks",
        "face_landmarks_detector.tflite",
        "Places 478 landmarks, irises included, on an upright crop of one face.",
        (
            TensorPlan(
                "input_12",
                "image",
                (1, 256, 256, 3),
                "colour value, RGB",
                (0.0, 1.0),
                "square crop of the face, eyes level, 1.5 times the face's box",
            ),
        ),
        (
            TensorPlan(
                "Identity",
                "points",
                (1, 1, 1, 1434),
                "input pixels",
                None,
                "x, y, z of 478 points in turn; z on the scale of x, smaller is nearer",
            ),
            TensorPlan(
                "Identity_1",
                "presence",
                (1, 1, 1, 1),
                "logit",
                None,
                "that the crop shows a face well placed",
            ),
            TensorPlan(
                "Identity_2",
                "tongue_out",
                (1, 1),
                "probability",
                (0.0, 1.0),
                "that the tongue is out; not used here",
            ),
        ),
    ),
    NetworkPlan(
        "face_blendshapes",
        "face_blendshapes.tflite",
        "Turns 146 of the 478 landmarks into 52 blendshape coefficients.",
        (
            TensorPlan(
                "serving_default_input_points:0",
                "points",
                (1, 146, 2),
                "frame pixels",
                (0.0, 640.0),
                "x, y of the subset listed in kizashi_agent.landmarks.blendshapes; "
                "the network normalises position and size itself",
            ),
        ),
        (
            TensorPlan(
                "StatefulPartitionedCall:0",
                "coefficients",
                (52,),
                "coefficient",
                (0.0, 1.0),
                "strength of each expression",
                tuple(BLENDSHAPES),
            ),
        ),
        rewrite=rewrite_blendshapes,
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
        "source": SOURCE,
        "inputs": [tensor.as_card() for tensor in plan.inputs],
        "outputs": [tensor.as_card() for tensor in plan.outputs],
        "provenance": provenance,
        "metrics": metrics,
    }
