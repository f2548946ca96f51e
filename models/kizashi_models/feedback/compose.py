"""Composes feedback from a score or an abstention: which words, in which order.

The words themselves are data (`en.toml`, `ja.toml`). What follows from the design of the words:
a result enters them only as its band, whether it is borderline, each unit's direction, and which
others of a validation came out alike, so that no number about the person can; what does not depend
on the band is the same for every band; help and next steps are there for everybody. How well the
scorer works is told from a validation that carries it, and is "not established" without one.
"""

from __future__ import annotations

from collections.abc import Sequence

from kizashi_protocol.consent import Locale
from kizashi_protocol.reply import Band, Feedback, HelpResource

from kizashi_models.feedback.help_resources import help_resources
from kizashi_models.feedback.natural_frequencies import (
    HOPED_AUC,
    PEOPLE,
    SPECIFICITY,
    NaturalFrequencies,
    hoped_for,
    natural_frequencies,
)
from kizashi_models.feedback.texts import Paragraphs, Texts, texts_of
from kizashi_models.figures import SPEECH_FIGURES
from kizashi_models.scorer import Abstention, AbstentionReason, Score
from kizashi_models.validation import Share, Validation

# Whose evidence the paragraph on the study tells. Any other scorer's is for its site to tell.
_RESEARCH_PRIOR = "research-prior/"
_SPEECH_UNITS = frozenset(figure.action_unit for figure in SPEECH_FIGURES)


def compose(
    result: Score | Abstention, locale: Locale, help_first: Sequence[HelpResource]
) -> Feedback:
    """The words for a result.

    Args:
        result: what `scorer.score` returned.
        locale: language of the words.
        help_first: the site's own contacts, shown before the packaged ones.
    """
    texts = texts_of(locale)
    band: Band | None = None
    contributions: tuple[str, ...] = ()
    match result:
        case Score():
            band, headline = result.band, texts.headline[result.band]
            paragraphs = _of_score(result, texts, locale)
            contributions = _contributions(result, texts)
        case Abstention():
            headline = texts.abstention.headline
            paragraphs = _of_abstention(result, texts)
    return Feedback(
        band=band,
        locale=locale,
        headline=headline,
        paragraphs=paragraphs,
        contributions=contributions,
        help=(*help_first, *help_resources(locale)),
        scorer_id=result.scorer_id,
        norms_id=result.norms_id,
    )


def _of_score(score: Score, texts: Texts, locale: Locale) -> tuple[str, ...]:
    words = texts.paragraphs
    compared = words.compared.format(
        count=len(score.contributions),
        persons=score.norms.persons,
        clips=score.norms.clips,
        source=score.norms.source[locale],
    )
    speaks = any(part.action_unit in _SPEECH_UNITS for part in score.contributions)
    meaning = texts.meaning if score.validation is None else texts.meaning_measured
    ours = score.scorer_id.startswith(_RESEARCH_PRIOR)
    return (
        compared,
        meaning[score.band],
        *([words.borderline] if score.borderline else []),
        words.study if ours else words.own_scorer.format(scorer_id=score.scorer_id),
        *([words.speaking] if speaks else []),
        *_performance(score, words),
        words.next_step,
        words.label,
    )


def _performance(score: Score, words: Paragraphs) -> tuple[str, ...]:
    if score.validation is None:
        return (words.not_established, _frequencies(words.frequencies))
    return (
        _measured(words.measured, score.validation),
        _measured_frequencies(words.measured_frequencies, score.validation),
        *([] if score.share is None else [_share(words.share, score.share)]),
    )


def _of_abstention(abstention: Abstention, texts: Texts) -> tuple[str, ...]:
    match abstention.reason:
        case AbstentionReason.RECORDING:
            why = texts.abstention.recording
        case AbstentionReason.UNSTEADY:
            why = texts.abstention.unsteady
    words = texts.paragraphs
    faults = (texts.faults[fault] for fault in abstention.faults)
    validation = abstention.validation
    performance = (
        words.not_established if validation is None else _measured(words.measured, validation)
    )
    return (why, *faults, performance, words.next_step, words.label)


def _contributions(score: Score, texts: Texts) -> tuple[str, ...]:
    return tuple(
        texts.unit_line.format(
            name=texts.units[part.action_unit], direction=texts.direction[part.direction]
        )
        for part in score.contributions
    )


def _frequencies(template: str) -> str:
    expected = hoped_for()
    return template.format(
        auc=f"{HOPED_AUC:.2f}".removeprefix("0"),
        people=f"{expected.people:,}",
        cases=expected.cases,
        flagged=expected.flagged,
        rightly=expected.rightly,
        wrongly=expected.wrongly,
        missed=expected.missed,
        one_in=round(1 / (1 - SPECIFICITY)),
    )


def _measured(template: str, validation: Validation) -> str:
    return template.format(
        people=f"{validation.people:,}",
        instrument=validation.instrument,
        day=validation.day.isoformat(),
    )


def _measured_frequencies(template: str, validation: Validation) -> str:
    found = validation.sensitivity

    def outcomes(sensitivity: float) -> NaturalFrequencies:
        return natural_frequencies(
            PEOPLE, validation.prevalence, sensitivity, validation.specificity.value
        )

    expected = outcomes(found.value)
    return template.format(
        people=f"{expected.people:,}",
        cases=expected.cases,
        flagged=expected.flagged,
        rightly=expected.rightly,
        wrongly=expected.wrongly,
        missed=expected.missed,
        fewest=outcomes(found.low).rightly,
        most=outcomes(found.high).rightly,
    )


def _share(template: str, share: Share) -> str:
    return template.format(
        people=share.people, cases=share.cases, others=share.people - share.cases
    )
