"""The first head: a small network on aligned landmarks, its fit, and its ONNX graph.

Features are reduced to their principal components, blendshapes and rotation kept beside them, all
standardised. Several networks with one hidden layer and a linear path around it are fitted, each
without one part of the training persons; their mean is the head. The part that a network never saw
says where the presence thresholds lie, so no threshold is chosen on frames that were fitted.

OpenFace's intensities are cut off at 0. A prediction below 0 is therefore almost right wherever
the teacher says 0, and costs a tenth.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from dataset import Samples
from kizashi_agent.action_units import FEATURE_COUNT
from kizashi_agent.landmarks import LANDMARK_COUNT
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

INTENSITIES, PRESENCES = len(INTENSITY_UNITS), len(PRESENCE_UNITS)
OUTPUTS = INTENSITIES + PRESENCES
SHAPE_FEATURES = LANDMARK_COUNT * 3
OPSET, IR_VERSION = 17, 9


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is fitted; see ATTEMPTS.md for what else was tried.

    Attributes:
        seed: of every draw.
        members: networks, and parts of the training persons.
        components: principal components of the aligned points.
        hidden: units of the hidden layer.
        dropout: share of them silent at each step.
        noise: standard deviation added to each standardised input.
        epochs: passes over as many rows as there are.
        batch: rows a step.
        rate: highest learning rate, of a one-cycle schedule.
        decay: weight decay of AdamW.
        portrait_share: of all sampling weight; clips have the rest.
        presence_weight: of the presence loss against the intensity loss.
        below_zero: what a negative prediction costs where the teacher says 0.
    """

    seed: int = 1
    members: int = 5
    components: int = 200
    hidden: int = 256
    dropout: float = 0.3
    noise: float = 0.2
    epochs: int = 12
    batch: int = 256
    rate: float = 1e-3
    decay: float = 1e-2
    portrait_share: float = 0.75
    presence_weight: float = 0.5
    below_zero: float = 0.1


@dataclass(frozen=True, slots=True)
class Standardiser:
    """Features to inputs: (x - mean) @ matrix, then a shift; all of it linear.

    Attributes:
        matrix: (FEATURE_COUNT, inputs).
        shift: (inputs,).
    """

    matrix: NDArray[np.float32]
    shift: NDArray[np.float32]

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, inputs) for (n, FEATURE_COUNT)."""
        return features @ self.matrix + self.shift


@dataclass(frozen=True, slots=True)
class Head:
    """A fitted head: mean over members of direct + outer @ relu(inner), in one wide network.

    Attributes:
        standardiser: of the features.
        inner: (inputs, members * hidden).
        inner_shift: (members * hidden,).
        outer: (members * hidden, OUTPUTS).
        direct: (inputs, OUTPUTS).
        shift: (OUTPUTS,); presence thresholds are in it, so presence is "above 0".
    """

    standardiser: Standardiser
    inner: NDArray[np.float32]
    inner_shift: NDArray[np.float32]
    outer: NDArray[np.float32]
    direct: NDArray[np.float32]
    shift: NDArray[np.float32]

    def predict(
        self, features: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Intensities (n, 17), 0-5, and presences (n, 18)."""
        inputs = self.standardiser(features)
        inside = np.maximum(inputs @ self.inner + self.inner_shift, 0)
        out = inside @ self.outer + inputs @ self.direct + self.shift
        return np.clip(out[:, :INTENSITIES], 0, 5), out[:, INTENSITIES:] > 0


