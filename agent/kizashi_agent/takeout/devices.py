"""What measured and what scored: a Device each, and the Provenance of what came of them."""

from kizashi_protocol import Feedback, TrendEntry

from kizashi_agent.takeout import names
from kizashi_agent.takeout.elements import Export, Resource, instant, notes
from kizashi_agent.takeout.holdings import HeldCheck, Holdings


def devices(export: Export, holdings: Holdings) -> list[Resource]:
    """This program, and each extractor and scorer that anything held came from, each once."""
    extractors = {each.summary.extractor_id for each in holdings.checks if each.summary is not None}
    scorers = {names.scorer(each): each for each in _scored(holdings)}
    return [
        _device(export, names.PROGRAM, "program", f"Kizashi/{export.version}"),
        *(_device(export, names.extractor(each), "extractor", each) for each in sorted(extractors)),
        *(
            _device(export, name, "scorer", each.scorer_id, each.norms_id)
            for name, each in sorted(scorers.items())
        ),
    ]


def provenance(export: Export, check: HeldCheck, observations: list[Resource]) -> list[Resource]:
    """Where the numbers of a check and its feedback come from."""
    found = []
    if check.summary is not None:
        device = names.extractor(check.summary.extractor_id)
        targets = [{"reference": f"urn:uuid:{each['id']}"} for each in observations]
        found.append(_provenance(export, check, "measured", device, targets))
    if check.feedback is not None:
        target = [export.reference("RiskAssessment", check.name)]
        found.append(_provenance(export, check, "scored", names.scorer(check.feedback), target))
    return found


def _scored(holdings: Holdings) -> list[Feedback | TrendEntry]:
    answered = [each.feedback for each in holdings.checks if each.feedback is not None]
    return [*answered, *(entry for trend in holdings.trends for entry in trend.entries)]


def _device(export: Export, name: str, kind: str, identifier: str, norms: str = "") -> Resource:
    shown, version = _versioned(identifier)
    rests = export.say("feedback_rests", scorer=identifier, norms=norms)
    return export.resource(
        "Device",
        name,
        language=export.locale,
        status="active",
        name=[{"value": shown, "type": "user-friendly-name"}] if shown else None,
        version=[{"value": version}] if version else None,
        type=[{"text": export.say(kind)}],
        note=notes([rests]) if norms else None,
    )


def _versioned(identifier: str) -> tuple[str, str]:
    """Name and version of an identifier such as "research-prior/1"."""
    name, _, version = identifier.strip().rpartition("/")
    return (name.strip(), version.strip()) if name else (identifier.strip(), "")


def _provenance(
    export: Export, check: HeldCheck, activity: str, device: str, targets: list[Resource]
) -> Resource:
    return export.resource(
        "Provenance",
        f"{check.name}/{activity}",
        language=export.locale,
        target=targets,
        patient=export.subject,
        recorded=instant(export.time),
        activity={"text": export.say(activity)},
        agent=[{"who": export.reference("Device", device)}],
    )
