"""How far two folders of per-frame action-unit tables agree.

    python models/training/compare.py PREDICTED REFERENCE [--json]
    python models/training/compare.py PREDICTED REFERENCE --manifest MANIFEST.tsv [--seed 1] [--json]

Both folders hold one OpenFace-shaped CSV table a clip, matched by name (see tables.py for columns
and for which rows count). Printed for each action unit (see agreement.py):

    r       Pearson's correlation over all paired frames of all clips
    icc     ICC(3,1), consistency, over the same frames
    clip    correlation of the clips' means, of clips with 20 paired frames or more
    within  median correlation within clips, of clips in which the reference moves
    f1      F1 of presence, - where the reference has no positive

then their means over the 17 intensities and over the study's five units, where what cannot be told
counts as 0; the share of the reference's rows that the prediction covers; and the clips without a
prediction.

With a manifest of who is in each clip, 95 % bootstrap intervals over persons follow, and agreement
by what the manifest notes, by face size and by head turn (see robustness.py). Exit status 2 if the
tables cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from agreement import STUDY_UNITS, UnitAgreement, agreement, mean_of
from kizashi_protocol.summary import INTENSITY_UNITS
from robustness import CANNOT_TELL, DRAWS, UNTOLD, Estimate, Group, Robustness, as_dict, robustness
from subjects import read_subjects
from tables import Pairs, TableError, read_pairs


def agreement_of(pairs: Pairs) -> dict[int, UnitAgreement]:
    """Agreement of each unit over paired frames."""
    return agreement(
        pairs.intensities,
        pairs.presences,
        pairs.reference_intensities,
        pairs.reference_presences,
        pairs.clips.tolist(),
    )


def agreement_dict(pairs: Pairs, found: Mapping[int, UnitAgreement]) -> dict[str, Any]:
    """The same as plain values: `units` by name, None for a figure that cannot be told.

    `mean` is over the 17 intensities and `study` over the study's five.
    """
    return {
        "units": {
            f"AU{unit:02d}": {
                name: None if np.isnan(value) else value for name, value in asdict(each).items()
            }
            for unit, each in found.items()
        },
        "mean": mean_of(found, INTENSITY_UNITS),
        "study": mean_of(found, STUDY_UNITS),
        "frames": len(pairs),
        "clips": len(set(pairs.clips.tolist())),
        "coverage": pairs.coverage,
        "absent": list(pairs.absent),
    }


def agreement_lines(pairs: Pairs, found: Mapping[int, UnitAgreement]) -> Iterator[str]:
    """The table of agreement for a reader."""
    yield "au        r    icc   clip within     f1"
    for unit, each in found.items():
        yield _row(f"{unit:02d}", asdict(each))
    yield _row("mean", mean_of(found, INTENSITY_UNITS))
    yield _row("study", mean_of(found, STUDY_UNITS))
    clips = len(set(pairs.clips.tolist()))
    yield f"frames {len(pairs)}  clips {clips}  coverage {pairs.coverage:.3f}"
    if pairs.absent:
        yield from wrap(f"no prediction for: {' '.join(pairs.absent)}", 100, subsequent_indent="  ")


def robustness_lines(found: Robustness) -> Iterator[str]:
    """The tables of intervals and groups for a reader, 100 columns wide at most."""
    yield f"{'au':8}{'r, 95 %':21}{'F1, 95 %'}"
    for unit, each in found.f1.items():
        r = _interval(found.r[unit]) if unit in found.r else "   -"
        yield f"{unit:02d}      {r:21}{_interval(each)}".rstrip()
    sections = (
        ("traits in the manifest", found.traits),
        ("face width, pixels from ear to ear", found.face_width),
        ("absolute yaw, degrees", found.yaw),
    )
    names = ["everybody", *(name for _, groups in sections for name in groups or ())]
    width = max(map(len, names)) + 2
    yield ""
    yield (
        f"{'':{width}}persons  clips  frames  "
        f"{'mean r of 17, 95 %':21}{'of the study, 95 %':21}mean F1, 95 %"
    )
    yield _group_row("everybody", width, found.everybody)
    for title, groups in sections:
        yield title if groups is not None else f"{title}: {UNTOLD}"
        for name, group in (groups or {}).items():
            yield _group_row(f"  {name}", width, group)


def main(arguments: Sequence[str]) -> int:
    """Reads, compares and prints as the module says; returns the exit status."""
    options = _options(arguments)
    try:
        pairs = read_pairs(options.predicted, options.reference)
        robust = None
        if options.manifest:
            random = np.random.default_rng(options.seed)
            robust = robustness(pairs, read_subjects(options.manifest), random)
    except TableError as error:
        print(error, file=sys.stderr)
        return 2
    found = agreement_of(pairs)
    if options.json:
        plain = agreement_dict(pairs, found)
        if robust is not None:
            plain["robustness"] = {"draws": DRAWS, "seed": options.seed, **as_dict(robust)}
        print(json.dumps(plain, indent=2, allow_nan=False))
        return 0
    print("\n".join(agreement_lines(pairs, found)))
    if robust is not None:
        print(f"\n95 % intervals over persons, {DRAWS} draws, seed {options.seed}")
        print("\n".join(robustness_lines(robust)))
    return 0


def _row(name: str, figures: Mapping[str, float]) -> str:
    return f"{name:5} " + " ".join(
        "     -" if np.isnan(value) else f"{value:6.3f}" for value in figures.values()
    )


def _interval(each: Estimate) -> str:
    if np.isnan(each.value):
        return "   -"
    if np.isnan(each.low):
        return f"{each.value:5.2f} {CANNOT_TELL}"
    return f"{each.value:5.2f} [{each.low:.2f}, {each.high:.2f}]"


def _group_row(name: str, width: int, group: Group) -> str:
    counts = f"{name:{width}}{group.persons:7}{group.clips:7}{group.frames:8}  "
    if group.figures is None:
        return counts + CANNOT_TELL
    figures = group.figures
    cells = [_interval(each) for each in (figures.r, figures.study_r, figures.f1)]
    return counts + "".join(f"{cell:21}" for cell in cells).rstrip()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("predicted", type=Path, help="folder of tables")
    parser.add_argument("reference", type=Path, help="folder of tables")
    parser.add_argument("--manifest", type=Path, help="who is in each clip: intervals and groups")
    parser.add_argument("--seed", type=int, default=1, help="of the bootstrap (default: 1)")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
