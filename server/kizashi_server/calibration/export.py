"""Writes a calibrated scorer into a folder of models, whole or not at all, over nothing."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kizashi_models.card import Card
from kizashi_models.errors import MissingModel
from kizashi_models.norms import Norms
from kizashi_models.registry import find_card
from kizashi_models.scorer_loading import load_scorer, read_norms_file, stem_of
from kizashi_models.scorer_writing import (
    LARGEST_Z,
    Description,
    card_text,
    graph_of,
    rounded,
)

from kizashi_server.calibration.calibrating import Calibration, Fitted
from kizashi_server.calibration.told import NOT_ESTABLISHED, internal_metrics
from kizashi_server.errors import CalibrationRefused


@dataclass(frozen=True, slots=True)
class Origin:
    """What a calibration began from.

    Attributes:
        card: of the base scorer.
        norms: the bytes of its norms.
        recordings_sha256: of the file of labelled recordings.
    """

    card: Card
    norms: bytes = field(repr=False)
    recordings_sha256: str

    @classmethod
    def of(cls, card: Card, models: Path | None, recordings_sha256: str) -> Origin:
        """With the norms that a scorer's card names.

        Raises:
            MissingModel, WrongDigest: as `scorer_loading.read_norms`.
        """
        norms = card.provenance["norms"]
        return cls(card, read_norms_file(norms["id"], norms["sha256"], models), recordings_sha256)


def require_new(out: Path, scorer_id: str) -> None:
    """Returns where a scorer of that id can be written.

    Raises:
        CalibrationRefused: ALREADY_THERE; there is one, in the folder or packaged. OUT_UNUSABLE;
            it is no folder.
    """
    if out.exists() and not out.is_dir():
        raise _unusable(out, "it is no folder")
    stem = stem_of(scorer_id)
    for path in (out / f"{stem}.onnx", out / f"{stem}.json"):
        if path.exists():
            raise _there(path)
    try:
        find_card(stem)
    except MissingModel:
        return
    raise CalibrationRefused(
        f"{scorer_id} is packaged",
        f"{scorer_id} is a scorer of this program; choose another name, or the next version of "
        "your own.",
        reason="ALREADY_THERE",
    )


def export(
    found: Calibration, fitted: Fitted, scorer_id: str, origin: Origin, out: Path
) -> list[Path]:
    """Writes graph, card and norms, once the server's own loader has taken them.

    Raises:
        CalibrationRefused: a file is there already, or cannot be written.
        ModelError: the loader does not take them.
    """
    files = _files(found, fitted, scorer_id, origin)
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), files)
        load_scorer(Path(folder), scorer_id)
    try:
        return _write(out, files)
    except OSError as error:
        raise _unusable(out, str(error.strerror)) from None


def _files(found: Calibration, fitted: Fitted, scorer_id: str, origin: Origin) -> dict[str, bytes]:
    """By name, the card last: with it there is a scorer."""
    stem, norms = stem_of(scorer_id), found.base.norms
    curve = dataclasses.replace(
        fitted.curve,
        lowest=round(fitted.curve.lowest, 6),
        highest=round(fitted.curve.highest, 6),
    )
    described = Description(
        stem=stem,
        summary=f"A site's own scorer, calibrated on {len(found.people.cases)} of its people.",
        licence="the site's own; see LICENSE-MODELS for the norms and the head it stands on",
        source="kizashi-server calibrate, from labelled recordings of consenting people",
        provenance=_provenance(found, fitted, norms, origin),
        metrics={
            "performance": NOT_ESTABLISHED,
            "internal": internal_metrics(found),
            "calibration": {"lowest": curve.lowest, "highest": curve.highest},
        },
    )
    graph = graph_of(fitted.weights, curve)
    return {
        f"norms/{stem_of(norms.label.id)}.json": origin.norms,
        f"{stem}.onnx": graph,
        f"{stem}.json": card_text(graph, norms, described, curve).encode(),
    }


def _provenance(
    found: Calibration, fitted: Fitted, norms: Norms, origin: Origin
) -> Mapping[str, Any]:
    people, plan = found.people, found.plan
    return {
        "norms": dict(origin.card.provenance["norms"]),
        "extractor_ids": [norms.extractor_id],
        "base": {"id": found.base.id, "sha256": origin.card.sha256},
        "recordings": {
            "sha256": origin.recordings_sha256,
            "people": len(people.cases),
            "cases": people.case_count,
            "left_out": dict(people.left_out),
        },
        "instrument": str(people.instrument),
        "case_from": people.case_from,
        "folds": {"outer": plan.folds, "inner": plan.folds, "repeats": plan.repeats},
        "seed": plan.seed,
        "pull": "infinite" if math.isinf(fitted.pull) else fitted.pull,
        "weights": rounded(fitted.weights),
        "largest_z": LARGEST_Z,
        "steps": [
            "logistic model, weights 0 or more, pulled towards the base scorer's direction",
            "pull by inner cross-validation, log odds recalibrated out of fold",
            "scaled to variance 1 under the norms' correlations",
        ],
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Writes new files, and takes them back where one cannot be written.

    Norms that are there already, byte for byte, are left as they are.
    """
    written: list[Path] = []
    try:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.startswith("norms/") and path.is_file() and path.read_bytes() == data:
                continue
            with path.open("xb") as file:
                written.append(path)
                file.write(data)
    except OSError as error:
        for each in written:
            each.unlink()
        if isinstance(error, FileExistsError):
            raise _there(path) from None
        raise
    return written


def _there(path: Path) -> CalibrationRefused:
    return CalibrationRefused(
        f"{path.name} is there",
        f"{path} is there already and is not overwritten; give the scorer another version, or "
        "name another folder with --out.",
        reason="ALREADY_THERE",
    )


def _unusable(out: Path, fault: str) -> CalibrationRefused:
    return CalibrationRefused(
        f"{out.name}: {fault}",
        f"Nothing can be written into {out} ({fault}); name another folder with --out.",
        reason="OUT_UNUSABLE",
    )
