"""What is given for research with a check: its summary, and what the person added to it.

That is nothing, or their answers to the PHQ-9, or the total of a BDI-II: this one is not shown by
the project, whose publisher allows that to nobody without a licence, so its total is entered.
"""

from dataclasses import dataclass, field
from typing import Self

from google.protobuf.message import DecodeError

from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.summary import Summary
from kizashi_protocol.v1 import exchange_pb2

ITEM_COUNT = 9
HIGHEST_ANSWER = 3
HIGHEST_BDI_II = 63
"""Twenty-one items of 0 to 3."""

OLDEST_ANSWERS = 14
"""Days. Both questionnaires ask about the last two weeks, so older answers are about another time
than the check."""


@dataclass(frozen=True, slots=True)
class ResearchAnswers:
    """Answers to the PHQ-9 that a person added to a check; see `QuestionnaireAnswers` in the proto.

    Attributes:
        items: nine, each 0 to 3.
        difficulty: 0 to 3; None where it was not answered.
        days_before: whole days from the answers to the check, 0 to 14.

    Raises:
        MalformedMessage: a value lies outside its range.
    """

    items: tuple[int, ...] = field(repr=False)
    difficulty: int | None = field(repr=False)
    days_before: int

    def __post_init__(self) -> None:
        given = (*self.items, 0 if self.difficulty is None else self.difficulty)
        if len(self.items) != ITEM_COUNT or not all(0 <= each <= HIGHEST_ANSWER for each in given):
            raise MalformedMessage("the answers are not nine of 0 to 3, and one")
        _check_age(self.days_before)


@dataclass(frozen=True, slots=True)
class ResearchTotal:
    """The total of a BDI-II that a person filled in elsewhere and added to a check.

    Attributes:
        total: 0 to 63.
        days_before: whole days from filling it in to the check, 0 to 14.

    Raises:
        MalformedMessage: a value lies outside its range.
    """

    total: int = field(repr=False)
    days_before: int

    def __post_init__(self) -> None:
        if not 0 <= self.total <= HIGHEST_BDI_II:
            raise MalformedMessage("the total is none of the BDI-II")
        _check_age(self.days_before)


AddedForResearch = ResearchAnswers | ResearchTotal


@dataclass(frozen=True, slots=True)
class ResearchItem:
    """The plaintext of what is given for research with one check."""

    summary: Summary = field(repr=False)
    added: AddedForResearch | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Reads what `serialise` wrote.

        Raises:
            MalformedMessage: it is anything else.
        """
        try:
            message = exchange_pb2.ResearchItem.FromString(data)
        except DecodeError:
            raise MalformedMessage("an item for research does not parse") from None
        if not message.HasField("summary"):
            raise MalformedMessage("an item for research lacks its summary")
        return cls(Summary.from_message(message.summary), _added(message))

    def serialise(self) -> bytes:
        """The item as bytes that `parse` reads."""
        message = exchange_pb2.ResearchItem(summary=self.summary.to_message())
        match self.added:
            case ResearchAnswers(items, difficulty, days):
                answers = exchange_pb2.QuestionnaireAnswers(
                    items=items, difficulty=difficulty, days_before=days
                )
                message.answers.CopyFrom(answers)
            case ResearchTotal(total, days):
                entered = exchange_pb2.QuestionnaireTotal(total=total, days_before=days)
                message.bdi_ii.CopyFrom(entered)
        return message.SerializeToString(deterministic=True)


def _added(message: exchange_pb2.ResearchItem) -> AddedForResearch | None:
    answers, entered = message.answers, message.bdi_ii
    match message.HasField("answers"), message.HasField("bdi_ii"):
        case True, True:
            raise MalformedMessage("an item for research with two questionnaires")
        case True, False:
            difficulty = answers.difficulty if answers.HasField("difficulty") else None
            return ResearchAnswers(tuple(answers.items), difficulty, answers.days_before)
        case False, True:
            return ResearchTotal(entered.total, entered.days_before)
    return None


def _check_age(days_before: int) -> None:
    if not 0 <= days_before <= OLDEST_ANSWERS:
        raise MalformedMessage("the answers are older than any that are given")
