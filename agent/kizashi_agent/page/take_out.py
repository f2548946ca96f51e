"""The call that hands over everything held about the person, as a file to keep."""

from datetime import UTC, datetime

from anyio import to_thread
from kizashi_models.errors import ModelError
from kizashi_protocol import MalformedInvite
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kizashi_agent.commands.take_out import take_out
from kizashi_agent.errors import AgentError
from kizashi_agent.loopback.answers import error_answer
from kizashi_agent.page.tabs import TAB_HEADER, read_tab
from kizashi_agent.page.world import PageWorld

FHIR_JSON = "application/fhir+json"
"""The media type of a FHIR resource as JSON (hl7.org/fhir/R5/http.html#mime-type)."""


def take_out_routes(world: PageWorld) -> list[Route]:
    """GET /api/take-out, for `page_app`; servers are asked for the trends they keep."""

    async def answer(request: Request) -> Response:
        try:
            tab = read_tab(request.headers.get(TAB_HEADER))
            async with world.one_step:  # see `asking`
                world.tab.check(tab)
                data = await to_thread.run_sync(take_out, world.surroundings)
        except (AgentError, ModelError, MalformedInvite, OSError) as error:
            status, body = error_answer(error)
            return JSONResponse(body, status)
        return Response(data, media_type=FHIR_JSON, headers={"Content-Disposition": _name(world)})

    return [Route("/api/take-out", answer, methods=["GET"])]


def _name(world: PageWorld) -> str:
    day = datetime.fromtimestamp(world.base.now(), UTC).strftime("%Y-%m-%d")
    return f'attachment; filename="kizashi-{day}.fhir.json"'
