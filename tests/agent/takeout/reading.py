"""Reads a bundle as a clinic's software would: with the R5 models of `fhir.resources`."""

import json
from collections.abc import Iterator
from typing import Any

from fhir.resources import get_fhir_model_class


def checked(bundle: dict[str, Any]) -> dict[str, Any]:
    """The bundle, every resource of it valid R5, written back as it was and within reach."""
    _round_trips(bundle)
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(addresses)) == len(addresses), "two resources have one address"
    for entry in bundle["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"
        _round_trips(entry["resource"])
    led_to = set(references(bundle))
    assert led_to <= set(addresses), "a reference leads out of the bundle"
    return bundle


def of_kind(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of one kind, in their order."""
    found = (entry["resource"] for entry in bundle["entry"])
    return [each for each in found if each["resourceType"] == kind]


def references(value: Any) -> Iterator[str]:
    """Every reference in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def _round_trips(resource: dict[str, Any]) -> None:
    model = get_fhir_model_class(resource["resourceType"])
    written = model.model_validate_json(json.dumps(resource)).model_dump_json()
    assert _as_json(written) == _as_json(json.dumps(resource))


def _as_json(text: str) -> Any:
    # 1 and 1.0 are one number in JSON.
    return json.loads(text, parse_int=float, parse_float=float)
