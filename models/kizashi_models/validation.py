"""What a site measured of a scorer on its own people: the part of a validation report that is told.

`kizashi-server validate` writes a report as JSON into the folder "validations" beside the scorers.
Its key "told" is read here, strictly; whatever else stands in it is for readers of the report.

A report is told to people only where it carries that: see `Validation.carries` and
`Validation.carries_shares`. Everywhere else the words stay "not established".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

from kizashi_models.errors import BadValidation
from kizashi_models.labelled_recordings import HIGHEST_TOTAL, Instrument
from kizashi_models.strict_json import Reader

VALIDATION_FORMAT = 1
VALIDATIONS_FOLDER = "validations"

LARGEST_HALF_WIDTH = 0.05
"""Of the 95 % intervals of sensitivity and specificity. Judgement: what is told as a count of
people should be right to five in a hundred; for a sensitivity it takes about 323 cases."""

LARGEST_CALIBRATION_HALF_WIDTH = 0.5
"""Of the 95 % intervals of the calibration's slope and intercept. Judgement: an interval that holds
1 and .3 besides speaks for no calibration. A slope of .5 is of probabilities twice too extreme, and
an intercept of .5 takes 20 in a hundred for 29."""

LEAST_SHARE_PEOPLE = 50
"""People behind a share that is told. Judgement: with fewer its interval says nearly nothing."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; low <= value <= high."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval's width."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the people whose probability came out in a range were cases.

    Attributes:
        low: of the scorer's probability, included; 0 to 1.
        high: excluded.
        people: of the validation, in that range.
        cases: of them.
    """

    low: float
    high: float
    people: int
    cases: int


@dataclass(frozen=True, slots=True)
class Validation:
    """What was measured of one scorer.

    Attributes:
        scorer_id: such as "research-prior/1".
        scorer_sha256: of its ONNX file: figures of another file say nothing of it.
        day: when the report was made.
        instrument: whose total said who is a case.
        case_from: the total from which on.
        people: with a band and a total.
        cases: of them.
        auc: of the composite.
        sensitivity: of the band "more".
        specificity: of the band "more".
        slope: of the calibration of the scorer's probability, 1 where it is right; None where the
            scorer gives none.
        intercept: likewise, 0 where it is right.
        shares: what became of the scorer's probabilities, in ranges from low to high; empty where
            the scorer gives none.
        stated_prevalence: of cases among those the scorer is for, where its people are no sample
            of them; None where they are.
        simulated: whether its people, or some of them, are nobody; its figures are then never told.
    """

    scorer_id: str
    scorer_sha256: str
    day: date
    instrument: Instrument
    case_from: int
    people: int
    cases: int
    auc: Estimate
    sensitivity: Estimate
    specificity: Estimate
    slope: Estimate | None = None
    intercept: Estimate | None = None
    shares: tuple[Share, ...] = field(default=())
    stated_prevalence: float | None = None
    simulated: bool = False

    @property
    def prevalence(self) -> float:
        """Share of cases among those the scorer is for, 0 to 1."""
        stated = self.stated_prevalence
        return self.cases / self.people if stated is None else stated

    @property
    def carries(self) -> bool:
        """Whether its figures may be told: of people, better than chance, known closely enough."""
        return (
            not self.simulated
            and self.auc.low > 0.5
            and max(self.sensitivity.half_width, self.specificity.half_width) <= LARGEST_HALF_WIDTH
        )

    @property
    def carries_shares(self) -> bool:
        """Whether probabilities may be told too: their calibration is known, and is right."""
        return self.carries and all(
            each is not None
            and each.low <= right <= each.high
            and each.half_width <= LARGEST_CALIBRATION_HALF_WIDTH
            for each, right in ((self.slope, 1), (self.intercept, 0))
        )

    def share_of(self, probability: float) -> Share | None:
        """What became of those with about that probability; None where it may not be told."""
        if not self.carries_shares:
            return None
        for each in self.shares:
            if each.low <= probability < each.high:
                return each if each.people >= LEAST_SHARE_PEOPLE else None
        return None


def parse_validation(text: str | bytes, where: str) -> Validation:
    """A validation from the JSON text of a report; `where` names it in errors.

    Raises:
        BadValidation: not JSON, a key missing or unknown, or a value that cannot be.
    """
    reader = Reader(where, BadValidation)
    report = reader.document(text)
    if not isinstance(report, dict) or report.get("validation") != VALIDATION_FORMAT:
        raise reader.fault(f"it is no validation report of format {VALIDATION_FORMAT}")
    table = reader.table(
        report.get("told"),
        "told",
        "scorer_id scorer_sha256 day instrument case_from people cases auc sensitivity specificity "
        "slope intercept shares",
        optional="stated_prevalence simulated",
    )
    instrument = _instrument(reader, table["instrument"])
    people = reader.count(table["people"], "people")
    cases = reader.count(table["cases"], "cases", low=0)
    case_from = reader.count(table["case_from"], "case_from")
    if cases > people or case_from > HIGHEST_TOTAL[instrument]:
        raise reader.fault("there are more cases than people, or no total makes a case")
    return Validation(
        scorer_id=reader.words(table["scorer_id"], "scorer_id"),
        scorer_sha256=_sha256(reader, table["scorer_sha256"]),
        day=_day(reader, table["day"]),
        instrument=instrument,
        case_from=case_from,
        people=people,
        cases=cases,
        auc=_estimate(reader, table["auc"], "auc", 0, 1),
        sensitivity=_estimate(reader, table["sensitivity"], "sensitivity", 0, 1),
        specificity=_estimate(reader, table["specificity"], "specificity", 0, 1),
        slope=_optional(reader, table["slope"], "slope"),
        intercept=_optional(reader, table["intercept"], "intercept"),
        shares=_shares(reader, table["shares"]),
        stated_prevalence=_prevalence(reader, table.get("stated_prevalence")),
        simulated=_truth(reader, table.get("simulated", False), "simulated"),
    )


def newest_that_carries(folder: Path | None, scorer_id: str, sha256: str) -> Validation | None:
    """The newest report on this very scorer whose figures may be told, or None.

    Args:
        folder: a site's own folder of models; reports are in its "validations".
        scorer_id: such as "research-prior/1".
        sha256: of the scorer's ONNX file.

    Raises:
        BadValidation: a report there cannot be read, on whichever scorer it is.
    """
    reports: Traversable | None = None if folder is None else folder / VALIDATIONS_FOLDER
    if reports is None or not reports.is_dir():
        return None
    found = [
        parse_validation(entry.read_bytes(), entry.name)
        for entry in sorted(reports.iterdir(), key=lambda each: each.name)
        if entry.name.endswith(".json")
    ]
    fitting = [
        each
        for each in found
        if (each.scorer_id, each.scorer_sha256) == (scorer_id, sha256) and each.carries
    ]
    return max(fitting, key=lambda each: each.day, default=None)


def _instrument(reader: Reader, value: object) -> Instrument:
    try:
        return Instrument(reader.words(value, "instrument"))
    except ValueError:
        raise reader.fault(f"the instrument is none of: {', '.join(Instrument)}") from None


def _sha256(reader: Reader, value: object) -> str:
    text = reader.words(value, "scorer_sha256")
    if not _SHA256.fullmatch(text):
        raise reader.fault("scorer_sha256 is not 64 hexadecimal digits in lower case")
    return text


def _day(reader: Reader, value: object) -> date:
    try:
        return date.fromisoformat(reader.words(value, "day"))
    except ValueError:
        raise reader.fault("day is not a date as ISO 8601 writes it") from None


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


def _shares(reader: Reader, value: object) -> tuple[Share, ...]:
    if not isinstance(value, list):
        raise reader.fault("shares is not a list")
    found = tuple(_share(reader, each) for each in value)
    if not _in_order(found):
        raise reader.fault("the ranges of shares overlap or are not in order")
    return found


def _share(reader: Reader, value: object) -> Share:
    table = reader.table(value, "a share", "low high people cases")
    low, high = (reader.number(table[key], f"a share's {key}", 0, 1) for key in ("low", "high"))
    people, cases = (
        reader.count(table[key], f"a share's {key}", low=0) for key in ("people", "cases")
    )
    if low >= high or cases > people:
        raise reader.fault("a share has no range, or more cases than people")
    return Share(low, high, people, cases)


def _in_order(shares: Sequence[Share]) -> bool:
    return all(first.high <= second.low for first, second in pairwise(shares))
