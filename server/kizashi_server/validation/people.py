"""What a scorer makes of each person of a file of labelled recordings, and whether they are a case.

Everybody counts once. What does not fit together, or could not show anything, is refused here, so
that whatever comes out can be counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.errors import BadRecordings
from kizashi_models.figures import Figure
from kizashi_models.labelled_recordings import (
    Instrument,
    LabelledRecording,
    no_copies,
    of_one_extractor,
    one_each,
)
from kizashi_models.norms_fitting import without_spread
from kizashi_models.scorer import Abstention, Score, Scorer, score
from kizashi_protocol.reply import Band
from kizashi_protocol.summary import Summary
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a scorer.

    Attributes:
        instrument: whose total says who is a case.
        case_from: the total from which on, 1 or more.
        prevalence: of cases among those the scorer is for, above 0 and below 1; None where the
            people measured are a sample of them.
    """

    instrument: Instrument
    case_from: int
    prevalence: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person: what their recording came to, and what the questionnaire said.

    Attributes:
        groups: their group by trait.
        case: None where there is no total of the instrument.
        refused: why the recording gate refused, or None.
        abstained: why the scorer gave no band; empty where it gave one or had no summary.
        composite: None without a band.
        flagged: whether the band is "more".
        probability: None without a band, and where the scorer gives none.
    """

    groups: Mapping[str, str] = field(repr=False, hash=False)
    case: bool | None = field(repr=False)
    refused: str | None = None
    abstained: tuple[str, ...] = ()
    composite: float | None = field(default=None, repr=False)
    flagged: bool = field(default=False, repr=False)
    probability: float | None = field(default=None, repr=False)

    @property
    def scored(self) -> bool:
        """Whether there is a band."""
        return self.composite is not None

    @property
    def counts(self) -> bool:
        """Whether there is a band and a total, so that figures of performance rest on them too."""
        return self.scored and self.case is not None


def people_of(
    recordings: Sequence[LabelledRecording], scorer: Scorer, question: Question, where: str
) -> tuple[Person, ...]:
    """Scores everybody, in the order of the recordings. `where` names the file in errors.

    Raises:
        BadRecordings: somebody is in it twice or may be, a recording is a copy of another, extractors or modes are mixed or are not
            those of the scorer's norms, nobody has a total of the instrument, or all recordings
            have the same value of a figure that the scorer reads.
    """
    one_each(recordings, where)
    extractor_id, mode = of_one_extractor(recordings, where)
    norms = scorer.norms
    if (extractor_id, mode) != (norms.extractor_id, norms.mode):
        raise BadRecordings(
            where,
            f"they were made by {extractor_id} ({mode}), and scorer {scorer.id} compares with "
            f"norms for {norms.extractor_id} ({norms.mode})",
        )
    summaries = [each.summary for each in recordings if each.summary is not None]
    _refuse_constants(scorer.figures, summaries, where)
    no_copies(summaries, where)
    found = tuple(_person(each, scorer, question) for each in recordings)
    if all(each.case is None for each in found):
        raise BadRecordings(where, f"no recording has a total of the {question.instrument}")
    return found


def _refuse_constants(figures: Sequence[Figure], summaries: Sequence[Summary], where: str) -> None:
    if len(summaries) < 2:
        return
    if constant := without_spread(figures, summaries):
        raise BadRecordings(
            where,
            f"{constant[0]} is the same in all {len(summaries)} recordings, as no people are: "
            "measure them again",
        )


def _person(recording: LabelledRecording, scorer: Scorer, question: Question) -> Person:
    groups, case = recording.groups, _case(recording, question)
    if recording.summary is None:
        return Person(groups, case, refused=recording.refused)
    match score(recording.summary, scorer):
        case Abstention() as abstention:
            reasons = tuple(map(str, abstention.faults)) or (str(abstention.reason),)
            return Person(groups, case, abstained=reasons)
        case Score() as result:
            return Person(
                groups,
                case,
                composite=result.composite,
                flagged=result.band is Band.MORE,
                probability=_probability(recording.summary, scorer),
            )


def _case(recording: LabelledRecording, question: Question) -> bool | None:
    answered = recording.questionnaire
    if answered is None or answered.instrument is not question.instrument:
        return None
    return answered.total >= question.case_from


def _probability(summary: Summary, scorer: Scorer) -> float | None:
    z: NDArray[np.float32] = scorer.norms.z(scorer.figures, summary).astype(np.float32)
    probability = scorer.weigh(z[None]).probability
    return None if probability is None else float(probability[0])
