"""Writes the summary of each clip of a manifest, for build_norms.py.

    python models/training/summarise_clips.py --clips VIDEOS --manifest MANIFEST.tsv --out SUMMARIES

The agent's own extractor measures each clip, and its whole length is taken for the introduction;
the recording gate is not asked, for it would leave too few people. SUMMARIES gets one STEM.binpb
a clip, and has to lie outside the repository. Whoever is set aside (split.py) is left out, unless
`--everybody` says otherwise: norms are part of what the last test of a head tests.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kizashi_agent.capture import VideoFile
from kizashi_agent.extractor import Extractor, open_extractor
from kizashi_agent.summarise import summarise
from kizashi_protocol import ProtocolError
from split import read_manifest, usable

REPOSITORY = Path(__file__).resolve().parents[2]


def write_summary(video: Path, target: Path, extractor: Extractor) -> None:
    """Measures and summarises one clip; says so if it cannot be summarised."""
    extractor.restart()
    with VideoFile(video) as frames:
        measurements = [extractor.measure(frame) for frame in frames]
    try:
        summary = summarise(measurements, None, extractor.extractor_id)
    except (ValueError, ProtocolError) as error:
        print(f"left out, {error}: {video.name}", flush=True)
        return
    target.write_bytes(summary.serialise())
    print(f"{video.name}: {len(measurements)} frames", flush=True)


def main(arguments: Sequence[str]) -> None:
    """Reads and writes as the module says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--everybody", action="store_true")
    options = parser.parse_args(arguments)
    if options.out.resolve().is_relative_to(REPOSITORY):
        sys.exit("summaries are figures of people: give a folder outside the repository")
    options.out.mkdir(parents=True, exist_ok=True)
    clips = read_manifest(options.manifest)
    extractor = open_extractor()
    for clip in clips if options.everybody else usable(clips):
        write_summary(options.clips / clip.file, options.out / f"{clip.stem}.binpb", extractor)


if __name__ == "__main__":
    main(sys.argv[1:])
