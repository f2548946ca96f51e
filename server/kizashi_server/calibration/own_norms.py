"""Norms of a site's own people, and the scorer that compares with them.

The scorer weighs as the one it stands on does, in the same ratios; only whom a person is compared
with changes. The weights share another scale, so that the composite has variance 1 over the new
norms' people.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kizashi_models.card import Card
from kizashi_models.fitted_to import FITTED_TO, digests_of, fitted_to
from kizashi_models.labelled_recordings import LabelledRecording, no_copies, person_of
from kizashi_models.norms import parse_norms
from kizashi_models.norms_fitting import FittedNorms, average, fit_norms
from kizashi_models.recording_floor import recording_faults
from kizashi_models.scorer import Scorer
from kizashi_models.scorer_loading import stem_of
from kizashi_models.scorer_writing import (
    LARGEST_Z,
    Description,
    card_text,
    composite_scale,
    graph_of,
    made_of,
    rounded,
)
from kizashi_protocol.summary import Summary

from kizashi_server.calibration.begun_from import weights_of
from kizashi_server.calibration.scorer_files import Target, norms_path

_SIMULATED = {
    "en": "simulated people, nobody's recordings: ",
    "ja": "架空のデータで、誰の記録でもありません：",
}


@dataclass(frozen=True, slots=True)
class OwnNorms:
    """What was made of a site's recordings.

    Attributes:
        fitted: the norms' file.
        persons: whom they are of.
        clips: recordings that count.
        left_out: why, and how many recordings.
        files: of the norms and the scorer, by their path inside a folder of models.
    """

    fitted: FittedNorms = field(repr=False)
    persons: int
    clips: int
    left_out: Mapping[str, int]
    files: Mapping[Path, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made.

    Attributes:
        norms_id: such as "campus/1".
        target: the scorer with them.
        source: whose recordings they are, in words, by locale.
        recordings_sha256: of the file they came from.
    """

    norms_id: str
    target: Target
    source: Mapping[str, str]
    recordings_sha256: str


def own_norms(
    recordings: Sequence[LabelledRecording],
    wanted: Wanted,
    base: Scorer,
    base_card: Card,
    where: str,
) -> OwnNorms:
    """Fits norms to everybody whose recordings may be scored, each once.

    Args:
        recordings: with or without totals, which are not looked at.
        wanted: names and words.
        base: the scorer whose ratios of weights are kept; it weighs the study's figures.
        base_card: its card.
        where: names the file in errors.

    Raises:
        BadRecordings: too few people, several extractors, a copy, or a recording of nobody knows
            whom.
        BadNorms: an id or a source cannot be one.
    """
    persons, left_out = _persons(recordings, where)
    people = average(persons, where)
    fitted = fit_norms(people, wanted.norms_id, _source(wanted))
    seen = {*digests_of(each for some in persons.values() for each in some), *fitted_to(base_card)}
    return OwnNorms(
        fitted=fitted,
        persons=len(people.values),
        clips=people.clips,
        left_out=left_out,
        files=_files(fitted, sorted(seen), wanted, base, base_card),
    )


def _source(wanted: Wanted) -> Mapping[str, str]:
    if not wanted.target.simulated:
        return wanted.source
    return {locale: f"{_SIMULATED[locale]}{text}" for locale, text in wanted.source.items()}


def _persons(
    recordings: Sequence[LabelledRecording], where: str
) -> tuple[Mapping[str, Sequence[Summary]], Mapping[str, int]]:
    persons: dict[str, list[Summary]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    for each in recordings:
        person = person_of(each, where)
        if each.summary is None:
            left_out["the recording was refused"] += 1
        elif recording_faults(each.summary.quality):
            left_out["the recording is not good enough to be scored"] += 1
        else:
            persons[person].append(each.summary)
    no_copies([summary for some in persons.values() for summary in some], where)
    return persons, dict(left_out)


def _files(
    fitted: FittedNorms, seen: list[str], wanted: Wanted, base: Scorer, base_card: Card
) -> dict[Path, bytes]:
    norms_file, target = fitted.text.encode(), wanted.target
    norms = parse_norms(norms_file, wanted.norms_id)
    ratios = weights_of(base)
    weights = ratios / composite_scale(ratios, norms)
    graph = graph_of(weights, simulated=target.simulated)
    described = Description(
        stem=stem_of(target.scorer_id),
        summary=f"The weights of {base.id} against norms of a site's own people.",
        licence="the site's own; see LICENSE-MODELS for the weights and the head it stands on",
        source=f"the site's own, made of {made_of(simulated=target.simulated)}",
        provenance={
            "norms": {"id": wanted.norms_id, "sha256": hashlib.sha256(norms_file).hexdigest()},
            "extractor_ids": [norms.extractor_id],
            "base": {"id": base.id, "sha256": base_card.sha256},
            "recordings": {"sha256": wanted.recordings_sha256, "people": norms.label.persons},
            FITTED_TO: seen,
            "weights": rounded(weights),
            "largest_z": LARGEST_Z,
            "steps": ["weights of the base", "scaled to variance 1 under the norms' correlations"],
        }
        | ({"simulated": True} if target.simulated else {}),
        metrics={
            "performance": "not established",
            "validated_on": "nothing: no label of any person was looked at",
        },
    )
    card = card_text(graph, norms, described).encode()
    return {norms_path(wanted.norms_id): norms_file, target.graph: graph, target.card: card}
