"""All that is held about a person as one FHIR R5 Bundle of type collection (hl7.org/fhir/R5).

Every reference in it leads to a resource in it, so that it can be read without asking anybody.
"""

from kizashi_agent.takeout.code_system import code_system
from kizashi_agent.takeout.consents import consent_resource, erasure_document, organizations
from kizashi_agent.takeout.devices import devices, provenance
from kizashi_agent.takeout.elements import Export, Resource, instant, narrative
from kizashi_agent.takeout.holdings import HeldCheck, Holdings
from kizashi_agent.takeout.lists import lists
from kizashi_agent.takeout.observations import observations
from kizashi_agent.takeout.questionnaires import entered_totals, questionnaire_resources
from kizashi_agent.takeout.risk import feedback_assessment, trend_assessments


def bundle(export: Export, holdings: Holdings) -> Resource:
    """The bundle: the person, who holds what, then every thing that is held."""
    found = [
        _patient(export),
        *lists(export, holdings),
        *(each for check in holdings.checks for each in _of_check(export, check)),
        *(each for trend in holdings.trends for each in trend_assessments(export, trend)),
        *questionnaire_resources(export, holdings.answered),
        *entered_totals(export, holdings.entered),
        *(consent_resource(export, each) for each in holdings.consents),
        *organizations(export, holdings.consents),
        *(erasure_document(export, each) for each in holdings.erasures),
        *devices(export, holdings),
        code_system(export),
    ]
    return export.resource(
        "Bundle",
        language=export.locale,
        identifier=export.own_identifier("Bundle"),
        type="collection",
        timestamp=instant(export.time),
        entry=[{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in found],
    )


def _patient(export: Export) -> Resource:
    return export.resource(
        "Patient",
        language=export.locale,
        text=narrative([export.say("patient_note")]),
        identifier=[export.own_identifier("Patient")],
    )


def _of_check(export: Export, check: HeldCheck) -> list[Resource]:
    measured = observations(export, check)
    said = [] if check.feedback is None else [feedback_assessment(export, check, check.feedback)]
    return [*measured, *said, *provenance(export, check, measured)]
