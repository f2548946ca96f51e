"""What raters score, in which order they see it, and the forms in which it is kept.

The items are the study's seven (Sci Rep 2025;15:30761). Its wording, and the scale that its raters
answered on, are not known to us: a scale of 1 (not at all) to 7 (very much) is our judgement, and
figures made with it are compared with the study's in direction, not in size.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import IO, Any

from kizashi_models.labelled_recordings import HIGHEST_TOTAL, Instrument, QuestionnaireTotal

from kizashi_study.errors import BadRatings

ITEMS = ("expressive", "natural", "friendly", "likeable", "stiff", "fake", "nervous")
LOWEST, HIGHEST = 1, 7
COLUMNS = ("rater", "participant", "item", "score", "order", "seconds")
"""Of the tidy table, a row for each item of each clip that was scored: `order` is the clip's place
among those, from 1; `seconds` from when it was first shown to when it was scored, the same for its
items. A clip that was left out, for it could not be played, has no row."""

RATER_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Rating:
    """What one rater made of one clip.

    Attributes:
        scores: of every item, `LOWEST` to `HIGHEST`.
        seconds: from when it was shown to when it was scored.
    """

    participant: str
    scores: Mapping[str, int] = field(repr=False, hash=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Rater:
    """Who rates, and in which order: what the file beside the table says.

    Attributes:
        order: participants, as this rater sees them.
        asked: whether the rater was asked for an own questionnaire's total.
        questionnaire: that total; None where none was given.
    """

    name: str
    seed: int
    order: tuple[str, ...]
    asked: bool = False
    questionnaire: QuestionnaireTotal | None = field(default=None, repr=False)


def order_of(participants: Iterable[str], rater: str, seed: int) -> tuple[str, ...]:
    """The participants in an order of this rater's own: another for each name and each seed."""
    drawn = sorted(participants)
    digest = hashlib.sha256(f"{seed}\n{rater}".encode()).digest()
    Random(int.from_bytes(digest)).shuffle(drawn)  # noqa: S311 - an order, not a secret
    return tuple(drawn)


def write_rater(rater: Rater, file: IO[str]) -> None:
    """Writes what `read_rater` reads."""
    told = rater.questionnaire
    value = {
        "rater_format": RATER_FORMAT,
        "rater": rater.name,
        "seed": rater.seed,
        "items": ITEMS,
        "scale": [LOWEST, HIGHEST],
        "order": rater.order,
        "asked": rater.asked,
        "questionnaire": told and {"instrument": told.instrument.value, "total": told.total},
    }
    json.dump(value, file, ensure_ascii=False, indent=1)


def read_rater(text: str, where: str) -> Rater:
    """Reads what is kept of a rater.

    Raises:
        BadRatings: it is something else.
    """
    try:
        value = json.loads(text)
        if (value["rater_format"], value["items"], value["scale"]) != (
            RATER_FORMAT,
            list(ITEMS),
            [LOWEST, HIGHEST],
        ):
            raise BadRatings(where, "it is of another version, with other items or another scale.")
        return Rater(
            name=_text(value["rater"]),
            seed=_whole(value["seed"]),
            order=_different(map(_text, value["order"])),
            asked=value["asked"] is True,
            questionnaire=read_questionnaire(value["questionnaire"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _changed(where) from None


def read_questionnaire(value: Any) -> QuestionnaireTotal | None:
    """An instrument with its total, or None for None.

    Raises:
        ValueError: it is neither.
    """
    if value is None:
        return None
    instrument, total = Instrument(value["instrument"]), value["total"]
    if type(total) is not int or not 0 <= total <= HIGHEST_TOTAL[instrument]:
        raise ValueError("no total of this instrument")
    return QuestionnaireTotal(instrument, total)


def write_ratings(rater: Rater, ratings: Sequence[Rating], file: IO[str]) -> None:
    """Writes the tidy table, one clip after another as they were scored."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for place, each in enumerate(ratings, 1):
        writer.writerows(
            (rater.name, each.participant, item, each.scores[item], place, f"{each.seconds:.1f}")
            for item in ITEMS
        )


def read_ratings(text: str, rater: Rater, where: str) -> tuple[Rating, ...]:
    """Reads what `write_ratings` wrote: some of the rater's clips, each with every item.

    Raises:
        BadRatings: it is something else.
    """
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        if not rows or tuple(rows[0]) != COLUMNS or len(rows) % len(ITEMS) != 1:
            raise _changed(where)
        starts = range(1, len(rows), len(ITEMS))
        ratings = tuple(
            _rating(rows[start : start + len(ITEMS)], rater, place)
            for place, start in enumerate(starts, 1)
        )
        _different(each.participant for each in ratings)
    except (csv.Error, ValueError, IndexError):
        raise _changed(where) from None
    return ratings


def _rating(rows: Sequence[Sequence[str]], rater: Rater, place: int) -> Rating:
    participant = rows[0][1]
    if participant not in rater.order:
        raise ValueError("a clip of somebody else")
    scores = {}
    for item, (name, of, said, score, order, _) in zip(ITEMS, rows, strict=True):
        if (name, of, said, order) != (rater.name, participant, item, str(place)):
            raise ValueError("a row of something else")
        scores[item] = int(score)
    if not are_scores(scores):
        raise ValueError("a score outside the scale")
    return Rating(participant, scores, float(rows[0][5]))


def are_scores(scores: Mapping[str, Any]) -> bool:
    """Whether every item has a score, and nothing else has."""
    return scores.keys() == set(ITEMS) and all(
        type(each) is int and LOWEST <= each <= HIGHEST for each in scores.values()
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def _different(names: Iterable[str]) -> tuple[str, ...]:
    found = tuple(names)
    if len(set(found)) != len(found):
        raise ValueError("a name twice")
    return found


def _changed(where: str) -> BadRatings:
    return BadRatings(
        where, "it is not as this program left it; put it back as it was, or name another --out."
    )
