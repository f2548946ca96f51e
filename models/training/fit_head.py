"""Fits an action-unit head to recordings and their tables; validates it; writes ONNX and card.

    python models/training/fit_head.py --clips VIDEOS --tables TABLES --manifest MANIFEST.tsv \
        [--portraits PICTURES --portrait-table PORTRAITS.csv] --cache CACHE \
        [--teacher TEACHER.toml] [--id NAME] --out models/kizashi_models/heads \
        --predictions FOLDER [--set-aside N] [--score-set-aside]

TABLES holds one OpenFace-shaped table a clip, of any teacher: OpenFace, or your own coding;
TEACHER.toml says whose (see teacher_openface.toml). PORTRAITS.csv has a row a picture: `file`,
`person`, `confidence`, then the units. MANIFEST says who is in which clip.

The twelve persons that split.py sets aside (or N; 0 for few people) take part in nothing, unless
--score-set-aside asks for their figures: once, when the head is final. The figures in the card are
of cross-validation, each frame measured by a head that never saw its person; FOLDER gets those
tables, for compare.py. CACHE keeps what the tracker saw (features.py). The same files give the
same bytes.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from compare import agreement_lines, agreement_of, robustness_lines
from dataset import Samples, read_clips, read_portraits
from features import PICTURE_SUFFIXES, recordings, write_cache
from gradient_head import Recipe, fit_head, part_of_clips, part_of_portraits, predict
from head_card import metrics_of, scheme, write
from interval_ridge import Linear, Part
from numpy.typing import NDArray
from predictions import write_predictions
from robustness import robustness
from split import SET_ASIDE_PERSONS, Clip, folds, read_manifest, usable
from subjects import read_subjects
from tables import TableError, read_pairs

TEACHER = Path(__file__).with_name("teacher_openface.toml")
BOOTSTRAP_SEED = 1


class Validation:
    """Folds of clips whose parts serve the cross-validation and the final fit alike."""

    def __init__(self, clips: Samples, portraits: Samples | None, fold_of: dict[str, int]) -> None:
        self._clips = clips
        self._fold = np.array([fold_of[person] for person in clips.persons.tolist()])
        self._directions = directions(clips, portraits)
        self._parts = {
            fold: part_of_clips(self._turned(clips.where(self._fold == fold)))
            for fold in np.unique(self._fold).tolist()
        }
        self._portraits = None if portraits is None else part_of_portraits(self._turned(portraits))

    def unseen(self, recipe: Recipe) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Each frame's intensities and presences by a head that never saw its person."""
        intensities = np.zeros_like(self._clips.intensities)
        presences = np.zeros_like(self._clips.presences)
        for fold in self._parts:
            rows = self._fold == fold
            head = self._fit({fold}, recipe)
            intensities[rows], presences[rows] = predict(head, self._clips.features[rows])
        return intensities, presences

    def everybody(self, recipe: Recipe) -> Linear:
        """The head of all of them."""
        return self._fit(set(), recipe)

    def _fit(self, without: set[int], recipe: Recipe) -> Linear:
        parts: list[Part] = [each for fold, each in self._parts.items() if fold not in without]
        head = fit_head(parts, self._portraits, recipe)
        if self._directions is None:
            return head
        return Linear(self._directions @ head.slopes, head.shifts)

    def _turned(self, samples: Samples) -> Samples:
        if self._directions is None:
            return samples
        return replace(samples, features=samples.features @ self._directions)


def directions(clips: Samples, portraits: Samples | None) -> NDArray[np.float32] | None:
    """(features, rows), orthonormal: the space of few rows; None when features are no more.

    The slopes of a ridge lie in the space of its rows. Looked for in there, the fit to a few
    hundred frames is the same one, and takes seconds instead of minutes.
    """
    rows = [each.features for each in (clips, portraits) if each is not None]
    if sum(map(len, rows)) >= clips.features.shape[1]:
        return None
    return np.linalg.qr(np.concatenate(rows).T)[0]


def main(arguments: Sequence[str]) -> None:
    """Reads, validates, fits and writes as the module says."""
    options = _options(arguments)
    try:
        _run(options)
    except TableError as error:
        sys.exit(str(error))


