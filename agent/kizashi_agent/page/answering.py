"""From a request to a handler and back: tab and body are read, faults told, the visit added.

A handler is a plain function that may block: it runs in a thread of its own and never on the event
loop, which carries the camera's frames.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from anyio import to_thread
from kizashi_models.errors import ModelError
from kizashi_protocol import MalformedInvite
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kizashi_agent.errors import AgentError
from kizashi_agent.loopback.answers import error_answer
from kizashi_agent.loopback.given import Given
from kizashi_agent.page.tabs import TAB_HEADER, read_tab
from kizashi_agent.page.visit import Visit
from kizashi_agent.page.world import PageWorld

Answer = dict[str, Any]
Look = Callable[[PageWorld], Answer]
Step = Callable[[PageWorld, Given], Answer]


def looking(path: str, world: PageWorld, look: Look) -> Route:
    """GET: shows something to the tab that drives, and takes the visit nowhere."""

    async def answer(request: Request) -> Answer:
        world.tab.check(read_tab(request.headers.get(TAB_HEADER)))
        return await to_thread.run_sync(look, world)

    return Route(path, _told(world, answer), methods=["GET"])


def looking_at(path: str, world: PageWorld, look: Callable[[PageWorld, int], Answer]) -> Route:
    """The same, for one of several: `{number:int}` in the path says which."""

    async def answer(request: Request) -> Answer:
        world.tab.check(read_tab(request.headers.get(TAB_HEADER)))
        return await to_thread.run_sync(look, world, request.path_params["number"])

    return Route(path, _told(world, answer), methods=["GET"])


def asking(path: str, world: PageWorld, look: Look) -> Route:
    """GET: shows what servers are asked for, in its turn among the steps.

    So nothing is sent, and nothing written of it, beside a step that clears the laptop.
    """

    async def answer(request: Request) -> Answer:
        tab = read_tab(request.headers.get(TAB_HEADER))
        async with world.one_step:
            world.tab.check(tab)
            return await to_thread.run_sync(look, world)

    return Route(path, _told(world, answer), methods=["GET"])


def stepping(path: str, world: PageWorld, step: Step) -> Route:
    """POST: takes a step for the tab that drives; one at a time, since each may take a while."""

    async def answer(request: Request) -> Answer:
        tab = read_tab(request.headers.get(TAB_HEADER))
        given = Given.parse(await request.body())
        async with world.one_step:
            world.tab.check(tab)
            return await to_thread.run_sync(partial(step, world, given))

    return Route(path, _told(world, answer), methods=["POST"])


def of_any_tab(
    path: str, world: PageWorld, method: str, answer: Callable[[str, Given], Answer]
) -> Route:
    """What a tab may ask that does not drive, answered on the event loop; told which tab asks."""

    async def answered(request: Request) -> Answer:
        tab = read_tab(request.headers.get(TAB_HEADER))
        return answer(tab, Given.parse(await request.body()))

    return Route(path, _told(world, answered), methods=[method])


def visit_json(visit: Visit) -> Answer:
    """Where a visit is."""
    return {"stage": visit.stage, "interrupted": visit.interrupted}


def _told(world: PageWorld, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
    async def told(request: Request) -> JSONResponse:
        try:
            body = await answer(request)
        except (AgentError, ModelError, MalformedInvite, OSError) as error:
            status, body = error_answer(error)
            return JSONResponse(body | {"visit": visit_json(world.visit.now)}, status)
        # What the handler says of the visit stands; most say nothing.
        return JSONResponse({"visit": visit_json(world.visit.now)} | body)

    return told
