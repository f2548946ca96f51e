"""Opens a scorer: an ONNX file, its card, and the norms that the card names.

The contract of a scorer, ours or a site's own:

- `NAME_VERSION.json` is a card of kind "scorer" (see `card`), and its id is that stem: scorer
  "research-prior/1" has the card research_prior_1.json. Its version starts with the same number.
- The graph has one input, "z": float32 (-1, k), how far each figure lies from the norm in the
  norm's standard deviations. The card's labels of it name the figures, such as "AU01.mean" (mean
  intensity) or "AU28.presence_rate"; one figure an action unit at most.
- It has two outputs: "contributions" float32 (-1, k), with the same labels, and "composite"
  float32 (-1,). Rows do not depend on each other, and a row's contributions add up to its
  composite. The composite never falls where a figure grows, because the bands are named "fewer"
  and "more of these movements"; its standard deviation is 1 over the norm's people, because they
  are cut at -1 and +1.
- A calibrated scorer has a third output, "probability" float32 (-1,), of being a case: 0 to 1, and
  never falling where the composite grows. Its card's `metrics.calibration` is {"lowest": ...,
  "highest": ...}, what the people it was fitted to carry; no probability lies outside.
- `provenance.norms` is {"id": ..., "sha256": ...}; the norms lie beside the card, in
  norms/NAME_VERSION.json, or in this package.
- `provenance.extractor_ids` lists the extractors it may be used with: those of its norms.
- `provenance.simulated` is true where it was made of simulated people, and the graph's metadata has
  "kizashi.simulated"; with either of them nobody is scored with it.
- `provenance.fitted_to` lists whom it was fitted to (see `fitted_to`), where it was to anybody.
- A site's own has another name than those that come with this package, of any version: the name
  says whose evidence it stands for.
- `metrics.performance` says what was measured on whose labels. What feedback says of it comes from
  a validation report alone (see `validation`), and is "not established" without one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kizashi_models.card import SIMULATED_METADATA, Card, Kind
from kizashi_models.errors import (
    BadCard,
    BadNorms,
    MissingModel,
    SimulatedScorer,
    UnusableModel,
    WrongDigest,
)
from kizashi_models.figures import Figure
from kizashi_models.network import Network
from kizashi_models.norms import Norms, parse_norms
from kizashi_models.registry import Model, read_model
from kizashi_models.scorer import Scorer, Weigh, Weighed
from kizashi_models.session import open_model
from kizashi_models.validation_reports import report_told, scorer_digest

OF_SIMULATED = "made of simulated people; nobody may be scored with it"

_SCORER_ID = re.compile(r"[a-z][a-z0-9-]{0,47}/[1-9]\d{0,3}")
# Composites are float32 sums of a few terms; more than this is not rounding.
_ROUNDING = 1e-3


def load_scorer(directory: Path | None, scorer_id: str, *, simulated: bool = False) -> Scorer:
    """The scorer of that id, in a site's own folder or else packaged, with what it measured of it.

    Args:
        directory: a site's own folder of scorers.
        scorer_id: such as "research-prior/1".
        simulated: whether one made of simulated people will do, because nobody is scored.

    Raises:
        MissingModel: there is no such scorer, or no norms of the id that its card names.
        BadValidation: a validation report in the site's folder cannot be read.
        BadCard, BadNorms: a card or norms file breaks the contract.
        SimulatedScorer: its card or its graph says that it was made of simulated people, and that
            will not do.
        WrongDigest: the ONNX file or the norms are not those the card means.
        UnusableModel: the graph cannot be run, or gives what the contract does not allow.
    """
    model = read_scorer(directory, scorer_id)
    card = model.card
    network = open_model(model)
    marked = (
        card.provenance.get("simulated", False) is not False
        or SIMULATED_METADATA in network.metadata
    )
    if marked and not simulated:
        raise SimulatedScorer(scorer_id)
    figures = _figures(card)
    norms = _norms(card, directory)
    if missing := [figure.name for figure in figures if figure.name not in norms.figures]:
        raise BadCard(card.id, f"norms {norms.label.id} lack {missing}")
    weigh = _weigh(network, len(figures), _limits(card))
    today = datetime.now(UTC).date()
    validation = report_told(directory, scorer_id, scorer_digest(card), today)
    return Scorer(scorer_id, figures, norms, weigh, validation)


def is_scorer_id(text: str) -> bool:
    """Whether a text has the form name/version, such as "research-prior/1"."""
    return _SCORER_ID.fullmatch(text) is not None


def stem_of(model_id: str) -> str:
    """The stem of the files of a scorer or of norms, such as "research_prior_1"."""
    return re.sub("[-/]", "_", model_id)


def is_packaged_name(model_id: str, folder: str) -> bool:
    """Whether a scorer or norms of that name, of any version, come with this package.

    Args:
        model_id: such as "research-prior/2".
        folder: "scorers" or "norms".
    """
    name = stem_of(model_id).rpartition("_")[0]
    entries = (Path(each.name) for each in (files("kizashi_models") / folder).iterdir())
    return name in {each.stem.rpartition("_")[0] for each in entries if each.suffix == ".json"}


def read_scorer(directory: Path | None, scorer_id: str) -> Model:
    """The card and bytes of the scorer of that id, a site's own or else the packaged one.

    Raises:
        MissingModel, BadCard, WrongDigest: as `load_scorer`.
    """
    if not is_scorer_id(scorer_id):
        raise MissingModel(scorer_id, "any folder: an id has the form name/version")
    model = _model(scorer_id, directory)
    card = model.card
    if card.kind is not Kind.SCORER:
        raise BadCard(card.id, f"kind is {card.kind!s}, not {Kind.SCORER!s}")
    if card.version.split(".")[0] != scorer_id.split("/")[1]:
        raise BadCard(card.id, f"version {card.version} does not belong to {scorer_id}")
    return model


def _model(scorer_id: str, directory: Path | None) -> Model:
    stem = stem_of(scorer_id)
    if directory is None:
        return read_model(stem)
    try:
        model = read_model(stem, directory)
    except MissingModel:
        return read_model(stem)
    # What people are told of the study goes by the name.
    if is_packaged_name(scorer_id, "scorers"):
        raise BadCard(
            model.card.id, f"{scorer_id} is a name that comes with Kizashi; give it one of its own"
        )
    return model


def _figures(card: Card) -> tuple[Figure, ...]:
    names = card.inputs[0].labels
    wide, narrow = (-1, len(names)), (-1,)
    shapes = {"z": wide, "contributions": wide, "composite": narrow, "probability": narrow}
    found = [(each.name, each.shape, each.dtype) for each in (*card.inputs, *card.outputs)]
    # The last is of calibrated scorers alone.
    expected = [(*each, "float32") for each in shapes.items()][: max(3, len(found))]
    if found != expected or card.outputs[0].labels != names:
        raise BadCard(card.id, f"inputs and outputs are {found}, not {expected} with equal labels")
    try:
        figures = tuple(Figure.parse(name) for name in names)
    except ValueError as error:
        raise BadCard(card.id, str(error)) from error
    if len({figure.action_unit for figure in figures}) != len(figures):
        raise BadCard(card.id, "an action unit has more than one figure")
    return figures


def _norms(card: Card, directory: Path | None) -> Norms:
    entry = card.provenance.get("norms")
    if not (
        isinstance(entry, Mapping)
        and set(entry) == {"id", "sha256"}
        and all(isinstance(value, str) for value in entry.values())
    ):
        raise BadCard(card.id, "provenance.norms is not an id and a sha256")
    norms = read_norms(entry["id"], entry["sha256"], directory)
    if card.provenance.get("extractor_ids") != [norms.extractor_id]:
        raise BadCard(card.id, "provenance.extractor_ids are not those of its norms")
    return norms


def read_norms(norms_id: str, sha256: str, directory: Path | None = None) -> Norms:
    """Packaged norms, or those in `directory`/norms where they are there.

    Args:
        norms_id: such as "clips/1", kept in a file named clips_1.json.
        sha256: of the file, as a scorer's card states it: a score means nothing under other norms.
        directory: a site's own folder of scorers.

    Raises:
        MissingModel: there are none of that id.
        WrongDigest: the file is not the one that the card means.
        BadNorms: the file cannot be parsed, or carries another id.
    """
    name = f"{stem_of(norms_id)}.json"
    norms = parse_norms(read_norms_file(norms_id, sha256, directory), name)
    if norms.label.id != norms_id:
        raise BadNorms(name, f"id is {norms.label.id!r}, not {norms_id!r}")
    return norms


def read_norms_file(norms_id: str, sha256: str, directory: Path | None = None) -> bytes:
    """The bytes of norms, checked against their digest; arguments and errors as `read_norms`."""
    name = f"{stem_of(norms_id)}.json"
    folders: list[Traversable] = [files("kizashi_models") / "norms"]
    if directory is not None:
        folders.insert(0, directory / "norms")
    for folder in folders:
        entry = folder / name
        if entry.is_file():
            data = entry.read_bytes()
            found = hashlib.sha256(data).hexdigest()
            if found != sha256:
                raise WrongDigest(norms_id, sha256, found)
            return data
    raise MissingModel(norms_id, ", ".join(str(folder) for folder in folders))


def _limits(card: Card) -> tuple[float, float] | None:
    """The lowest and highest probability that a calibrated scorer may give; None for all others."""
    calibration = card.metrics.get("calibration")
    if (calibration is None) != (len(card.outputs) == 2):
        raise BadCard(card.id, "a probability and metrics.calibration go together")
    if calibration is None:
        return None
    table = calibration if isinstance(calibration, Mapping) else {}
    low, high = table.get("lowest"), table.get("highest")
    if not (isinstance(low, float) and isinstance(high, float) and 0 <= low < high <= 1):
        raise BadCard(card.id, "metrics.calibration has no lowest and highest from 0 to 1")
    return low, high


def _weigh(network: Network, width: int, limits: tuple[float, float] | None) -> Weigh:
    """The network as a function, tried so that one that breaks the contract is refused at start."""
    model_id = network.card.id

    def weigh(z: NDArray[np.float32]) -> Weighed:
        weighed = Weighed(*network.run({"z": z}))
        if fault := _fault(z, weighed, limits):
            raise UnusableModel(model_id, fault)
        return weighed

    try:
        monotone = _is_monotone(weigh, width)
    except UnusableModel:
        raise
    except Exception as error:  # onnxruntime's own error classes are not public
        raise UnusableModel(model_id, str(error)) from error
    if not monotone:
        raise UnusableModel(model_id, "what it says falls where a movement grows")
    return weigh


def _fault(
    z: NDArray[np.float32], weighed: Weighed, limits: tuple[float, float] | None
) -> str | None:
    """What in a graph's outputs breaks the contract, in words."""
    contributions, composite = weighed.contributions, weighed.composite
    outputs = [contributions, composite]
    if weighed.probability is not None:
        outputs.append(weighed.probability)
    if [each.shape for each in outputs] != [z.shape, *[z.shape[:1]] * (len(outputs) - 1)]:
        return "its outputs have another shape than its card says"
    if not all(np.isfinite(each).all() for each in outputs):
        return "its outputs are not finite"
    if np.abs(contributions.sum(axis=1) - composite).max() > _ROUNDING:
        return "its contributions do not add up to its composite"
    if weighed.probability is not None and limits is not None:
        low, high = weighed.probability.min(), weighed.probability.max()
        if low < limits[0] - _ROUNDING or high > limits[1] + _ROUNDING:
            return "its probability lies outside what its card says is carried"
    return None


def _is_monotone(weigh: Weigh, width: int) -> bool:
    """Whether raising one figure from -4 to 4, the others at the norm, never lowers an output."""
    steps = np.linspace(-4, 4, 17, dtype=np.float32)
    for column in range(width):
        z = np.zeros((len(steps), width), np.float32)
        z[:, column] = steps
        weighed = weigh(z)
        outputs = (weighed.composite, weighed.probability)
        if any(each is not None and (np.diff(each) < -_ROUNDING).any() for each in outputs):
            return False
    return True
