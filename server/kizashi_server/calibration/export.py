"""The files of a calibrated scorer: its graph, its card, and the norms of the one it began from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kizashi_models.card import Card
from kizashi_models.fitted_to import FITTED_TO, fitted_to
from kizashi_models.scorer_loading import read_norms_file, read_scorer, stem_of
from kizashi_models.scorer_writing import (
    LARGEST_Z,
    Description,
    card_text,
    graph_of,
    made_of,
    rounded,
)

from kizashi_server.calibration.calibrating import Calibration, Fitted
from kizashi_server.calibration.scorer_files import Target, norms_path
from kizashi_server.calibration.told import NOT_ESTABLISHED, internal_metrics


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


def read_base(models: Path | None, scorer_id: str) -> Base:
    """The files of a scorer, a site's own or packaged.

    Raises:
        MissingModel, BadCard, WrongDigest: as `scorer_loading.load_scorer`.
    """
    card = read_scorer(models, scorer_id).card
    norms = card.provenance["norms"]
    return Base(card, norms["id"], read_norms_file(norms["id"], norms["sha256"], models))


def files_of(
    found: Calibration, fitted: Fitted, base: Base, recordings_sha256: str, target: Target
) -> Mapping[Path, bytes]:
    """What `scorer_files.write_scorer` writes.

    Raises:
        BadCard: the base's card does not say whom it was fitted to as cards do.
    """
    curve = fitted.curve
    graph = graph_of(fitted.weights, curve, simulated=target.simulated)
    described = _description(found, fitted, base, recordings_sha256, target)
    card = card_text(graph, found.base.norms, described, curve).encode()
    return {norms_path(base.norms_id): base.norms, target.graph: graph, target.card: card}


def _description(
    found: Calibration, fitted: Fitted, base: Base, recordings_sha256: str, target: Target
) -> Description:
    people, curve = found.people, fitted.curve
    whom = "simulated people" if target.simulated else "people"
    return Description(
        stem=stem_of(target.scorer_id),
        summary=f"A site's own scorer, calibrated on {len(people.cases)} {whom}.",
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
        # What it begins from, and is compared with, was fitted too.
        FITTED_TO: sorted({*people.digests, *fitted_to(base.card)}),
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