def _run(options: argparse.Namespace) -> None:
    teacher = _teacher(options.teacher)
    manifest = read_manifest(options.manifest)
    fitted = usable(manifest, options.set_aside)
    scored = [clip for clip in manifest if clip not in fitted] if options.score_set_aside else []
    fold_of = folds(fitted)
    caches = options.cache / "clips", options.cache / "portraits"
    write_cache([options.clips / clip.file for clip in (*fitted, *scored)], caches[0], options.jobs)
    clips = read_clips(fitted, caches[0], options.tables)
    portraits = None
    if options.portraits:
        write_cache(recordings(options.portraits, PICTURE_SUFFIXES), caches[1], options.jobs)
        portraits = read_portraits(options.portrait_table, caches[1])
        _refuse_persons_in_both(manifest, portraits)
    recipe = Recipe()
    validation = Validation(clips, portraits, fold_of)
    metrics = _score(clips, *validation.unseen(recipe), options, "folds")
    metrics["validation"].update(scheme(options.set_aside))
    head = validation.everybody(recipe)
    if scored:
        others = read_clips(scored, caches[0], options.tables)
        metrics["set_aside"] = _score(others, *predict(head, others.features), options, "set_aside")
    write(options.out, options.id, head, _provenance(teacher, clips, portraits, recipe), metrics)


def _teacher(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: cannot be read: {error}") from error


def _refuse_persons_in_both(manifest: Sequence[Clip], portraits: Samples) -> None:
    """Compares names, so a portrait under another name than its person's clips passes."""
    both = {clip.person for clip in manifest} & set(portraits.persons.tolist())
    if both:
        raise TableError(
            f"portraits and clips both show {', '.join(sorted(both))}: no person may take part in"
            " a fit and in its validation"
        )


def _score(
    samples: Samples,
    intensities: NDArray[np.float32],
    presences: NDArray[np.bool_],
    options: argparse.Namespace,
    name: str,
) -> dict[str, Any]:
    """Writes tables and compares them as compare.py would; prints and returns what it finds."""
    folder = options.predictions / name
    write_predictions(folder, samples, intensities, presences)
    pairs = read_pairs(folder, options.tables, frozenset(samples.clips.tolist()))
    found = robustness(
        pairs, read_subjects(options.manifest), np.random.default_rng(BOOTSTRAP_SEED)
    )
    print(f"\n{name}")
    print("\n".join((*agreement_lines(pairs, agreement_of(pairs)), *robustness_lines(found))))
    return metrics_of(pairs, found, samples)


def _provenance(
    teacher: dict[str, Any], clips: Samples, portraits: Samples | None, recipe: Recipe
) -> dict[str, Any]:
    """What the head was made from, by count, and how."""
    counts = {
        "clips": len(np.unique(clips.clips)),
        "persons_in_clips": len(np.unique(clips.persons)),
        "frames": len(clips),
    }
    if portraits is not None:
        counts["portraits"] = len(portraits)
        counts["persons_in_portraits"] = len(np.unique(portraits.persons))
    return {
        "teacher": teacher,
        "training": counts,
        "recipe": {name: getattr(recipe, name) for name in Recipe.__slots__},
        "tools": {"numpy": np.__version__, "onnx": onnx.__version__},
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--clips", type=Path, required=True, help="folder of videos")
    parser.add_argument("--tables", type=Path, required=True, help="folder of their tables")
    parser.add_argument("--manifest", type=Path, required=True, help="who is in each clip")
    parser.add_argument("--portraits", type=Path, help="folder of pictures")
    parser.add_argument("--portrait-table", type=Path, help="their units, a row a picture")
    parser.add_argument("--cache", type=Path, required=True, help="outside the repository")
    parser.add_argument("--predictions", type=Path, required=True, help="gets tables")
    parser.add_argument("--teacher", type=Path, default=TEACHER)
    parser.add_argument("--id", default="gradient_head")
    parser.add_argument("--out", type=Path, required=True, help="gets ONNX file and card")
    parser.add_argument("--set-aside", type=int, default=SET_ASIDE_PERSONS, metavar="N")
    parser.add_argument("--score-set-aside", action="store_true")
    parser.add_argument("--jobs", type=int, default=2, help="processes for the tracker")
    options = parser.parse_args(arguments)
    if options.jobs < 1 or options.set_aside < 0:
        parser.error("--jobs is 1 or more, --set-aside 0 or more")
    if (options.portraits is None) != (options.portrait_table is None):
        parser.error("--portraits and --portrait-table go together")
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
