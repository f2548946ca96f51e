"""Makes a norms file of a folder of summaries.

    python models/training/build_norms.py SUMMARIES --manifest MANIFEST.tsv \
        --label models/training/norms_clips_1.toml --out models/kizashi_models/norms

SUMMARIES holds one file a recording, STEM.binpb: a serialised kizashi_protocol Summary of the
recording of that stem in the manifest, which says who is in it (columns `file`, `person`,
`frames`). A person counts once: their recordings are averaged first. A recording whose face was
measured in less than nine tenths of its frames is left out and named; no other part of the
recording gate is asked for, and the label says so.

For AU25 and AU26 a line over the share of speaking is fitted by least squares, and the spread is
taken about it (see kizashi_models.norms).
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from kizashi_models.figures import ALL_FIGURES, SPEECH_FIGURES, STUDY_FIGURES, Figure
from kizashi_models.norms import NORMS_FORMAT, parse_norms
from kizashi_models.recording_floor import LEAST_VALID_FRACTION
from kizashi_protocol.summary import Summary
from numpy.typing import NDArray
from split import read_manifest

# A correlation matrix of six figures needs well more people than figures.
LEAST_PERSONS = 20
DIGITS = 6


@dataclass(frozen=True, slots=True)
class People:
    """Each person's mean recording.

    Attributes:
        clips: recordings they were averaged from.
        values: (persons, len(ALL_FIGURES)).
        speaking: (persons,), share of the recording within speech-like mouth movement.
    """

    clips: int
    values: NDArray[np.float64]
    speaking: NDArray[np.float64]


def read_summaries(folder: Path) -> dict[str, Summary]:
    """The summaries of a folder by stem, all of one extractor and mode; exits otherwise."""
    found = {path.stem: Summary.parse(path.read_bytes()) for path in sorted(folder.glob("*.binpb"))}
    if not found:
        sys.exit(f"{folder} holds no summary (*.binpb)")
    makers = {(summary.extractor_id, summary.mode) for summary in found.values()}
    if len(makers) != 1:
        sys.exit(f"the summaries are of several extractors or modes: {sorted(makers)}")
    return found


def average(summaries: Mapping[str, Summary], persons: Mapping[str, str]) -> People:
    """Each person's recordings averaged; `persons` names who is in the recording of a stem."""
    rows: dict[str, list[list[float]]] = defaultdict(list)
    for stem, summary in summaries.items():
        if summary.quality.valid_fraction < LEAST_VALID_FRACTION:
            print(f"left out, face measured in too few frames: {stem}")
            continue
        figures = [figure.of(summary) for figure in ALL_FIGURES]
        rows[persons[stem]].append([*figures, summary.speaking_fraction])
    if len(rows) < LEAST_PERSONS:
        sys.exit(f"{len(rows)} persons are too few for norms: {LEAST_PERSONS} are needed")
    means = np.array([np.mean(rows[person], axis=0) for person in sorted(rows)])
    return People(sum(map(len, rows.values())), means[:, :-1], means[:, -1])


def fit(people: People) -> tuple[dict[str, dict[str, float]], NDArray[np.float64]]:
    """Each figure's norm, and z of each person, shape (persons, len(ALL_FIGURES))."""
    norms: dict[str, dict[str, float]] = {}
    excess = people.speaking - people.speaking.mean()
    z = np.zeros_like(people.values)
    for column, figure in enumerate(ALL_FIGURES):
        values = people.values[:, column]
        entry = {"mean": values.mean()}
        slope, fitted = 0.0, 1
        if figure in SPEECH_FIGURES and excess.any():
            slope, fitted = float(excess @ values / (excess @ excess)), 2
            entry["speaking_slope"] = slope
        left = values - values.mean() - slope * excess
        spread = float(np.sqrt(left @ left / (len(left) - fitted)))
        if spread < 1e-3:
            # Nobody differs in it, so nothing can be compared in it.
            print(f"left out, the same for everybody: {figure.name}")
            continue
        norms[figure.name] = entry | {"standard_deviation": spread}
        z[:, column] = left / spread
    return norms, z


def document(summaries: Mapping[str, Summary], people: People, label: Mapping[str, Any]) -> str:
    """The norms file's text, checked by the parser that will read it."""
    norms, z = fit(people)
    if missing := [figure.name for figure in STUDY_FIGURES if figure.name not in norms]:
        sys.exit(f"no norm for {missing}, which the study is about")
    columns = [ALL_FIGURES.index(figure) for figure in STUDY_FIGURES]
    any_summary = next(iter(summaries.values()))
    speaking = people.speaking
    table = {
        "norms": NORMS_FORMAT,
        "id": label["id"],
        "source": label["source"],
        "persons": len(people.values),
        "clips": people.clips,
        "extractor_id": any_summary.extractor_id,
        "mode": any_summary.mode,
        "speaking": {
            "mean": speaking.mean(),
            "low": speaking.min(),
            "high": speaking.max(),
        },
        "figures": norms,
        "correlations": {
            "figures": [figure.name for figure in STUDY_FIGURES],
            "matrix": np.corrcoef(z[:, columns], rowvar=False).tolist(),
        },
    }
    text = json.dumps(_rounded(table), indent=2, ensure_ascii=False) + "\n"
    parse_norms(text, label["id"])
    return text


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(float(value), DIGITS) if isinstance(value, float) else value


def main(arguments: Sequence[str]) -> None:
    """Reads, fits, writes, and prints the study's figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("summaries", type=Path)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--label", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    label = tomllib.loads(options.label.read_text("utf-8"))
    persons = {clip.stem: clip.person for clip in read_manifest(options.manifest)}
    summaries = read_summaries(options.summaries)
    if unknown := sorted(set(summaries) - set(persons)):
        sys.exit(f"the manifest does not say who is in {unknown}")
    people = average(summaries, persons)
    text = document(summaries, people, label)
    target = options.out / f"{label['id'].replace('/', '_').replace('-', '_')}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    norms = parse_norms(text, target.name)
    print(f"{target}: {norms.label.persons} persons, {norms.label.clips} clips")
    for figure in STUDY_FIGURES:
        print(f"  {_line(figure, norms.figures[figure.name])}")


def _line(figure: Figure, norm: Any) -> str:
    words = f"{figure.name:20} mean {norm.mean:.3f}  SD {norm.standard_deviation:.3f}"
    return words + (f"  slope {norm.speaking_slope:+.3f}" if norm.speaking_slope else "")


if __name__ == "__main__":
    main(sys.argv[1:])
