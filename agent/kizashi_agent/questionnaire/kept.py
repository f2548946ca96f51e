"""Answers to the questionnaire that the person chose to keep on the laptop, sealed, for themselves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from kizashi_agent.device.device_state import QUESTIONNAIRE_FOLDER, DeviceState
from kizashi_agent.device.sealed_files import KeptUnreadable, SealedFiles, sealed_files
from kizashi_agent.questionnaire.phq9 import Answers, AnswersRefused

_LABEL = b"kizashi/v1 answers kept"


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """Answers as they are kept.

    Attributes:
        name: by which they are removed.
        time: when they were given, in seconds since the epoch.
    """

    name: str
    time: int
    answers: Answers = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptQuestionnaires:
    """The folder of kept answers."""

    sealed: SealedFiles = field(repr=False)

    def keep(self, answers: Answers, time: int) -> str:
        """Keeps answers and returns their name; errors as `SealedFiles.add`."""
        return self.sealed.add(json.dumps({"time": time, **answers.to_json()}).encode())

    def read(self) -> tuple[Sequence[KeptAnswers], Sequence[KeptUnreadable]]:
        """What can be read, the oldest first, and an error for each file that cannot."""
        found, damaged = self.sealed.read()
        kept = []
        for each in found:
            try:
                content = json.loads(each.content)
                answers = Answers.parse(content["items"], content["difficulty"])
                kept.append(KeptAnswers(each.name, int(content["time"]), answers))
            except (ValueError, KeyError, TypeError, AnswersRefused):
                damaged.append(KeptUnreadable(self.sealed.path(each.name)))
        return sorted(kept, key=lambda each: each.time), damaged

    def remove(self, name: str) -> bool:
        """Erases one, readable or not; whether it was there."""
        return self.sealed.remove(name)

    def clear(self) -> int:
        """Erases every one and returns how many there were."""
        return self.sealed.clear()


def kept_questionnaires(state: DeviceState) -> KeptQuestionnaires:
    """The kept answers of a laptop, sealed with a key grown from its seed."""
    return KeptQuestionnaires(sealed_files(state, QUESTIONNAIRE_FOLDER, _LABEL))
