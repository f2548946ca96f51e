"""The calls of what is kept: history, questionnaire, consents, taking back, ledger, clearing."""

from collections.abc import Callable

from starlette.routing import Route

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.loopback.given import Given
from kizashi_agent.page import own_history, standing_steps
from kizashi_agent.page import visit as visits
from kizashi_agent.page.answering import Answer, asking, looking, looking_at, stepping
from kizashi_agent.page.world import PageWorld

_LOOKS: dict[str, Callable[[Surroundings], Answer]] = {
    "/api/history": own_history.show_history,
    "/api/questionnaire": own_history.show_questionnaire,
    "/api/checks": standing_steps.show_checks,
    "/api/ledger": standing_steps.show_ledger,
    "/api/clear": standing_steps.show_clear,
}
_ASKING: dict[str, Callable[[Surroundings], Answer]] = {
    "/api/standing": standing_steps.show_standing,
    "/api/trend": standing_steps.show_trend,
}
_STEPS: dict[str, Callable[[Surroundings, Given], Answer]] = {
    "/api/history/keep": own_history.turn_history,
    "/api/history/remove": own_history.remove_check,
    "/api/history/clear": own_history.clear_history,
    "/api/questionnaire": own_history.answer_questionnaire,
    "/api/questionnaire/bdi-ii": own_history.add_total,
    "/api/questionnaire/remove": own_history.remove_answers,
    "/api/questionnaire/clear": own_history.clear_answers,
    "/api/questionnaire/keep-back": own_history.keep_back_answers,
    "/api/standing": standing_steps.choose_standing,
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
        *[asking(path, world, look(shown)) for path, shown in _ASKING.items()],
        *[stepping(path, world, step(taken)) for path, taken in _STEPS.items()],
        stepping("/api/withdraw", world, _withdraw),
        stepping("/api/clear", world, _clear),
        looking_at("/api/ledger/{number:int}", world, _message),
    ]


def _withdraw(world: PageWorld, given: Given) -> Answer:
    # First of all, so that nothing of the check is shown or shared while servers are asked.
    match given.text("what"):
        case "all":
            world.visit.turn(visits.again)
        case "check":
            report_id = standing_steps.named_check(given)
            world.visit.turn(lambda visit: visits.let_go(visit, report_id))
    return standing_steps.withdraw(world.surroundings, given)


def _clear(world: PageWorld, given: Given) -> Answer:
    cleared = standing_steps.clear(world.surroundings, given)
    world.visit.turn(visits.again)
    return cleared


def _message(world: PageWorld, number: int) -> Answer:
    return standing_steps.show_message(world.surroundings, number)
