"""What was measured in a check: an Observation a unit and group of figures, and one that joins them.

Every number is a component with a unit and a plain name. No observation has a value of its own:
none of the numbers is the result, and a number alone would be taken for one.
"""

from kizashi_models.feedback.texts import texts_of
from kizashi_protocol import INTENSITY_UNITS, ActionUnitFigures, Locale, Summary

from kizashi_agent.takeout import names
from kizashi_agent.takeout.elements import Export, Resource, instant, notes, own, quantity
from kizashi_agent.takeout.figures import (
    EYES_AND_MOUTH,
    HEAD_MOTION,
    INTENSITY,
    PRESENCE,
    RECORDING_QUALITY,
    FigureCode,
)
from kizashi_agent.takeout.holdings import HeldCheck


def observations(export: Export, check: HeldCheck) -> list[Resource]:
    """What was measured in a check, the joining observation first; none where it is held no more."""
    summary = check.summary
    if summary is None:
        return []
    members = _members(export, check, summary)
    joining = _observation(
        export,
        check,
        summary,
        "",
        own("check", export.say("check")),
        hasMember=[{"reference": f"urn:uuid:{each['id']}"} for each in members],
        note=notes(source_notes(export, check)),
    )
    return [joining, *members]


def period(check: HeldCheck) -> Resource:
    """When a check was: a period that ended at its time, and began nobody knows when."""
    return {"end": instant(check.time)}


def source_notes(export: Export, check: HeldCheck) -> list[str]:
    """Where a check was found and what its time is."""
    found = export.say(f"source_{check.source}", address=check.sent_to)
    return [found, export.say("time_before")]


def unit_code(unit: int) -> str:
    """The code of an action unit, such as "AU01"."""
    return f"AU{unit:02d}"


def unit_name(locale: Locale, unit: int) -> str:
    """An action unit's number and plain name, such as "AU01: Inner brow raised"."""
    return f"{unit_code(unit)}: {texts_of(locale).units[unit]}"


def _members(export: Export, check: HeldCheck, summary: Summary) -> list[Resource]:
    groups: tuple[tuple[str, tuple[FigureCode, ...], object], ...] = (
        ("eyes_and_mouth", EYES_AND_MOUTH, summary),
        ("head_motion", HEAD_MOTION, summary.head_motion),
        ("recording_quality", RECORDING_QUALITY, summary.quality),
    )
    units = [_unit(export, check, summary, each) for each in summary.action_units]
    return units + [
        _observation(
            export,
            check,
            summary,
            name,
            own(name.replace("_", "-"), export.say(name)),
            component=_components(export, figures, holder),
        )
        for name, figures, holder in groups
    ]


def _unit(export: Export, check: HeldCheck, summary: Summary, unit: ActionUnitFigures) -> Resource:
    number = unit.action_unit
    figures = (*INTENSITY, *PRESENCE) if number in INTENSITY_UNITS else PRESENCE
    code = unit_code(number)
    return _observation(
        export,
        check,
        summary,
        code,
        own(code, unit_name(export.locale, number)),
        component=_components(export, figures, unit),
        note=notes([export.say("unit_note")]),
    )


def _components(export: Export, figures: tuple[FigureCode, ...], holder: object) -> list[Resource]:
    given = [(each, getattr(holder, each.field)) for each in figures]
    return [
        {
            "code": own(each.code, export.say(each.field)),
            "valueQuantity": quantity(value, each.unit, each.ucum),
        }
        for each, value in given
        if value is not None
    ]


def _observation(
    export: Export,
    check: HeldCheck,
    summary: Summary,
    part: str,
    code: Resource,
    **content: object,
) -> Resource:
    return export.resource(
        "Observation",
        names.observation_part(check.name, part),
        language=export.locale,
        status="final",
        code=code,
        subject=export.subject,
        effectivePeriod=period(check),
        device=export.reference("Device", names.extractor(summary.extractor_id)),
        **content,
    )
