"""The calls of what is kept: history, questionnaire, consents, taking back, ledger, clearing."""

from collections.abc import Callable

from starlette.routing import Route

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.loopback.given import Given
from kizashi_agent.page import own_history, standing_steps
from kizashi_agent.page.answering import Answer, looking, looking_at, stepping
from kizashi_agent.page.world import PageWorld

_LOOKS: dict[str, Callable[[Surroundings], Answer]] = {
    "/api/history": own_history.show_history,
    "/api/questionnaire": own_history.show_questionnaire,
    "/api/standing": standing_steps.show_standing,
    "/api/checks": standing_steps.show_checks,
    "/api/trend": standing_steps.show_trend,
    "/api/ledger": standing_steps.show_ledger,
    "/api/clear": standing_steps.show_clear,
}
_STEPS: dict[str, Callable[[Surroundings, Given], Answer]] = {
    "/api/history/keep": own_history.turn_history,
    "/api/history/remove": own_history.remove_check,
    "/api/history/clear": own_history.clear_history,
    "/api/questionnaire": own_history.answer_questionnaire,
    "/api/questionnaire/remove": own_history.remove_answers,
    "/api/questionnaire/clear": own_history.clear_answers,
    "/api/questionnaire/keep-back": own_history.keep_back_answers,
    "/api/standing": standing_steps.choose_standing,
    "/api/withdraw": standing_steps.withdraw,
    "/api/clear": standing_steps.clear,
}


def keeping_routes(world: PageWorld) -> list[Route]:
    """The calls of what is kept, for `page_app`."""

    def look(shown: Callable[[Surroundings], Answer]) -> Callable[[PageWorld], Answer]:
        return lambda world: shown(world.surroundings)

    def step(
        taken: Callable[[Surroundings, Given], Answer],
    ) -> Callable[[PageWorld, Given], Answer]:
        return lambda world, given: taken(world.surroundings, given)

    return [
        *[looking(path, world, look(shown)) for path, shown in _LOOKS.items()],
        *[stepping(path, world, step(taken)) for path, taken in _STEPS.items()],
        looking_at("/api/ledger/{number:int}", world, _message),
    ]


def _message(world: PageWorld, number: int) -> Answer:
    return standing_steps.show_message(world.surroundings, number)
