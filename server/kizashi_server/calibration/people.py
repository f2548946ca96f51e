"""Whom a scorer may be fitted to: everybody once, measured well enough, with a total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.errors import BadRecordings
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.fitted_to import digests_of
from kizashi_models.labelled_recordings import (
    Instrument,
    LabelledRecording,
    no_copies,
    of_one_extractor,
    one_each,
)
from kizashi_models.norms import Norms
from kizashi_models.norms_fitting import without_spread
from kizashi_models.scorer import Abstention, AbstentionReason, Scorer, score
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
        digests: of their summaries; see `kizashi_models.fitted_to`.
    """

    z: NDArray[np.float64] = field(repr=False)
    cases: NDArray[np.bool_] = field(repr=False)
    instrument: Instrument
    case_from: int
    left_out: Mapping[str, int] = field(hash=False)
    digests: tuple[str, ...] = field(default=(), repr=False)

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
    base: Scorer,
    instrument: Instrument,
    case_from: int,
    where: str,
) -> People:
    """Those of the recordings that count.

    Args:
        recordings: as they were read.
        base: the scorer that is begun from: their figures are compared with its norms, and whom it
            gives no band is left out, as a validation leaves them out.
        instrument: whose total is asked for.
        case_from: the total from which somebody is a case.
        where: names the file in errors.

    Raises:
        BadRecordings: somebody is in it twice, extractors are mixed or not the norms', nobody or
            everybody is a case, or nobody differs in a figure.
    """
    norms = base.norms
    _refuse_other_extractors(recordings, norms, where)
    fitting: list[tuple[Summary, int]] = []
    left_out: Counter[str] = Counter()
    for each in one_each(recordings, where):
        reason = _reason_to_leave_out(each, base, instrument)
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
    digests = tuple(digests_of(summaries))
    return People(limited, cases, instrument, case_from, dict(left_out), digests)


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


def _reason_to_leave_out(
    recording: LabelledRecording, base: Scorer, instrument: Instrument
) -> str | None:
    if recording.summary is None:
        return "the recording was refused"
    if recording.questionnaire is None:
        return "no total"
    if recording.questionnaire.instrument is not instrument:
        return f"total of another questionnaire than the {instrument}"
    match score(recording.summary, base):
        case Abstention(reason=AbstentionReason.RECORDING):
            return "the recording is not good enough to be scored"
        case Abstention(reason=AbstentionReason.UNSTEADY):
            return f"the halves of the recording disagree too much for a band of {base.id}"
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
    if constant := without_spread(STUDY_FIGURES, summaries):
        raise BadRecordings(
            where, f"nobody differs in {', '.join(constant)}, so that its weight cannot be found"
        )
