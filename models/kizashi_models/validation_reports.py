"""Reports of validations: read strictly, and which of a site's reports on a scorer is told.

`kizashi-server validate` writes a report as JSON; a site puts it into the folder "validations"
beside its scorers. Its key "told" is read here; whatever else stands in it is for its readers.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

from kizashi_models.card import Card
from kizashi_models.errors import BadValidation
from kizashi_models.labelled_recordings import HIGHEST_TOTAL, Instrument
from kizashi_models.strict_json import Reader
from kizashi_models.validation import LEAST_OF_EITHER, Estimate, Share, Validation
from kizashi_models.wilson import wilson_interval

VALIDATION_FORMAT = 1
VALIDATIONS_FOLDER = "validations"

# An interval as it was written and as it is worked out again differ by rounding alone.
_ROUNDING = 1e-6
# Of the standard error of a share of all the people, what an AUC's can fall to. Judgement: a quarter
# is the least that thousands of simulated samples gave, near 1; a slip is caught all the same.
_LEAST_AREA_ERROR = 0.125
_SHA256 = re.compile(r"[0-9a-f]{64}")


def scorer_digest(card: Card) -> str:
    """SHA-256, in lower-case hexadecimal, of all in a card that a scorer's figures rest on.

    That is its graph, which figures it reads, the norms, the extractors, and the limits of its
    probability: with any of them another, bands or probabilities come out otherwise.
    """
    parts = {
        "graph": card.sha256,
        "figures": card.inputs[0].labels,
        "norms": card.provenance.get("norms"),
        "extractor_ids": card.provenance.get("extractor_ids"),
        "calibration": card.metrics.get("calibration"),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def parse_validation(text: str | bytes, where: str, today: date) -> Validation:
    """A validation from the JSON text of a report; `where` names it in errors.

    Raises:
        BadValidation: not JSON, a key missing or unknown, a value that cannot be, a day that is
            after `today`, or an interval that so many people do not give.
    """
    reader = Reader(where, BadValidation)
    report = reader.document(text)
    if not isinstance(report, dict) or report.get("validation") != VALIDATION_FORMAT:
        raise reader.fault(f"it is no validation report of format {VALIDATION_FORMAT}")
    table = reader.table(
        report.get("told"),
        "told",
        "scorer_id scorer_digest day instrument case_from people cases auc sensitivity specificity "
        "slope intercept shares",
        optional="stated_prevalence simulated",
    )
    instrument = _instrument(reader, table["instrument"])
    people = reader.count(table["people"], "people")
    cases = reader.count(table["cases"], "cases", low=0)
    others = people - cases
    case_from = reader.count(table["case_from"], "case_from")
    if case_from > HIGHEST_TOTAL[instrument]:
        raise reader.fault("no total makes a case")
    if min(cases, others) < LEAST_OF_EITHER:
        raise reader.fault(f"there are not {LEAST_OF_EITHER} cases and {LEAST_OF_EITHER} others")
    return Validation(
        scorer_id=reader.words(table["scorer_id"], "scorer_id"),
        scorer_digest=_sha256(reader, table["scorer_digest"]),
        day=_day(reader, table["day"], today),
        instrument=instrument,
        case_from=case_from,
        people=people,
        cases=cases,
        auc=_area(reader, table["auc"], people),
        sensitivity=_proportion(reader, table["sensitivity"], "sensitivity", cases),
        specificity=_proportion(reader, table["specificity"], "specificity", others),
        slope=_optional(reader, table["slope"], "slope"),
        intercept=_optional(reader, table["intercept"], "intercept"),
        shares=_shares(reader, table["shares"], people, cases),
        stated_prevalence=_prevalence(reader, table.get("stated_prevalence")),
        simulated=_truth(reader, table.get("simulated", False), "simulated"),
    )


def report_told(folder: Path | None, scorer_id: str, digest: str, today: date) -> Validation | None:
    """The report on this very scorer whose figures are told, or None.

    The newest report decides, and where it does not carry its figures an older one is told only if
    it has more people than every report since and each of those agrees with it.

    Reports of simulated people count for nothing. Of those of one day the one of more people counts
    as newer, and of as many the worse.

    Args:
        folder: a site's own folder of models; reports are in its "validations".
        scorer_id: such as "research-prior/1".
        digest: the scorer's, as `scorer_digest` makes it.
        today: no report is from a later day.

    Raises:
        BadValidation: a report there cannot be read, on whichever scorer it is.
    """
    reports: Traversable | None = None if folder is None else folder / VALIDATIONS_FOLDER
    if reports is None or not reports.is_dir():
        return None
    found = [
        parse_validation(entry.read_bytes(), entry.name, today)
        for entry in sorted(reports.iterdir(), key=lambda each: each.name)
        if entry.name.endswith(".json")
    ]
    return _deciding(
        each
        for each in found
        if (each.scorer_id, each.scorer_digest) == (scorer_id, digest) and not each.simulated
    )


def _deciding(reports: Iterable[Validation]) -> Validation | None:
    since: list[Validation] = []
    for each in sorted(reports, key=_newest_first):
        stands = all(one.people < each.people and one.agrees_with(each) for one in since)
        if each.carries and stands:
            return each
        since.append(each)
    return None


def _newest_first(report: Validation) -> tuple[int, int, bool, float]:
    return -report.day.toordinal(), -report.people, report.carries, report.auc.value


def _instrument(reader: Reader, value: object) -> Instrument:
    try:
        return Instrument(reader.words(value, "instrument"))
    except ValueError:
        raise reader.fault(f"the instrument is none of: {', '.join(Instrument)}") from None


def _sha256(reader: Reader, value: object) -> str:
    text = reader.words(value, "scorer_digest")
    if not _SHA256.fullmatch(text):
        raise reader.fault("scorer_digest is not 64 hexadecimal digits in lower case")
    return text


def _day(reader: Reader, value: object, today: date) -> date:
    try:
        day = date.fromisoformat(reader.words(value, "day"))
    except ValueError:
        raise reader.fault("day is not a date as ISO 8601 writes it") from None
    if day > today:
        raise reader.fault(f"its day, {day}, lies ahead of this machine's clock")
    return day


def _optional(reader: Reader, value: object, name: str) -> Estimate | None:
    return None if value is None else _estimate(reader, value, name, -1e6, 1e6)


def _prevalence(reader: Reader, value: object) -> float | None:
    return None if value is None else reader.number(value, "stated_prevalence", 0, 1)


def _truth(reader: Reader, value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise reader.fault(f"{name} is neither true nor false")
    return value


def _estimate(reader: Reader, value: object, name: str, low: float, high: float) -> Estimate:
    table = reader.table(value, name, "value low high")
    found = Estimate(
        *(reader.number(table[key], f"{name}.{key}", low, high) for key in ("value", "low", "high"))
    )
    if not found.low <= found.value <= found.high:
        raise reader.fault(f"{name} lies outside its own interval")
    return found


def _area(reader: Reader, value: object, people: int) -> Estimate:
    found = _estimate(reader, value, "auc", 0, 1)
    of_a_share = 1.96 * math.sqrt(found.value * (1 - found.value) / people)
    if found.half_width == 0 or found.half_width < _LEAST_AREA_ERROR * of_a_share:
        raise reader.fault(f"{people} people give no auc an interval so narrow")
    return found


def _proportion(reader: Reader, value: object, name: str, people: int) -> Estimate:
    found = _estimate(reader, value, name, 0, 1)
    share = round(found.value * people) / people
    expected = (share, *wilson_interval(share, people))
    there = (found.value, found.low, found.high)
    if any(abs(one - other) > _ROUNDING for one, other in zip(expected, there, strict=True)):
        raise reader.fault(f"{name} has not the value or the interval that {people} people give it")
    return found


def _shares(reader: Reader, value: object, people: int, cases: int) -> tuple[Share, ...]:
    if not isinstance(value, list):
        raise reader.fault("shares is not a list")
    found = tuple(_share(reader, each) for each in value)
    if not _in_order(found):
        raise reader.fault("the ranges of shares overlap or are not in order")
    counted, of_them = sum(each.people for each in found), sum(each.cases for each in found)
    if of_them > cases or counted - of_them > people - cases:
        raise reader.fault("shares have more cases or more others than the people they are of")
    return found


def _share(reader: Reader, value: object) -> Share:
    table = reader.table(value, "a share", "low high people cases expected")
    low, high, expected = (
        reader.number(table[key], f"a share's {key}", 0, 1) for key in ("low", "high", "expected")
    )
    people, cases = (
        reader.count(table[key], f"a share's {key}", low=0) for key in ("people", "cases")
    )
    if not low <= expected <= high or low == high or cases > people:
        raise reader.fault("a share has no range, a mean outside it, or more cases than people")
    return Share(low, high, people, cases, expected)


def _in_order(shares: Sequence[Share]) -> bool:
    return all(first.high <= second.low for first, second in pairwise(shares))
