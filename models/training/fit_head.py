"""Cross-validates the landmark head over persons, fits it on all of them, writes ONNX and card.

    python models/training/features.py --clips VIDEOS --portraits PICTURES --cache CACHE
    python models/training/fit_head.py --cache CACHE --manifest MANIFEST.tsv --tables TABLES \
        [--portraits PORTRAITS.csv] [--teacher TEACHER.toml] [--id NAME] \
        --out models/kizashi_models/heads [--predictions FOLDER]

TABLES holds one OpenFace-shaped table a clip, of any teacher: OpenFace, or your own coding;
TEACHER.toml says whose (see teacher_openface.toml). PORTRAITS.csv has a row a picture (`file`,
`person`, `confidence`, then the units). Whoever is set aside (split.py) is left out of everything
here. FOLDER gets the tables that the figures in the
card are computed from: each frame measured by a head that never saw its person.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from agreement import STUDY_UNITS, UnitAgreement, agreement, mean_of
from dataset import (
    INTENSITY_COLUMNS,
    PRESENCE_COLUMNS,
    Samples,
    read_clips,
    read_portraits,
)
from head_card import card_of
from kizashi_models.card import parse_card
from landmark_head import Head, Recipe, fit, graph_of
from numpy.typing import NDArray
from split import FOLD_SEED, FOLDS, SET_ASIDE_PERSONS, SET_ASIDE_SEED, folds, read_manifest, usable

TEACHER = Path(__file__).with_name("teacher_openface.toml")


def cross_validate(
    clips: Samples, portraits: Samples, fold_of: Mapping[str, int], recipe: Recipe
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Each frame's intensities and presences by a head that never saw its person."""
    fold = np.array([fold_of[person] for person in clips.persons.tolist()])
    intensities = np.zeros_like(clips.intensities)
    presences = np.zeros_like(clips.presences)
    for number in sorted(set(fold_of.values())):
        unseen = fold == number
        head = fit(clips.where(~unseen), portraits, recipe)
        intensities[unseen], presences[unseen] = head.predict(clips.features[unseen])
        print(f"fold {number}: {np.count_nonzero(unseen)} frames", flush=True)
    return intensities, presences


def write_predictions(
    folder: Path,
    clips: Samples,
    intensities: NDArray[np.float32],
    presences: NDArray[np.bool_],
) -> None:
    """One table a clip, in the columns that agreement is computed from."""
    folder.mkdir(parents=True, exist_ok=True)
    values = np.concatenate([intensities, presences], axis=1)
    header = ",".join(("frame", "success", *INTENSITY_COLUMNS, *PRESENCE_COLUMNS))
    for name in np.unique(clips.clips).tolist():
        rows = np.flatnonzero(clips.clips == name)
        body = np.column_stack([clips.frames[rows], np.ones(len(rows)), values[rows]])
        np.savetxt(
            folder / f"{name}.csv", body, fmt="%.6g", delimiter=",", header=header, comments=""
        )


def metrics_of(found: Mapping[int, UnitAgreement], clips: Samples) -> dict[str, Any]:
    """What the card tells of the cross-validation."""
    units = {
        f"AU{unit:02d}": {
            key: round(value, 3) for key, value in asdict(each).items() if not np.isnan(value)
        }
        for unit, each in found.items()
    }
    for column, rate in zip(units, clips.presences.mean(axis=0).tolist(), strict=True):
        # What an F1 is worth depends on how often the reference says yes.
        units[column]["reference_presence_rate"] = round(rate, 3)
    means = {"intensities": mean_of(found), "study_intensities": mean_of(found, STUDY_UNITS)}
    return {
        "agreement": units,
        "mean_agreement": {
            name: {key: round(value, 3) for key, value in each.items()}
            for name, each in means.items()
        },
        "validation": {
            "scheme": f"{FOLDS} folds, no person in two",
            "fold_seed": FOLD_SEED,
            "persons": len(np.unique(clips.persons)),
            "clips": len(np.unique(clips.clips)),
            "frames": len(clips),
            "coverage": round(len(clips) / clips.wanted, 3),
            "chosen_on_these_folds": "the recipe, among those in models/training/ATTEMPTS.md",
            "set_aside": {
                "persons": SET_ASIDE_PERSONS,
                "seed": SET_ASIDE_SEED,
                "scored": "not yet",
            },
        },
    }


def show(found: Mapping[int, UnitAgreement]) -> None:
    """Prints the table of agreement."""
    print("au      r   icc  clip within   f1")
    for unit, each in found.items():
        print(f"{unit:02d}  " + " ".join(f"{value:5.2f}" for value in asdict(each).values()))
    for name, units in (("mean ", tuple(found)), ("study", STUDY_UNITS)):
        means = mean_of(found, [unit for unit in units if unit != 28])
        print(name + " ".join(f"{value:5.3f}" for value in means.values()))


def main(arguments: Sequence[str]) -> None:
    """Reads, validates, fits and writes as the module says."""
    options = _options(arguments)
    recipe = Recipe(seed=options.seed)
    usable_clips = usable(read_manifest(options.manifest))
    clips = read_clips(usable_clips, options.cache / "clips", options.tables)
    portraits = clips.where(np.zeros(len(clips), bool))
    if options.portraits:
        portraits = read_portraits(options.portraits, options.cache / "portraits")
    intensities, presences = cross_validate(clips, portraits, folds(usable_clips), recipe)
    found = agreement(intensities, presences, clips.intensities, clips.presences, clips.clips)
    show(found)
    if options.predictions:
        write_predictions(options.predictions, clips, intensities, presences)
    provenance = {
        "teacher": tomllib.loads(options.teacher.read_text("utf-8")),
        **provenance_of(clips, portraits, recipe),
    }
    head = fit(clips, portraits, recipe)
    write(options.out, options.id, head, provenance, metrics_of(found, clips))


def provenance_of(clips: Samples, portraits: Samples, recipe: Recipe) -> dict[str, Any]:
    """What the head was made from, by count, and how."""
    return {
        "training": {
            "clips": len(np.unique(clips.clips)),
            "persons_in_clips": len(np.unique(clips.persons)),
            "frames": len(clips),
            "portraits": len(portraits),
            "persons_in_portraits": len(np.unique(portraits.persons)),
        },
        "recipe": asdict(recipe),
        "tools": {"torch": torch.__version__, "onnx": onnx.__version__, "numpy": np.__version__},
    }


def write(
    folder: Path,
    head_id: str,
    head: Head,
    provenance: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> None:
    """Writes the graph and its card, checked by the parser that will read it."""
    data = graph_of(head).SerializeToString(deterministic=True)
    card = card_of(head_id, hashlib.sha256(data).hexdigest(), provenance, metrics)
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    parse_card(text, head_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{head_id}.onnx").write_bytes(data)
    (folder / f"{head_id}.json").write_text(text, "utf-8")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--teacher", type=Path, default=TEACHER)
    parser.add_argument("--id", default="landmark_head")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--predictions", type=Path)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
