"""From labelled recordings and a scorer to a report; the day and the seed are handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np
from kizashi_models.card import Card
from kizashi_models.fitted_to import FITTED_TO, seen_among
from kizashi_models.labelled_recordings import LabelledRecording, simulated
from kizashi_models.scorer import Scorer
from kizashi_models.validation_reports import scorer_digest

from kizashi_server.errors import ValidationRefused
from kizashi_server.validation.people import Question, people_of
from kizashi_server.validation.report import Report, make_report
from kizashi_server.validation.simulated import REPLICATES, Appendix, simulate_appendix
from kizashi_server.validation.study import Source, Study, Subject


def validate_scorer(  # noqa: PLR0913, PLR0917 - which scorer, on which people, asked what, and when
    recordings: Sequence[LabelledRecording],
    sha256: str,
    where: str,
    scorer: Scorer,
    card: Card,
    question: Question,
    day: date,
    seed: int,
    replicates: int = REPLICATES,
) -> Report:
    """Measures a scorer on a file of labelled recordings.

    Args:
        recordings: what stands in the file.
        sha256: of the file's bytes, in lower-case hexadecimal.
        where: its name, for errors.
        scorer: what is measured.
        card: the scorer's.
        question: who counts as a case, among whom.
        day: of the report.
        seed: of the appendix.
        replicates: samples of each kind in the appendix.

    Raises:
        BadRecordings: the recordings do not fit, or are too few.
        BadCard: the card does not say whom it was fitted to as cards do.
        ValidationRefused: the scorer was fitted to this file or to recordings in it.
    """
    if sha256 in _texts(card.provenance):
        raise ValidationRefused(
            f"scorer {scorer.id} was fitted to {where}",
            f"The scorer {scorer.id} was fitted to {where}, and on those people it is better than "
            "on any others. Nothing was measured: take recordings of people it has not seen.",
            reason="FITTED_ON_THESE",
        )
    _require_unseen(recordings, where, scorer.id, card)
    people = people_of(recordings, scorer, question, where)
    source = Source(sha256, day, seed, simulated(recordings))
    study = Study(_subject(scorer, card), source, question)

    def simulate(size: int, prevalence: float) -> Appendix:
        random = np.random.default_rng(seed)
        return simulate_appendix(scorer, size, prevalence, random, replicates)

    return make_report(people, study, simulate, where)


def _require_unseen(
    recordings: Sequence[LabelledRecording], where: str, scorer_id: str, card: Card
) -> None:
    measured = [each for each in recordings if each.summary is not None]
    seen = seen_among(card, [each.summary for each in measured if each.summary is not None])
    if not seen:
        return
    lines = ", ".join(str(measured[place].line) for place in seen)
    raise ValidationRefused(
        f"{len(seen)} recordings of {where} are among those {scorer_id} was fitted to",
        f"{len(seen)} of these {len(recordings)} recordings are among those that the scorer "
        f"{scorer_id} was fitted to, and on those people it is better than on any others. Nothing "
        f"was measured: leave them out, and everybody else whom it has seen. Lines: {lines}.",
        reason="FITTED_ON_THESE",
    )


def _texts(value: object) -> Iterator[str]:
    """Every text in what a card says of its provenance, wherever it stands."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _subject(scorer: Scorer, card: Card) -> Subject:
    return Subject(
        scorer_id=scorer.id,
        sha256=card.sha256,
        digest=scorer_digest(card),
        summary=card.summary,
        figures=tuple(each.name for each in scorer.figures),
        norms=scorer.norms.label,
        extractor_id=scorer.norms.extractor_id,
        mode=scorer.norms.mode,
        names_whom=FITTED_TO in card.provenance,
        has_probability=any(each.name == "probability" for each in card.outputs),
    )
