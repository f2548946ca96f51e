"""Makes a norms file of a folder of summaries.

    python models/training/build_norms.py SUMMARIES --manifest MANIFEST.tsv \
        --label models/training/norms_clips_1.toml --out models/kizashi_models/norms

SUMMARIES holds one file a recording, STEM.binpb: a serialised kizashi_protocol Summary of the
recording of that stem in the manifest, which says who is in it (columns `file`, `person`,
`frames`). A recording whose face was measured in less than nine tenths of its frames is left out
and named; no other part of the recording gate is asked for, and the label says so. How norms are
fitted stands in kizashi_models.norms_fitting.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kizashi_models.errors import ModelError
from kizashi_models.figures import STUDY_FIGURES, Figure
from kizashi_models.norms import parse_norms
from kizashi_models.norms_fitting import average, fit_norms
from kizashi_models.recording_floor import LEAST_VALID_FRACTION
from kizashi_protocol.summary import Summary
from split import read_manifest


def read_summaries(folder: Path) -> dict[str, Summary]:
    """The summaries of a folder by stem; exits if there are none."""
    found = {path.stem: Summary.parse(path.read_bytes()) for path in sorted(folder.glob("*.binpb"))}
    if not found:
        sys.exit(f"{folder} holds no summary (*.binpb)")
    return found


def by_person(
    summaries: Mapping[str, Summary], persons: Mapping[str, str]
) -> dict[str, list[Summary]]:
    """Each person's summaries; `persons` names who is in the recording of a stem."""
    found: dict[str, list[Summary]] = defaultdict(list)
    for stem, summary in summaries.items():
        if summary.quality.valid_fraction < LEAST_VALID_FRACTION:
            print(f"left out, face measured in too few frames: {stem}")
            continue
        found[persons[stem]].append(summary)
    return found


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
    try:
        people = average(by_person(summaries, persons), str(options.summaries))
        fitted = fit_norms(people, label["id"], label["source"], of_the_public=True)
    except ModelError as error:
        sys.exit(error.log)
    for name in fitted.left_out:
        print(f"left out, the same for everybody: {name}")
    target = options.out / f"{label['id'].replace('/', '_').replace('-', '_')}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(fitted.text, "utf-8")
    norms = parse_norms(fitted.text, target.name)
    print(f"{target}: {norms.label.persons} persons, {norms.label.clips} clips")
    for figure in STUDY_FIGURES:
        print(f"  {_line(figure, norms.figures[figure.name])}")


def _line(figure: Figure, norm: Any) -> str:
    words = f"{figure.name:20} mean {norm.mean:.3f}  SD {norm.standard_deviation:.3f}"
    return words + (f"  slope {norm.speaking_slope:+.3f}" if norm.speaking_slope else "")


if __name__ == "__main__":
    main(sys.argv[1:])
