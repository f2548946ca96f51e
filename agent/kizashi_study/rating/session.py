"""One rater at work: which clip comes, and what is kept of the answer.

The page learns a clip's place, how many there are, and a number that stands for the clip in this
run alone: no file name, participant or group ever leaves this module but into the rater's files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kizashi_agent.loopback.page_errors import BadRequest, OutOfTurn
from kizashi_models.labelled_recordings import HIGHEST_TOTAL
from kizashi_protocol import Locale

from kizashi_study.errors import NotPlayable
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
from kizashi_study.rating.silencing import silent_clip
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
    """A rater at work, with what they rated before; for one thread at a time.

    First come the clips, and then the question for the rater's own questionnaire: who has just been
    asked how low they feel sees others by it.
    """

    def __init__(self, world: RatingWorld, rater: Rater, ratings: tuple[Rating, ...]) -> None:
        self._world, self._rater, self._ratings = world, rater, ratings
        self._numbers = {participant: str(world.number()) for participant in rater.order}
        self._clips = dict(world.clips)
        self._begun = bool(ratings)
        self._left_out: set[str] = set()
        self._shown: float | None = None

    def clip(self, number: str) -> SilentClip | None:
        """The clip that a number stands for."""
        name = self._named(number)
        return None if name is None else self._clips[name]

    def now(self) -> Answer:
        """What comes next: the beginning, a clip, the rater's own total, or the end."""
        base: Answer = {"locale": self._world.locale, "count": len(self._rater.order)}
        if not self._begun:
            return base | {"stage": "beginning"}
        if (current := self._current()) is not None:
            if self._shown is None:
                self._shown = self._world.clock()
            return base | {
                "stage": "clip",
                "place": len(self._ratings) + len(self._left_out) + 1,
                "saved": len(self._ratings),
                "clip": self._numbers[current],
                "items": ITEMS,
                "scale": [LOWEST, HIGHEST],
            }
        if not self._rater.asked:
            highest = {instrument.value: total for instrument, total in HIGHEST_TOTAL.items()}
            return base | {"stage": "own", "highest": highest}
        return base | {"stage": "done", "left_out": len(self._left_out)}

    def begin(self) -> Answer:
        """Shows the first clip."""
        self._begun = True
        return self.now()

    def tell(self, questionnaire: object) -> Answer:
        """Keeps the rater's own total, or that they gave none; once more the same changes nothing.

        Asked once, after the last clip.

        Raises:
            BadRequest: it is no total.
            OutOfTurn: it was kept before, or clips are to come.
            OSError: it cannot be written.
        """
        try:
            told = read_questionnaire(questionnaire)
        except (ValueError, TypeError, KeyError):
            raise BadRequest("no questionnaire's total") from None
        if self._rater.asked and told == self._rater.questionnaire:
            return self.now()
        if self._rater.asked or not self._begun or self._current() is not None:
            raise OutOfTurn("own", "another step")
        rater = replace(self._rater, asked=True, questionnaire=told)
        self._world.files.keep_rater(rater)
        self._rater = rater
        return self.now()

    def rate(self, number: object, scores: Mapping[str, Any]) -> Answer:
        """Keeps what a clip was scored, and goes on; once more the same changes nothing.

        Raises:
            BadRequest: not every item has a score.
            OutOfTurn: it is not this clip's turn, or it has other scores already.
            OSError: it cannot be written.
        """
        named = self._named(number)
        if any(each.participant == named and each.scores == scores for each in self._ratings):
            return self.now()  # its answer was lost
        current = self._in_turn(number)
        if not are_scores(scores):
            raise BadRequest("not every item has a score")
        assert self._shown is not None  # noqa: S101 - it is this clip's turn
        rating = Rating(current, dict(scores), self._world.clock() - self._shown)
        ratings = (*self._ratings, rating)
        self._world.files.keep_ratings(self._rater, ratings)
        self._ratings, self._shown = ratings, None
        return self.now()

    def read_anew(self, number: object) -> Answer:
        """Looks through a clip once more, which may have been repaired; it stays where it is not.

        Raises:
            OutOfTurn: it is not this clip's turn.
        """
        current = self._in_turn(number)
        with contextlib.suppress(NotPlayable):  # which would tell its name
            self._clips[current] = silent_clip(self._clips[current].path)
        return self.now()

    def leave_out(self, number: object) -> Answer:
        """Goes on without a clip that cannot be played: it has no score, and comes in a later run.

        Raises:
            OutOfTurn: it is not this clip's turn.
        """
        self._left_out.add(self._in_turn(number))
        self._shown = None
        return self.now()

    def _named(self, number: object) -> str | None:
        return next((name for name, each in self._numbers.items() if each == number), None)

    def _in_turn(self, number: object) -> str:
        current = self._current()
        if current is None or self._shown is None or self._numbers[current] != number:
            raise OutOfTurn("rate", "another clip")
        return current

    def _current(self) -> str | None:
        past = {each.participant for each in self._ratings} | self._left_out
        return next((name for name in self._rater.order if name not in past), None)
