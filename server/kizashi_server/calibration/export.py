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
from kizashi_models.registry import find_card
from kizashi_models.scorer_loading import load_scorer, read_norms_file, read_scorer, stem_of
from kizashi_models.scorer_writing import (
    LARGEST_Z,
    Description,
    card_text,
    graph_of,
    made_of,
    rounded,
)

from kizashi_server.calibration.calibrating import Calibration, Fitted
from kizashi_server.calibration.told import NOT_ESTABLISHED, internal_metrics
from kizashi_server.errors import CalibrationRefused


@dataclass(frozen=True, slots=True)
class Base:
    """The files of the scorer that a calibration begins from.

    Attributes:
        card: its card.
        norms_id: of the norms that the card names.
        norms: their bytes.
    """

    card: Card
    norms_id: str
    norms: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a scorer is to be written, and as what.

    Attributes:
        folder: of models.
        scorer_id: name and version.
        simulated: whether its card says that it was made of simulated people.
    """

    folder: Path
    scorer_id: str
    simulated: bool = False

    @property
    def graph(self) -> Path:
        """Of the ONNX file."""
        return self.folder / f"{stem_of(self.scorer_id)}.onnx"

    @property
    def card(self) -> Path:
        """Of the card."""
        return self.graph.with_suffix(".json")

    def norms(self, base: Base) -> Path:
        """Of the norms."""
        return self.folder / "norms" / f"{stem_of(base.norms_id)}.json"

    def holds_norms(self, base: Base) -> bool:
        """Whether they are there already, byte for byte."""
        path = self.norms(base)
        return path.is_file() and path.read_bytes() == base.norms


def read_base(models: Path | None, scorer_id: str) -> Base:
    """The files of a scorer, a site's own or packaged.

    Raises:
        MissingModel, BadCard, WrongDigest: as `scorer_loading.load_scorer`.
    """
    card = read_scorer(models, scorer_id).card
    norms = card.provenance["norms"]
    return Base(card, norms["id"], read_norms_file(norms["id"], norms["sha256"], models))


def require_new(target: Target, base: Base) -> None:
    """Returns where a scorer can be written.

    Raises:
        CalibrationRefused: ALREADY_THERE; there is one of that id, in the folder or packaged, or
            norms of another content. OUT_UNUSABLE; it is no folder.
    """
    folder = target.folder
    if folder.exists() and not folder.is_dir():
        raise _unusable(folder, "it is no folder")
    for path in (target.graph, target.card):
        if path.exists():
            raise _there(path)
    if target.norms(base).exists() and not target.holds_norms(base):
        raise _there(target.norms(base))
    try:
        find_card(stem_of(target.scorer_id))
    except MissingModel:
        return
    raise CalibrationRefused(
        f"{target.scorer_id} is packaged",
        f"{target.scorer_id} is a scorer of this program; choose another name, or the next "
        "version of your own.",
        reason="ALREADY_THERE",
    )


def export(
    found: Calibration, fitted: Fitted, base: Base, recordings_sha256: str, target: Target
) -> list[Path]:
    """Writes graph, card and norms, once the server's own loader has taken them.

    Returns:
        What was written; norms that were there already are not among it.

    Raises:
        CalibrationRefused: a file is there already, or cannot be written; then none is left.
        ModelError: the loader does not take them.
    """
    described = _description(found, fitted, base, recordings_sha256, target)
    with tempfile.TemporaryDirectory() as folder:
        trial = dataclasses.replace(target, folder=Path(folder))
        write_new_files(_files(found, fitted, base, described, trial))
        load_scorer(trial.folder, trial.scorer_id, simulated=trial.simulated)
    try:
        return write_new_files(_files(found, fitted, base, described, target))
    except OSError as error:
        raise _unusable(target.folder, str(error.strerror)) from None


def write_new_files(files: Mapping[Path, bytes]) -> list[Path]:
    """Writes them in order, and takes them back where one of them cannot be written.

    Raises:
        CalibrationRefused: ALREADY_THERE; one has come up meanwhile.
        OSError: one cannot be written.
    """
    written: list[Path] = []
    for path, data in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                written.append(path)
                file.write(data)
        except OSError:
            for each in written:
                each.unlink()
            if path not in written and path.exists():
                raise _there(path) from None
            raise
    return written


def _files(
    found: Calibration, fitted: Fitted, base: Base, described: Description, target: Target
) -> dict[Path, bytes]:
    """What a folder lacks, the card last: with it there is a scorer."""
    curve = fitted.curve
    graph = graph_of(fitted.weights, curve)
    card = card_text(graph, found.base.norms, described, curve).encode()
    norms = {} if target.holds_norms(base) else {target.norms(base): base.norms}
    return norms | {target.graph: graph, target.card: card}


def _description(
    found: Calibration, fitted: Fitted, base: Base, recordings_sha256: str, target: Target
) -> Description:
    people, curve = found.people, fitted.curve
    return Description(
        stem=stem_of(target.scorer_id),
        summary=f"A site's own scorer, calibrated on {len(people.cases)} people.",
        licence="the site's own; see LICENSE-MODELS for the norms and the head it stands on",
        source=f"the site's own, fitted to {made_of(simulated=target.simulated)}",
        provenance=_provenance(found, fitted, base, recordings_sha256)
        | ({"simulated": True} if target.simulated else {}),
        metrics={
            "performance": NOT_ESTABLISHED,
            "internal": internal_metrics(found),
            "calibration": {"lowest": curve.lowest, "highest": curve.highest},
        },
    )


def _provenance(
    found: Calibration, fitted: Fitted, base: Base, recordings_sha256: str
) -> dict[str, Any]:
    people, plan = found.people, found.plan
    return {
        "norms": dict(base.card.provenance["norms"]),
        "extractor_ids": list(found.base.extractor_ids),
        "base": {"id": found.base.id, "sha256": base.card.sha256},
        "recordings": {
            "sha256": recordings_sha256,
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
        "curve": dataclasses.asdict(fitted.curve),
        "steps": [
            "logistic model, weights 0 or more, pulled towards the base scorer's direction",
            "pull by inner cross-validation, log odds recalibrated out of fold",
            "scaled to variance 1 under the norms' correlations",
        ],
    }


def _there(path: Path) -> CalibrationRefused:
    return CalibrationRefused(
        f"{path.name} is there",
        f"{path} is there already and is not overwritten; give the scorer another version, or "
        "name another folder with --out.",
        reason="ALREADY_THERE",
    )


def _unusable(folder: Path, fault: str) -> CalibrationRefused:
    return CalibrationRefused(
        f"{folder.name}: {fault}",
        f"Nothing can be written into {folder} ({fault}); name another folder with --out.",
        reason="OUT_UNUSABLE",
    )