class Member(nn.Module):
    """One network."""

    def __init__(self, inputs: int, recipe: Recipe, start: torch.Tensor) -> None:
        super().__init__()
        self.inner = nn.Linear(inputs, recipe.hidden)
        self.dropout = nn.Dropout(recipe.dropout)
        self.outer = nn.Linear(recipe.hidden, OUTPUTS, bias=False)
        self.direct = nn.Linear(inputs, OUTPUTS)
        nn.init.zeros_(self.direct.weight)
        with torch.no_grad():
            self.direct.bias.copy_(start)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(n, OUTPUTS): intensities, then presence logits."""
        inside = torch.relu(self.inner(inputs))
        return self.outer(self.dropout(inside)) + self.direct(inputs)


def fit(clips: Samples, portraits: Samples, recipe: Recipe) -> Head:
    """A head of these persons' frames. The same samples and recipe give the same head."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    standardiser = _standardiser(clips, portraits, recipe)
    weights = _weights(clips, portraits, recipe)
    upright = [standardiser(side.features) for side in (clips, portraits)]
    mirrored = [standardiser(side.mirrored) for side in (clips, portraits)]
    inputs = torch.tensor(np.concatenate([*upright, *mirrored]))
    targets = np.concatenate([_targets(clips), _targets(portraits)])
    part = np.concatenate([_parts(side.persons, recipe) for side in (clips, portraits)])
    unseen = np.zeros((len(part), OUTPUTS), np.float32)
    members = []
    for number in range(recipe.members):
        seen = part != number
        rows = np.flatnonzero(np.concatenate([seen, seen]))
        member = _fit_member(
            inputs[rows],
            torch.tensor(np.concatenate([targets, targets])[rows]),
            torch.tensor(np.concatenate([weights, weights])[rows]),
            recipe,
            recipe.seed * 1000 + number,
        )
        with torch.no_grad():
            unseen[~seen] = member(inputs[: len(part)][torch.tensor(~seen)]).numpy()
        members.append(member)
    thresholds = _thresholds(unseen[:, INTENSITIES:], targets[:, INTENSITIES:] > 0.5, weights)
    return _merge(standardiser, members, thresholds)


def _standardiser(clips: Samples, portraits: Samples, recipe: Recipe) -> Standardiser:
    weights = _weights(clips, portraits, recipe)
    rows = np.concatenate([clips.features, portraits.features]).astype(np.float64)
    mean = weights @ rows
    shape = rows[:, :SHAPE_FEATURES] - mean[:SHAPE_FEATURES]
    _, vectors = np.linalg.eigh((shape * weights[:, None]).T @ shape)
    basis = np.zeros((FEATURE_COUNT, recipe.components + FEATURE_COUNT - SHAPE_FEATURES))
    basis[:SHAPE_FEATURES, : recipe.components] = vectors[:, ::-1][:, : recipe.components]
    rest = np.arange(FEATURE_COUNT - SHAPE_FEATURES)
    basis[SHAPE_FEATURES + rest, recipe.components + rest] = 1
    reduced = (rows - mean) @ basis
    # A blendshape that hardly moves must not become noise of standard deviation 1.
    matrix = basis / (np.sqrt(weights @ reduced**2) + 1e-4)
    return Standardiser(matrix.astype(np.float32), (-mean @ matrix).astype(np.float32))


def _weights(clips: Samples, portraits: Samples, recipe: Recipe) -> NDArray[np.float64]:
    """Sampling weights that sum to 1: a person with four times the frames weighs twice as much."""
    _, which, count = np.unique(clips.persons, return_inverse=True, return_counts=True)
    of_clips = count[which] ** -0.5
    share = recipe.portrait_share if len(portraits) else 0.0
    of_portraits = np.full(len(portraits), share / max(1, len(portraits)))
    return np.concatenate([of_clips * (1 - share) / of_clips.sum(), of_portraits])


def _targets(samples: Samples) -> NDArray[np.float32]:
    return np.concatenate([samples.intensities, samples.presences.astype(np.float32)], axis=1)


def _parts(persons: NDArray[np.str_], recipe: Recipe) -> NDArray[np.int64]:
    """Which part each frame's person is in: by order of digest, so that parts are equal."""
    names = sorted(
        np.unique(persons).tolist(),
        key=lambda name: hashlib.sha256(f"{recipe.seed}:part:{name}".encode()).digest(),
    )
    part = {name: place % recipe.members for place, name in enumerate(names)}
    return np.array([part[name] for name in persons.tolist()], np.int64)


