"""Erases what the person keeps for themselves on the laptop."""

from dataclasses import dataclass

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import ConsentRefused
from kizashi_agent.history.store import history_of
from kizashi_agent.questionnaire.kept import kept_questionnaires
from kizashi_agent.submit.research_answers import answers_for_research
from kizashi_agent.words import say


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased.

    Attributes:
        checks: of the history, damaged ones too.
        answers: questionnaires that were kept, and answers that waited to ride with a check.
    """

    checks: int
    answers: int


def holds_own(state: DeviceState) -> bool:
    """Whether a history or answers are on the laptop."""
    return bool(history_of(state).sealed.count() or kept_questionnaires(state).sealed.count())


def clear_own(surroundings: Surroundings) -> Erased:
    """Erases history and answers, and the seed where nothing else needs it."""
    state = surroundings.state
    with state.files.sole():
        waited = answers_for_research(state).drop()
        answers = kept_questionnaires(state).clear()
        erased = Erased(history_of(state).clear(), answers + waited)
        if erased.checks or erased.answers:
            state.drop_unused_seed()
    return erased


def ask_to_clear_own(surroundings: Surroundings) -> None:
    """Returns when the person says yes.

    Raises:
        ConsentRefused: they said no, or nobody can be asked.
    """
    question = say(surroundings.locale, "history_clear_question")
    if surroundings.confirm is not None and surroundings.confirm(question):
        return
    raise ConsentRefused(
        "erasing the history was not confirmed",
        "Nothing was erased. To erase your history without being asked, add --yes.",
        reason="NOT_CONFIRMED",
    )
