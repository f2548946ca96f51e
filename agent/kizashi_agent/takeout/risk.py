"""What a check said: a RiskAssessment a feedback and an entry of the trend.

The band is given in words, and there is no probability in any of them: the evidence carries none.
"""

from datetime import date, timedelta

from kizashi_protocol import Band, Feedback, HelpResource, Locale, TrendEntry

from kizashi_agent.takeout import names
from kizashi_agent.takeout.elements import Export, Resource, narrative, notes, own
from kizashi_agent.takeout.holdings import HeldCheck, HeldTrend
from kizashi_agent.takeout.observations import period, source_notes
from kizashi_agent.words import say

_EPOCH = date(1970, 1, 1)


def feedback_assessment(export: Export, check: HeldCheck, feedback: Feedback) -> Resource:
    """The feedback on a check, in the language it came in beside that of the export."""
    said = (feedback.headline, *feedback.paragraphs, *feedback.contributions)
    told = [
        export.say("feedback_not_diagnosis"),
        *source_notes(export, check),
        *said,
        *(export.say("help", help=_help(each)) for each in feedback.help),
    ]
    joining = names.joining_observation(check.name)
    measured = [] if check.summary is None else [export.reference("Observation", joining)]
    return _assessment(
        export,
        check.name,
        feedback,
        "feedback",
        told,
        basis=measured,
        occurrencePeriod=period(check),
    )


def trend_assessments(export: Export, trend: HeldTrend) -> list[Resource]:
    """The entries of a trend; the day of each is all that is known of its time."""
    return [
        _assessment(
            export,
            names.trend_entry(trend.invite, number),
            entry,
            "trend",
            [export.say("feedback_not_diagnosis")],
            occurrenceDateTime=(_EPOCH + timedelta(days=entry.day)).isoformat(),
        )
        for number, entry in enumerate(trend.entries)
    ]


def band_code(band: Band | None) -> str:
    """The code of a band; of an abstention too."""
    return "band-cannot-tell" if band is None else f"band-{band.replace('_', '-')}"


def band_words(locale: Locale, band: Band | None) -> str:
    """A band in words."""
    return say(locale, "band_none" if band is None else f"band_{band}")


def _assessment(
    export: Export,
    name: str,
    found: Feedback | TrendEntry,
    kind: str,
    told: list[str],
    **content: object,
) -> Resource:
    band = own(band_code(found.band), band_words(export.locale, found.band))
    rests = export.say("feedback_rests", scorer=found.scorer_id, norms=found.norms_id)
    return export.resource(
        "RiskAssessment",
        name,
        language=export.locale,
        text=narrative([export.say(kind), band["text"], *told, rests]),
        status="final",
        code=own(kind, export.say(kind)),
        method={"text": rests},
        subject=export.subject,
        performer=export.reference("Device", names.scorer(found)),
        prediction=[{"qualitativeRisk": band}],
        note=notes(told),
        **content,
    )


def _help(resource: HelpResource) -> str:
    parts = (
        resource.name,
        resource.description,
        resource.hours,
        resource.phone,
        resource.address,
    )
    return "; ".join(filter(str.strip, parts))