def _fit_member(
    inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, recipe: Recipe, seed: int
) -> Member:
    torch.manual_seed(seed)
    share = (weights / weights.sum()).to(torch.float64)
    start = (targets.to(torch.float64) * share[:, None]).sum(0)
    start[INTENSITIES:] = torch.logit(start[INTENSITIES:], eps=1e-3)
    member = Member(inputs.shape[1], recipe, start.to(torch.float32))
    spread = targets[:, :INTENSITIES].std(0)
    steps = recipe.epochs * (len(inputs) // recipe.batch)
    optimiser = torch.optim.AdamW(member.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=steps, pct_start=0.1
    )
    for _ in range(steps):
        rows = torch.multinomial(share, recipe.batch, replacement=True)
        noisy = inputs[rows] + recipe.noise * torch.randn(recipe.batch, inputs.shape[1])
        loss = _loss(member(noisy), targets[rows], spread, recipe)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return member.eval()


def _loss(
    out: torch.Tensor, targets: torch.Tensor, spread: torch.Tensor, recipe: Recipe
) -> torch.Tensor:
    found, wanted = out[:, :INTENSITIES], targets[:, :INTENSITIES]
    error = found - wanted
    error = torch.where((wanted <= 0) & (found < 0), recipe.below_zero * error, error)
    presence = nn.functional.binary_cross_entropy_with_logits(
        out[:, INTENSITIES:], targets[:, INTENSITIES:]
    )
    return ((error / spread) ** 2).mean() + recipe.presence_weight * presence


def _thresholds(
    logits: NDArray[np.float32], present: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(18,) logits above which F1, weighted as in the fit, is greatest."""
    chosen = np.zeros(PRESENCES, np.float32)
    for column in range(PRESENCES):
        order = np.argsort(-logits[:, column], kind="stable")
        weight, hit = weights[order], present[order, column]
        both = np.cumsum(weight * hit)
        score = 2 * both / (np.cumsum(weight) + (weights * present[:, column]).sum())
        best = int(np.argmax(score))
        chosen[column] = logits[order[best], column]
    return chosen


def _merge(
    standardiser: Standardiser, members: list[Member], thresholds: NDArray[np.float32]
) -> Head:
    def stacked(name: str, axis: int) -> NDArray[np.float32]:
        parts = [member.get_parameter(name).detach().numpy().T for member in members]
        return np.concatenate(parts, axis=axis)

    def mean(name: str) -> NDArray[np.float32]:
        parts = [member.get_parameter(name).detach().numpy().T for member in members]
        return np.mean(parts, axis=0, dtype=np.float64).astype(np.float32)

    shift = mean("direct.bias")
    shift[INTENSITIES:] -= thresholds
    return Head(
        standardiser,
        inner=stacked("inner.weight", 1),
        inner_shift=stacked("inner.bias", 0),
        outer=stacked("outer.weight", 0) / len(members),
        direct=mean("direct.weight"),
        shift=shift,
    )


def graph_of(head: Head) -> onnx.ModelProto:
    """The graph: features (n, FEATURE_COUNT) -> intensities (n, 17) and presences (n, 18)."""
    constants = {
        "standardise": head.standardiser.matrix,
        "standardise_shift": head.standardiser.shift,
        "inner": head.inner,
        "inner_shift": head.inner_shift,
        "outer": head.outer,
        "direct": head.direct,
        "shift": head.shift,
        "lowest": np.float32(0),
        "highest": np.float32(5),
        "split": np.array([INTENSITIES, PRESENCES], np.int64),
    }
    nodes = [
        helper.make_node("Gemm", ["features", "standardise", "standardise_shift"], ["inputs"]),
        helper.make_node("Gemm", ["inputs", "inner", "inner_shift"], ["before"]),
        helper.make_node("Relu", ["before"], ["inside"]),
        helper.make_node("Gemm", ["inputs", "direct", "shift"], ["linear"]),
        helper.make_node("Gemm", ["inside", "outer", "linear"], ["out"]),
        helper.make_node("Split", ["out", "split"], ["raw", "margins"], axis=1),
        helper.make_node("Clip", ["raw", "lowest", "highest"], ["intensities"]),
        helper.make_node("Greater", ["margins", "lowest"], ["presences"]),
    ]
    graph = helper.make_graph(
        nodes,
        "action_unit_head",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURE_COUNT])],
        [
            helper.make_tensor_value_info("intensities", TensorProto.FLOAT, ["n", INTENSITIES]),
            helper.make_tensor_value_info("presences", TensorProto.BOOL, ["n", PRESENCES]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model
