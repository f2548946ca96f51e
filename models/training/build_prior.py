"""Makes the research prior: an ONNX file and its card, of the evidence, norms and an agreement.

    python models/training/build_prior.py --norms models/kizashi_models/norms/clips_1.json \
        --head models/kizashi_models/heads/HEAD.json --out models/kizashi_models/scorers

For each figure, z is limited to -3..3, so that one unit cannot carry a result alone; the weight is
its effect d times the agreement of the head with OpenFace in that unit, because an effect found
with one instrument shrinks by their correlation when another measures it. The weights share one
scale, chosen from the norms' correlations so that the composite has variance 1 over the norm's
people. Everything that went in stands in the card. The same input gives the same bytes.

AU28 has no intensity, and agreement in presence is told as F1. For a rare unit F1 is a little less
than the correlation of the two presences (harmonic against geometric mean of precision and
recall), so it errs towards too little weight.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from kizashi_models.card import Card, Kind, parse_card
from kizashi_models.figures import STUDY_FIGURES, Statistic
from kizashi_models.norms import Norms, parse_norms
from kizashi_models.scorer_writing import (
    LARGEST_Z,
    Description,
    card_text,
    composite_scale,
    graph_of,
    rounded,
)
from numpy.typing import NDArray

EVIDENCE = Path(__file__).with_name("evidence.json")


def agreements(head: Card) -> dict[str, float]:
    """The head's agreement with OpenFace in each study figure, from its card; exits if not there."""
    table = head.metrics.get("agreement", {})
    found: dict[str, float] = {}
    for figure in STUDY_FIGURES:
        measure = "r" if figure.statistic is Statistic.MEAN else "f1"
        value = table.get(f"AU{figure.action_unit:02d}", {}).get(measure)
        if not isinstance(value, float) or not 0 < value <= 1:
            sys.exit(
                f"card {head.id} has no usable {measure} of AU{figure.action_unit:02d}: {value}"
            )
        found[figure.name] = value
    return found


def weights_of(effects: NDArray[np.float64], norms: Norms) -> tuple[NDArray[np.float64], float]:
    """Weights in proportion to the effects, and the effect of their composite.

    Args:
        effects: (k,), attenuated, in standard deviations.
        norms: whose correlations between the figures set the scale.
    """
    weights = effects / composite_scale(effects, norms)
    return weights, float(weights @ effects)


def main(arguments: Sequence[str]) -> None:
    """Reads, weighs, writes, and prints the weights."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--norms", type=Path, required=True)
    parser.add_argument("--head", type=Path, required=True, help="card of the action-unit head")
    parser.add_argument("--evidence", type=Path, default=EVIDENCE)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    evidence = json.loads(options.evidence.read_text("utf-8"))
    norms_data = options.norms.read_bytes()
    norms = parse_norms(norms_data, options.norms.name)
    head = parse_card(options.head.read_bytes(), options.head.name)
    if head.kind is not Kind.ACTION_UNIT_HEAD:
        sys.exit(f"{options.head} is the card of a {head.kind}")

    agreement = agreements(head)
    effects = {entry["figure"]: entry["d"] for entry in evidence["effects"]}
    names = [figure.name for figure in STUDY_FIGURES]
    attenuated = np.array([effects[name] * agreement[name] for name in names])
    weights, total = weights_of(attenuated, norms)
    provenance = {
        "norms": {"id": norms.label.id, "sha256": hashlib.sha256(norms_data).hexdigest()},
        "extractor_ids": [norms.extractor_id],
        "head": {"id": head.id, "version": head.version, "sha256": head.sha256},
        "agreement_with_openface": agreement,
        "attenuated_effects": rounded(attenuated),
        "weights": rounded(weights),
        "largest_z": LARGEST_Z,
        "effect_of_composite": {"d": round(total, 4), "source": "judgement, from the effects"},
        "steps": ["d x agreement", "scaled to variance 1 under the norms' correlations"],
        "evidence": evidence,
    }
    described = Description(
        stem=re.sub("[-/]", "_", evidence["id"]),
        summary="Research prior: six action units against a norm, weighted by shrunk effects.",
        licence="LICENSE-MODELS",
        source="kizashi, models/training/build_prior.py; no data of any person went in but norms",
        provenance=provenance,
        metrics={
            "performance": "not established",
            "validated_on": "nothing: no label of any person was available",
        },
    )
    target = write(options.out, norms, weights, described)
    for name, weight in zip(names, weights, strict=True):
        print(f"{name:20} agreement {agreement[name]:.2f}  weight {weight:.3f}")
    print(f"{target}: effect of the composite d {total:.2f}, a judgement")


def write(folder: Path, norms: Norms, weights: NDArray[np.float64], described: Description) -> Path:
    """Writes the graph and its card."""
    data = graph_of(weights)
    text = card_text(data, norms, described)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{described.stem}.onnx").write_bytes(data)
    (folder / f"{described.stem}.json").write_text(text, "utf-8")
    return folder / f"{described.stem}.onnx"


if __name__ == "__main__":
    main(sys.argv[1:])
