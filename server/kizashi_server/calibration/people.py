"""Whom a scorer may be fitted to: everybody once, measured well enough, with a total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.errors import BadRecordings
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.labelled_recordings import (
    Instrument,
    LabelledRecording,
    no_copies,
    of_one_extractor,
    one_each,
)
from kizashi_models.norms import Norms
from kizashi_models.norms_fitting import LEAST_SPREAD
from kizashi_models.recording_floor import recording_faults
from kizashi_models.scorer_writing import LARGEST_Z
from kizashi_protocol.summary import Summary
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class People:
    """People that a scorer is fitted to; row i is person i.

    Attributes:
        z: (n, 6), the study's figures against the norms, each limited to -3..3.
        cases: (n,), bool.
        instrument: whose total says who is a case.
        case_from: the total from which on.
        left_out: why and how many, of those that are not among them.
    """

    z: NDArray[np.float64] = field(repr=False)
    cases: NDArray[np.bool_] = field(repr=False)
    instrument: Instrument
    case_from: int
    left_out: Mapping[str, int] = field(hash=False)

    @property
    def case_count(self) -> int:
        """How many are cases."""
        return int(self.cases.sum())

    @property
    def other_count(self) -> int:
        """How many are not."""
        return len(self.cases) - self.case_count


def people_of(
    recordings: Sequence[LabelledRecording],
    norms: Norms,
    instrument: Instrument,
    case_from: int,
    where: str,
) -> People:
    """Those of the recordings that count.

    Args:
        recordings: as they were read.
        norms: what their figures are compared with.
        instrument: whose total is asked for.
        case_from: the total from which somebody is a case.
        where: names the file in errors.

    Raises:
        BadRecordings: somebody is in it twice, extractors are mixed or not the norms', nobody or
            everybody is a case, or nobody differs in a figure.
    """
    _refuse_other_extractors(recordings, norms, where)
    fitting: list[tuple[Summary, int]] = []
    left_out: Counter[str] = Counter()
    for each in one_each(recordings, where):
        reason = _reason_to_leave_out(each, instrument)
        if reason is not None:
            left_out[reason] += 1
        elif each.summary is not None and each.questionnaire is not None:
            fitting.append((each.summary, each.questionnaire.total))
    cases = np.array([total >= case_from for _, total in fitting], np.bool_)
    if not cases.any() or cases.all():
        raise BadRecordings(where, _one_group(len(fitting), instrument, case_from, left_out))
    summaries = [summary for summary, _ in fitting]
    no_copies(summaries, where)
    _refuse_constant_figures(summaries, where)
    z = np.stack([norms.z(STUDY_FIGURES, summary) for summary in summaries])
    limited = np.clip(z, -LARGEST_Z, LARGEST_Z)
    return People(limited, cases, instrument, case_from, dict(left_out))


def _refuse_other_extractors(
    recordings: Sequence[LabelledRecording], norms: Norms, where: str
) -> None:
    extractor, mode = of_one_extractor(recordings, where)
    if (extractor, mode) != (norms.extractor_id, norms.mode):
        raise BadRecordings(
            where,
            f"it is from extractor {extractor} ({mode}), and norms {norms.label.id} are for "
            f"{norms.extractor_id} ({norms.mode})",
        )


def _reason_to_leave_out(recording: LabelledRecording, instrument: Instrument) -> str | None:
    if recording.summary is None:
        return "the recording was refused"
    if recording.questionnaire is None:
        return "no total"
    if recording.questionnaire.instrument is not instrument:
        return f"total of another questionnaire than the {instrument}"
    if recording_faults(recording.summary.quality):
        return "the recording is not good enough to be scored"
    return None


def _one_group(
    people: int, instrument: Instrument, case_from: int, left_out: Mapping[str, int]
) -> str:
    if people:
        return (
            f"people with totals of the {instrument} below {case_from} and from {case_from} up are "
            "both needed, and all are on one side"
        )
    reasons = "; ".join(f"{count}: {reason}" for reason, count in left_out.items())
    return f"nobody in it can be counted ({reasons})"


def _refuse_constant_figures(summaries: Sequence[Summary], where: str) -> None:
    values = np.array([[figure.of(each) for figure in STUDY_FIGURES] for each in summaries])
    constant = [
        figure.name
        for figure, spread in zip(STUDY_FIGURES, values.std(axis=0), strict=True)
        if spread < LEAST_SPREAD
    ]
    if constant:
        raise BadRecordings(
            where, f"nobody differs in {', '.join(constant)}, so that its weight cannot be found"
        )
