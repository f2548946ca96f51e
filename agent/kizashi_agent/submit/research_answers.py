"""What of a questionnaire the person chose to add for research, until a check takes it.

Their answers, or a total they entered, are put here under one standing consent to research, and ride
with the next check that carries that very consent, once. Once the person takes the consent back or
gives it anew, or two weeks have passed, they no longer ride.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from kizashi_protocol import AddedForResearch, MalformedMessage, ResearchAnswers, ResearchTotal
from kizashi_protocol.moments import DAY
from kizashi_protocol.research_item import OLDEST_ANSWERS

from kizashi_agent.device.device_state import FOR_RESEARCH_FOLDER, DeviceState
from kizashi_agent.device.sealed_files import Kept, SealedFiles, sealed_files

_LABEL = b"kizashi/v1 answers for research"


@dataclass(frozen=True, slots=True)
class AddedAnswers:
    """Answers that wait to ride with a check.

    Attributes:
        answers: as of the day they were given.
        answered_time: seconds since the epoch.
        consent_digest: of the standing consent they were added under; see `digest_of`.
    """

    answers: AddedForResearch = field(repr=False)
    answered_time: int
    consent_digest: str = field(repr=False)

    def is_too_old(self, now: int) -> bool:
        """Whether they ride with no check that is made now (seconds since the epoch) or later."""
        return self._days_before(now) > OLDEST_ANSWERS

    def at(self, now: int) -> AddedForResearch:
        """What rides with a check that is made now; `MalformedMessage` when they are too old."""
        return replace(self.answers, days_before=self._days_before(now))

    def to_json(self) -> dict[str, Any]:
        """The answers as JSON values; `from_json` gives back equal ones."""
        return {
            "answers": added_to_json(self.answers),
            "answered_time": self.answered_time,
            "consent_digest": self.consent_digest,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError, MalformedMessage: it is anything else.
        """
        return cls(
            added_from_json(data["answers"]),
            int(data["answered_time"]),
            str(data["consent_digest"]),
        )

    def _days_before(self, now: int) -> int:
        # A clock that was set back does not put answers into the future.
        return max(0, now - self.answered_time) // DAY


@dataclass(frozen=True, slots=True)
class AnswersForResearch:
    """The folder of added answers, of which one at most waits."""

    sealed: SealedFiles = field(repr=False)

    def add(self, added: AddedAnswers) -> None:
        """Keeps answers until a check takes them, in place of those before.

        Errors as `SealedFiles.add`.
        """
        with self.sealed.files.sole():
            self.sealed.clear()
            self.sealed.add(json.dumps(added.to_json()).encode())

    def waiting(self) -> AddedAnswers | None:
        """The answers that wait, whether they can still ride or not; None for none."""
        return next((_added(kept) for kept in self.sealed.read()[0]), None)

    def riding(self, tokens: Iterable[str], now: int) -> AddedForResearch | None:
        """What would ride with a check that is made now and carries these consents.

        Args:
            tokens: of the standing consents that ride.
            now: seconds since the epoch.
        """
        added = self.waiting()
        if added is None or added.is_too_old(now):
            return None
        carried = added.consent_digest in {digest_of(each) for each in tokens}
        return added.at(now) if carried else None

    def spend(self, tokens: Iterable[str], now: int) -> None:
        """Erases what rides with such a check, so that it rides with no other; also what is old."""
        with self.sealed.files.sole():
            added = self.waiting()
            if added is None:
                return
            if added.is_too_old(now) or self.riding(tokens, now) is not None:
                self.drop()

    def drop(self) -> bool:
        """Erases what waits, damaged or not; returns whether anything did."""
        return self.sealed.clear() > 0


def digest_of(token: str) -> str:
    """By which a consent is known again: SHA-256 of its token, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def answers_for_research(state: DeviceState) -> AnswersForResearch:
    """The answers for research of a laptop, sealed with a key grown from its seed."""
    return AnswersForResearch(sealed_files(state, FOR_RESEARCH_FOLDER, _LABEL))


def added_to_json(added: AddedForResearch) -> dict[str, Any]:
    """What was added, as JSON values; `added_from_json` gives back an equal one."""
    match added:
        case ResearchAnswers(items, difficulty, days):
            return {"items": list(items), "difficulty": difficulty, "days_before": days}
        case ResearchTotal(total, days):
            return {"bdi_ii": total, "days_before": days}


def added_from_json(data: dict[str, Any]) -> AddedForResearch:
    """Reads what `added_to_json` wrote.

    Raises:
        KeyError, TypeError, ProtocolError: it is anything else.
    """
    if "bdi_ii" in data:
        return ResearchTotal(data["bdi_ii"], data["days_before"])
    return ResearchAnswers(tuple(data["items"]), data["difficulty"], data["days_before"])


def _added(kept: Kept) -> AddedAnswers | None:
    try:
        return AddedAnswers.from_json(json.loads(kept.content))
    except (ValueError, KeyError, TypeError, MalformedMessage):
        return None
