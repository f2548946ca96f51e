"""What the card of an action-unit head says, apart from what fitting measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizashi_agent.action_units import FEATURE_COUNT
from kizashi_models.card import CARD_VERSION, Kind
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

VERSION = "1.0.0"

STEPS = (
    "tracker of this version over each clip and portrait, and over their mirror images",
    "features as kizashi_agent.action_units.features describes them",
    "rows where the teacher has success 1 and confidence of .8 or more",
    "fit_head.py; the head here is fitted on every person who is not set aside, and portraits",
)

COMMANDS = (
    "features.py --clips VIDEOS --portraits PICTURES --cache CACHE",
    "fit_head.py --cache CACHE --manifest MANIFEST --tables TABLES --portraits TABLE --out HEADS",
)

KNOWN_WEAKNESS = (
    "Landmarks do not show wrinkles or bulges: where a unit is mostly those (AU04, 15, 17, 20, 23, "
    "26) agreement is low. The largest part of the error is a constant offset of a person. "
    "AU28 (lips sucked in) has no intensity; its presence is read from the lips' shape and mouth "
    "blendshapes, and its f1 says that it is a hint at best."
)


def card_of(
    head_id: str, sha256: str, provenance: Mapping[str, Any], metrics: Mapping[str, Any]
) -> dict[str, Any]:
    """The card of the head whose bytes have that digest."""
    features = {
        "name": "features",
        "shape": [-1, FEATURE_COUNT],
        "dtype": "float32",
        "unit": "root sum of squares of the rigid points; blendshape; direction cosine",
        "range": None,
        "meaning": "478 aligned points (x, y, z), 52 blendshapes, rotation by rows",
    }
    intensities = {
        "name": "intensities",
        "shape": [-1, len(INTENSITY_UNITS)],
        "dtype": "float32",
        "unit": "intensity, OpenFace's scale",
        "range": [0.0, 5.0],
        "meaning": "how strong each unit is, absolute (static)",
        "labels": [f"AU{unit:02d}" for unit in INTENSITY_UNITS],
    }
    presences = {
        "name": "presences",
        "shape": [-1, len(PRESENCE_UNITS)],
        "dtype": "bool",
        "unit": "truth value",
        "range": None,
        "meaning": "whether each unit is there",
        "labels": [f"AU{unit:02d}" for unit in PRESENCE_UNITS],
    }
    return {
        "card": CARD_VERSION,
        "id": head_id,
        "version": VERSION,
        "kind": str(Kind.ACTION_UNIT_HEAD),
        "summary": "OpenFace's 17 intensities and 18 presences from landmarks and blendshapes.",
        "file": f"{head_id}.onnx",
        "sha256": sha256,
        "licence": "LICENSE-MODELS",
        "source": "kizashi, models/training/fit_head.py",
        "inputs": [features],
        "outputs": [intensities, presences],
        "provenance": {"steps": list(STEPS), "commands": list(COMMANDS), **provenance},
        "metrics": {**metrics, "known_weakness": KNOWN_WEAKNESS},
    }
