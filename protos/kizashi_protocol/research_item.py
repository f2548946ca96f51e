"""What is given for research with a check: its summary, and answers where the person added them."""

from dataclasses import dataclass, field
from typing import Self

from google.protobuf.message import DecodeError

from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.summary import Summary
from kizashi_protocol.v1 import exchange_pb2

ITEM_COUNT = 9
HIGHEST_ANSWER = 3
OLDEST_ANSWERS = 14
"""Days. The questionnaire asks about the last two weeks, so older answers are about another time
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
        if not 0 <= self.days_before <= OLDEST_ANSWERS:
            raise MalformedMessage("the answers are older than any that are given")


@dataclass(frozen=True, slots=True)
class ResearchItem:
    """The plaintext of what is given for research with one check."""

    summary: Summary = field(repr=False)
    answers: ResearchAnswers | None = field(default=None, repr=False)

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
        answers = _answers(message.answers) if message.HasField("answers") else None
        return cls(Summary.from_message(message.summary), answers)

    def serialise(self) -> bytes:
        """The item as bytes that `parse` reads."""
        message = exchange_pb2.ResearchItem(summary=self.summary.to_message())
        if self.answers is not None:
            message.answers.CopyFrom(
                exchange_pb2.QuestionnaireAnswers(
                    items=self.answers.items,
                    difficulty=self.answers.difficulty,
                    days_before=self.answers.days_before,
                )
            )
        return message.SerializeToString(deterministic=True)


def _answers(message: exchange_pb2.QuestionnaireAnswers) -> ResearchAnswers:
    difficulty = message.difficulty if message.HasField("difficulty") else None
    return ResearchAnswers(tuple(message.items), difficulty, message.days_before)
