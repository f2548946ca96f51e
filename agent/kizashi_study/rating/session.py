"""One rater at work: which clip comes, and what is kept of the answer.

The page learns a clip's place, how many there are, and a number that stands for the clip in this
run alone: no file name, participant or group ever leaves this module but into the rater's files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kizashi_agent.loopback.page_errors import BadRequest, OutOfTurn
from kizashi_models.labelled_recordings import HIGHEST_TOTAL
from kizashi_protocol import Locale

from kizashi_study.rating.rater_files import RaterFiles
from kizashi_study.rating.ratings import (
    HIGHEST,
    ITEMS,
    LOWEST,
    Rater,
    Rating,
    are_scores,
    read_questionnaire,
)
from kizashi_study.rating.silent_clip import SilentClip

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RatingWorld:
    """What a session is handed.

    Attributes:
        files: where the work is kept.
        clips: by participant.
        locale: that the page begins in.
        number: gives a number that nobody can guess.
        clock: seconds, from any moment.
    """

    files: RaterFiles
    clips: Mapping[str, SilentClip]
    locale: Locale
    number: Callable[[], int]
    clock: Callable[[], float]


class Session:
    """A rater at work, with what they rated before; for one thread at a time."""

    def __init__(self, world: RatingWorld, rater: Rater, ratings: tuple[Rating, ...]) -> None:
        self._world, self._rater, self._ratings = world, rater, ratings
        self._numbers = {participant: str(world.number()) for participant in rater.order}
        self._clips = {self._numbers[name]: clip for name, clip in world.clips.items()}
        self._shown: float | None = None

    def clip(self, number: str) -> SilentClip | None:
        """The clip that a number stands for."""
        return self._clips.get(number)

    def now(self) -> Answer:
        """What comes next: the beginning, a clip, or the end."""
        base: Answer = {"locale": self._world.locale, "count": len(self._rater.order)}
        if not self._rater.asked:
            highest = {instrument.value: total for instrument, total in HIGHEST_TOTAL.items()}
            return base | {"stage": "about", "highest": highest}
        if (current := self._current()) is None:
            return base | {"stage": "done"}
        if self._shown is None:
            self._shown = self._world.clock()
        return base | {
            "stage": "clip",
            "place": len(self._ratings) + 1,
            "clip": self._numbers[current],
            "items": ITEMS,
            "scale": [LOWEST, HIGHEST],
        }

    def tell(self, questionnaire: object) -> Answer:
        """Keeps the rater's own total, or that they gave none; asked once.

        Raises:
            BadRequest: it is no total.
            OutOfTurn: it was kept before.
            OSError: it cannot be written.
        """
        if self._rater.asked:
            raise OutOfTurn("about", "clip")
        try:
            told = read_questionnaire(questionnaire)
        except (ValueError, TypeError, KeyError):
            raise BadRequest("no questionnaire's total") from None
        rater = replace(self._rater, asked=True, questionnaire=told)
        self._world.files.keep_rater(rater)
        self._rater = rater
        return self.now()

    def rate(self, number: object, scores: Mapping[str, Any]) -> Answer:
        """Keeps what a clip was scored, and goes on; once more the same changes nothing.

        Raises:
            BadRequest: not every item has a score.
            OutOfTurn: it is not this clip's turn.
            OSError: it cannot be written.
        """
        current = self._current() if self._rater.asked else None
        if any(self._numbers[each.participant] == number for each in self._ratings):
            return self.now()  # its answer was lost, or it was pressed in another tab
        if current is None or number != self._numbers[current] or self._shown is None:
            raise OutOfTurn("rate", "another clip")
        if not are_scores(scores):
            raise BadRequest("not every item has a score")
        rating = Rating(current, dict(scores), self._world.clock() - self._shown)
        ratings = (*self._ratings, rating)
        self._world.files.keep_ratings(self._rater, ratings)
        self._ratings, self._shown = ratings, None
        return self.now()

    def _current(self) -> str | None:
        rated = len(self._ratings)
        return self._rater.order[rated] if rated < len(self._rater.order) else None
