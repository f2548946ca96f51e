"""The card of an action-unit head: what it is, what it was made from, how good it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from agreement import STUDY_UNITS, mean_of
from compare import agreement_of
from dataset import Samples
from gradient_head import graph_of
from interval_ridge import Linear
from kizashi_agent.action_units import FEATURE_COUNT
from kizashi_models.card import CARD_VERSION, Kind, parse_card
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from robustness import DRAWS, Robustness, as_dict
from split import FOLD_SEED, FOLDS, SET_ASIDE_SEED
from tables import Pairs

VERSION = "1.0.0"

STEPS = (
    "the agent's tracker and features (kizashi_agent.action_units) over each clip and portrait",
    "rows where the teacher has success 1 and confidence of .8 or more",
    "fit_head.py: interval_ridge.py over everybody who is not set aside, and the portraits",
)

KNOWN_FAILURES = {
    "offset": "A good part of the error is a constant offset of a person (see constant_offset_share"
    "): compare a person with themselves before comparing people.",
    "rare": "The weakest intensities are rare in the training clips; see each unit's r. Presence "
    "of a unit that is rarer still is a hint at best; see each unit's f1.",
    "AU28": "Lips sucked in: no intensity. Its presence is read from the gradients of the mouth, "
    "where such lips do show; its f1 here says what that is worth.",
    "mirror": "A mirrored recording is not measured alike: the teacher's models are not symmetric, "
    "and training on mirror images made agreement worse.",
    "turned, small": "Turned heads and small faces are measured less well; see robustness.",
    "cannot tell": "Groups under robustness that say so, darker skin and glasses among them, were "
    "not seen often enough to promise anything for them.",
    "portraits": "Portraits are of persons told apart by number alone: some may also be in clips, "
    "on the other side of a fold or set aside.",
}


def metrics_of(pairs: Pairs, robust: Robustness, samples: Samples) -> dict[str, Any]:
    """What a card tells of frames whose persons the head had not seen.

    Args:
        pairs: predictions beside the reference.
        robust: the same by person.
        samples: the frames.
    """
    found = agreement_of(pairs)
    groups = as_dict(robust)
    units = {
        f"AU{unit:02d}": {
            **{key: value for key, value in asdict(each).items() if not np.isnan(value)},
            **groups["units"][f"AU{unit:02d}"],
        }
        for unit, each in found.items()
    }
    for unit, rate in zip(units.values(), samples.presences.mean(axis=0).tolist(), strict=True):
        # What an F1 is worth depends on how often the reference says yes.
        unit["reference_presence_rate"] = rate
    rounded: dict[str, Any] = _rounded(
        {
            "agreement": units,
            "mean_agreement": {
                "intensities": mean_of(found),
                "study_intensities": mean_of(found, STUDY_UNITS),
            },
            "constant_offset_share": constant_offset_share(pairs),
            "robustness": groups["groups"],
            "validation": {
                "persons": len(np.unique(samples.persons)),
                "clips": len(np.unique(samples.clips)),
                "frames": len(pairs),
                "coverage": pairs.coverage,
                "intervals": f"95 %, bootstrap over persons, {DRAWS} draws",
            },
        }
    )
    return rounded


def constant_offset_share(pairs: Pairs) -> float:
    """The share of squared error in intensities, 0-1, that is a clip's constant offset."""
    error = pairs.intensities - pairs.reference_intensities
    _, which, count = np.unique(pairs.clips, return_inverse=True, return_counts=True)
    offsets = np.stack([np.bincount(which, column) for column in error.T], axis=1) / count[:, None]
    return float((np.square(offsets) * count[:, None]).sum() / np.square(error).sum())


def scheme(aside: int) -> dict[str, Any]:
    """How the figures of cross-validation came about."""
    return {
        "scheme": f"{FOLDS} folds, no person in two",
        "fold_seed": FOLD_SEED,
        "chosen_on_these_folds": "the features and the recipe, among those in ATTEMPTS.md",
        "set_aside": {
            "persons": aside,
            "seed": SET_ASIDE_SEED,
            "scored": "after the features and the recipe were settled, and not used to choose",
        },
    }


def write(
    folder: Path,
    head_id: str,
    head: Linear,
    provenance: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> None:
    """Writes the graph and its card, checked by the parser that will read it."""
    data = graph_of(head).SerializeToString(deterministic=True)
    card = _card(head_id, hashlib.sha256(data).hexdigest(), provenance, metrics)
    text = json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    parse_card(text, head_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{head_id}.onnx").write_bytes(data)
    (folder / f"{head_id}.json").write_text(text, "utf-8")


def _card(
    head_id: str, sha256: str, provenance: Mapping[str, Any], metrics: Mapping[str, Any]
) -> dict[str, Any]:
    features = {
        "name": "features",
        "shape": [-1, FEATURE_COUNT],
        "dtype": "float32",
        "unit": "share of gradient energy; 5 pixels of the aligned face, from its middle",
        "range": None,
        "meaning": "histograms of gradients of the aligned face; x, y of its 68 outline points",
    }
    intensities = {
        "name": "intensities",
        "shape": [-1, len(INTENSITY_UNITS)],
        "dtype": "float32",
        "unit": "intensity, the teacher's scale",
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
    uncut = intensities | {
        "name": "uncut",
        "range": None,
        "meaning": "the intensities before they are cut off at 0 and 5",
    }
    return {
        "card": CARD_VERSION,
        "id": head_id,
        "version": VERSION,
        "kind": str(Kind.ACTION_UNIT_HEAD),
        "summary": "17 intensities and 18 presences from a face's gradients and outline.",
        "file": f"{head_id}.onnx",
        "sha256": sha256,
        "licence": "LICENSE-MODELS",
        "source": "kizashi, models/training/fit_head.py",
        "inputs": [features],
        "outputs": [intensities, presences, uncut],
        "provenance": {"steps": list(STEPS), **provenance},
        "metrics": {**metrics, "known_failures": KNOWN_FAILURES},
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value
