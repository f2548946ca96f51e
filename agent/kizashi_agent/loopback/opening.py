"""The one call without the token: it gives the token for the ticket."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kizashi_agent.errors import AgentError
from kizashi_agent.loopback.answers import error_answer
from kizashi_agent.loopback.given import Given
from kizashi_agent.loopback.guard import OPENING, WRONG_TOKEN, Rules
from kizashi_agent.loopback.page_errors import error_json
from kizashi_agent.loopback.ticket import Ticket


def opening(rules: Rules, ticket: Ticket) -> Route:
    """POST: the token, for the ticket; the one call without a token."""

    async def answer(request: Request) -> JSONResponse:
        try:
            given = Given.parse(await request.body()).text("ticket")
        except AgentError as error:
            status, body = error_answer(error)
            return JSONResponse(body, status)
        if given is None or not ticket.take(given):
            return JSONResponse(
                error_json(WRONG_TOKEN.reason, WRONG_TOKEN.message), WRONG_TOKEN.status
            )
        return JSONResponse({"token": rules.token})

    return Route(OPENING, answer, methods=["POST"])
