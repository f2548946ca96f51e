"""The PHQ-9: its words as published, answers to it, and scoring by the published rules.

Kroenke, Spitzer and Williams (2001), J Gen Intern Med 16, 606-613: each item counts 0 to 3, the
total is their sum, 0 to 27, and is cut at 5, 10, 15 and 20. The question on difficulty is not
counted. Nothing here is about a check, and a check enters nothing here.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Self

from kizashi_agent.errors import InputError

ITEM_COUNT = 9
HIGHEST_ANSWER = 3
HIGHEST_TOTAL = ITEM_COUNT * HIGHEST_ANSWER
DIFFICULTY_NUMBER = 10
"""By which the question on difficulty is named where an answer is missing."""


class Severity(StrEnum):
    """The ranges of the total, as the authors cut and named them."""

    MINIMAL = "minimal"
    MILD = "mild"
    MODERATE = "moderate"
    MODERATELY_SEVERE = "moderately_severe"
    SEVERE = "severe"


LOWEST = {
    Severity.MINIMAL: 0,
    Severity.MILD: 5,
    Severity.MODERATE: 10,
    Severity.MODERATELY_SEVERE: 15,
    Severity.SEVERE: 20,
}
"""The lowest total of each range; the next range's is one above its highest."""


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """The words, as published.

    Attributes:
        language: of the words, as BCP 47 names it.
        items: nine.
        options: four answers, worth 0 to 3.
        difficulty: the question after the items.
        difficulty_options: four answers to it, 0 to 3.
        source: who made it, and that it may be shown.
    """

    title: str
    language: str
    intro: str
    items: tuple[str, ...]
    options: tuple[str, ...]
    difficulty: str
    difficulty_options: tuple[str, ...]
    source: str


class AnswersRefused(InputError):
    """Answers that are no complete answers to the questionnaire.

    Attributes:
        missing: the numbers of the items without an answer, from 1; `DIFFICULTY_NUMBER` for the
            question on difficulty. Empty where the answers have another form altogether.
    """

    def __init__(self, missing: tuple[int, ...]) -> None:
        named = ", ".join(map(str, missing))
        super().__init__(
            f"answers to the questionnaire are incomplete ({named or 'another form'})",
            f"Some questions have no answer yet: {named}. Answer each of them, or leave the "
            "questionnaire: nothing was counted, kept or sent."
            if missing
            else "These are no answers to this questionnaire. Reload the page and answer it again: "
            "nothing was counted, kept or sent.",
            reason="QUESTIONNAIRE_INCOMPLETE" if missing else "QUESTIONNAIRE_MALFORMED",
        )
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Answers:
    """Complete answers.

    Attributes:
        items: nine, each 0 to 3.
        difficulty: 0 to 3; None exactly where no item is above 0, for then it is not asked.

    Raises:
        AnswersRefused: they are not complete.
    """

    items: tuple[int, ...] = field(repr=False)
    difficulty: int | None = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.items) != ITEM_COUNT or not all(map(_is_answer, self.items)):
            raise AnswersRefused(())
        if self.difficulty is not None and not _is_answer(self.difficulty):
            raise AnswersRefused(())
        if (self.difficulty is None) != (self.total == 0):
            raise AnswersRefused((DIFFICULTY_NUMBER,) if self.total else ())

    @classmethod
    def parse(cls, items: object, difficulty: object) -> Self:
        """Answers as they come from a page: numbers, and null where there is none yet.

        An answer on difficulty where no item is above 0 is dropped: the form asks for it only
        "if you checked off any problems".

        Raises:
            AnswersRefused: incomplete; each item without an answer is named.
        """
        if not isinstance(items, Sequence) or isinstance(items, str) or len(items) != ITEM_COUNT:
            raise AnswersRefused(())
        given = [*items, difficulty]
        if not all(each is None or _is_answer(each) for each in given):
            raise AnswersRefused(())
        missing = [number for number, each in enumerate(items, 1) if each is None]
        troubled = any(items)
        if troubled and difficulty is None:
            missing.append(DIFFICULTY_NUMBER)
        if missing:
            raise AnswersRefused(tuple(missing))
        answered = difficulty if troubled and isinstance(difficulty, int) else None
        return cls(tuple(items), answered)

    @property
    def total(self) -> int:
        """The sum of the nine items, 0 to 27."""
        return sum(self.items)

    @property
    def severity(self) -> Severity:
        """The range that the total lies in."""
        return severity_of(self.total)

    @property
    def positive_item_9(self) -> bool:
        """Whether the last item, on thoughts of death or self-harm, was answered above 0."""
        return self.items[-1] > 0

    def to_json(self) -> dict[str, Any]:
        """The answers as JSON values; `parse` of the two gives back equal ones."""
        return {"items": list(self.items), "difficulty": self.difficulty}


def severity_of(total: int) -> Severity:
    """The range of a total.

    Raises:
        ValueError: no answers have such a total.
    """
    if not 0 <= total <= HIGHEST_TOTAL:
        raise ValueError(f"a total lies between 0 and {HIGHEST_TOTAL}")
    return max((each for each in Severity if LOWEST[each] <= total), key=lambda each: LOWEST[each])


def range_of(severity: Severity) -> tuple[int, int]:
    """The lowest and the highest total of a range."""
    above = [lowest for lowest in LOWEST.values() if lowest > LOWEST[severity]]
    return LOWEST[severity], min(above, default=HIGHEST_TOTAL + 1) - 1


@cache
def phq9() -> Questionnaire:
    """The questionnaire, read once."""
    table = tomllib.loads((files("kizashi_agent.questionnaire") / "phq9.toml").read_text("utf-8"))
    return Questionnaire(**{key: _frozen(value) for key, value in table.items()})


def _frozen(value: str | list[str]) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_answer(value: object) -> bool:
    # True and 1.0 equal 1 to Python.
    return type(value) is int and 0 <= value <= HIGHEST_ANSWER
