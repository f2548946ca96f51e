"""A rater's files: `NAME.csv`, the tidy table, and `NAME.json` beside it, who rates and in what order.

Each is written whole and takes its place in one step, as soon as a clip is scored: what ends the
program between two clips costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kizashi_agent.extract import replacing
from kizashi_agent.file_lock import HELD, lock
from kizashi_protocol.display_text import is_displayable

from kizashi_study.errors import BadRatings
from kizashi_study.rating.ratings import (
    Rater,
    Rating,
    order_of,
    read_rater,
    read_ratings,
    write_rater,
    write_ratings,
)

LONGEST_NAME = 64
_FORMULA = "=+-@"
"""What a cell begins with that a spreadsheet takes for more than text."""


def require_name(name: str) -> None:
    """Returns where a rater may be called so.

    Raises:
        BadRatings: it is empty, too long, holds what cannot be shown, or begins like a formula.
    """
    if not (0 < len(name) <= LONGEST_NAME and name == name.strip() and is_displayable(name)):
        raise BadRatings(
            "--rater", f"a name is 1 to {LONGEST_NAME} characters that can be read in a table."
        )
    if name[0] in _FORMULA:
        raise BadRatings(
            "--rater", f"a name does not begin with {name[0]}: a spreadsheet would compute it."
        )


@dataclass(frozen=True, slots=True)
class RaterFiles:
    """Where a rater's work is kept.

    Attributes:
        table: the CSV; the other file is named after it.
    """

    table: Path

    @property
    def companion(self) -> Path:
        """The file that says who rates, and in what order."""
        return self.table.with_suffix(".json")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Makes their folder, and keeps any other program from them until the block ends.

        Raises:
            BadRatings: the table is not named .csv, or another program has it.
            OSError: the folder cannot be made or written to.
        """
        if self.table.suffix != ".csv":
            raise BadRatings(str(self.table), "the ratings are a table; name it with .csv.")
        self.table.parent.mkdir(parents=True, exist_ok=True)
        with self.table.with_name(f".{self.table.stem}.lock").open("ab") as file:
            try:
                lock(file)
            except HELD:
                raise BadRatings(str(self.table), "another run has it open; go on there.") from None
            yield

    def begin(
        self, participants: Sequence[str], name: str, seed: int | None
    ) -> tuple[Rater, tuple[Rating, ...]]:
        """Who rates, and what they have rated already.

        Who came to the study since is seen last, in an order of this rater's own; who left it, and
        was not rated yet, no more.

        Args:
            participants: of the study, now.
            name: of the rater.
            seed: that the order was, or is to be, drawn with; None for the one it has, or 0.

        Raises:
            BadRatings: the files are another rater's, of another order, or not as they were left;
                or somebody who was rated is no participant any more.
            OSError: they cannot be read or written.
        """
        if not self.companion.exists():
            if self.table.exists():
                raise BadRatings(
                    str(self.table),
                    f"it is there already, and {self.companion.name}, which says whose it is, is "
                    "not; put that back, or name another --out.",
                )
            rater = Rater(name, seed or 0, order_of(participants, name, seed or 0))
            self.keep_rater(rater)
            return rater, ()
        kept = read_rater(_text(self.companion), self.companion.name)
        if kept.name != name:
            raise BadRatings(str(self.table), "it is another rater's; name another --out.")
        if seed not in {None, kept.seed}:
            raise BadRatings(
                str(self.table),
                f"its order was drawn with --seed {kept.seed} and stays; leave --seed out, or name "
                "another --out.",
            )
        ratings: tuple[Rating, ...] = ()
        if self.table.exists():
            ratings = read_ratings(_text(self.table), kept, self.table.name)
        if not {each.participant for each in ratings} <= set(participants):
            raise BadRatings(
                str(self.table),
                "somebody whom this rater rated is not among the participants any more; give the "
                "table with them, or name another --out.",
            )
        rater = _with_participants(kept, participants)
        if rater != kept:
            self.keep_rater(rater)
        return rater, ratings

    def keep_rater(self, rater: Rater) -> None:
        """Writes who rates."""
        with replacing(self.companion) as file:
            write_rater(rater, file)

    def keep_ratings(self, rater: Rater, ratings: Sequence[Rating]) -> None:
        """Writes all that was rated."""
        with replacing(self.table) as file:
            write_ratings(rater, ratings, file)


def _with_participants(rater: Rater, participants: Sequence[str]) -> Rater:
    stay = tuple(name for name in rater.order if name in participants)
    new = set(participants) - set(stay)
    return replace(rater, order=stay + order_of(new, rater.name, rater.seed))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadRatings(
            path.name, "it is not in UTF-8; put it back as it was, or name another --out."
        ) from None
