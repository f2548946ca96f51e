"""Ratings as their files have them: who rated whom, on which item, how high."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kizashi_study.errors import BadRatings
from kizashi_study.rating.ratings import COLUMNS, HIGHEST, ITEMS, LOWEST, read_rater

_COLUMNS = COLUMNS[:4]
"""Order and seconds may lack: a table of ratings need not come from our page."""


@dataclass(frozen=True, slots=True)
class RatingTable:
    """All ratings of a study.

    Attributes:
        scores: by rater, participant and item; 1 to 7.
    """

    scores: Mapping[tuple[str, str, str], int] = field(repr=False)

    @property
    def raters(self) -> tuple[str, ...]:
        """Everybody who rated, in the order of their names."""
        return tuple(sorted({rater for rater, _, _ in self.scores}))

    @property
    def participants(self) -> tuple[str, ...]:
        """Everybody who was rated, in the order of their names."""
        return tuple(sorted({name for _, name, _ in self.scores}))


def read_ratings(paths: Iterable[Path]) -> RatingTable:
    """Reads the files that `kizashi study rate` wrote, one or more a rater.

    Raises:
        BadRatings: one cannot be read, or says something twice or something that cannot be.
    """
    scores: dict[tuple[str, str, str], int] = {}
    for path in sorted(paths):
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file)
                rows = list(reader)
        except (OSError, UnicodeDecodeError, csv.Error):
            raise BadRatings(path.name, "it cannot be read as a table of ratings.") from None
        if missing := [name for name in _COLUMNS if name not in (reader.fieldnames or ())]:
            raise BadRatings(path.name, f"it has no column {', '.join(missing)}.")
        for number, row in enumerate(rows, 2):
            key, score = _rating(row, f"{path.name}, row {number}")
            if key in scores:
                raise BadRatings(f"{path.name}, row {number}", "this was rated in a row before.")
            scores[key] = score
    return RatingTable(scores)


def read_rater_totals(paths: Iterable[Path]) -> Mapping[str, float]:
    """Raters' own questionnaire totals, of whoever told theirs to `kizashi study rate`.

    Raises:
        BadRatings: a file cannot be read, or totals are of several questionnaires.
    """
    found = {}
    instruments = set()
    for path in sorted(paths):
        try:
            rater = read_rater(path.read_text("utf-8"), path.name)
        except (OSError, UnicodeDecodeError, RecursionError):
            raise BadRatings(path.name, "it cannot be read.") from None
        if rater.questionnaire is not None:
            found[rater.name] = float(rater.questionnaire.total)
            instruments.add(rater.questionnaire.instrument)
    if len(instruments) > 1:
        raise BadRatings(
            "raters' totals",
            "they are of several questionnaires, which have different scales. Leave those of one.",
        )
    return found


def _rating(row: Mapping[str, str], where: str) -> tuple[tuple[str, str, str], int]:
    rater, participant, item, score = (row[name] or "" for name in _COLUMNS)
    if not rater or not participant:
        raise BadRatings(where, "it does not say who rated whom.")
    if item not in ITEMS:
        raise BadRatings(where, f"{item[:20]!r} is none of the items {', '.join(ITEMS)}.")
    if not (score.isdecimal() and len(score) == 1 and LOWEST <= int(score) <= HIGHEST):
        raise BadRatings(where, f"{score[:20]!r} is no whole number from {LOWEST} to {HIGHEST}.")
    return (rater, participant, item), int(score)
