"""The raters' page: its calls, its clips, its words, its files.

A clip is at an address of its own, outside of /api: a browser's player sends no header of ours, so
what opens it is its number, 128 random bits of this run that only a call with the token tells.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache, partial

from anyio import Lock, to_thread
from kizashi_agent.errors import AgentError
from kizashi_agent.loopback.answers import error_answer
from kizashi_agent.loopback.application import guarded_app
from kizashi_agent.loopback.given import Given
from kizashi_agent.loopback.guard import Rules
from kizashi_agent.loopback.guarded import Guarded
from kizashi_agent.loopback.opening import opening
from kizashi_agent.loopback.ticket import Ticket
from kizashi_agent.loopback.words import Words, words_of, words_route
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from kizashi_study.rating.byte_range import Unsatisfiable, asked_range
from kizashi_study.rating.session import Answer, Session

PACKAGE = "kizashi_study.rating"


@cache
def rating_words() -> Words:
    """Each language's words by key."""
    return words_of(PACKAGE)


def rating_app(session: Session, rules: Rules, ticket: Ticket) -> Guarded:
    """The page, ready to be served at the port of its rules."""
    one_step = Lock()

    def step(path: str, method: str, taken: Callable[[Given], Answer]) -> Route:
        async def answer(request: Request) -> Answer:
            given = Given.parse(await request.body())
            async with one_step:
                return await to_thread.run_sync(partial(taken, given))

        return Route(path, _told(answer), methods=[method])

    return guarded_app(
        [
            opening(rules, ticket),
            step("/api/now", "GET", lambda _: session.now()),
            step("/api/begin", "POST", lambda _: session.begin()),
            step(
                "/api/rate",
                "POST",
                lambda said: session.rate(said.text("clip"), said.part("scores").members),
            ),
            step("/api/read-anew", "POST", lambda said: session.read_anew(said.text("clip"))),
            step("/api/leave-out", "POST", lambda said: session.leave_out(said.text("clip"))),
            step("/api/own", "POST", lambda said: session.tell(said.members.get("questionnaire"))),
            Route("/clip/{number}", partial(_clip, session), methods=["GET"]),
            words_route(rating_words()),
        ],
        PACKAGE,
        rules,
    )


def _told(
    answer: Callable[[Request], Awaitable[Answer]],
) -> Callable[[Request], Awaitable[Response]]:
    async def told(request: Request) -> Response:
        try:
            return JSONResponse(await answer(request))
        except (AgentError, OSError) as error:
            status, body = error_answer(error)
            return JSONResponse(body, status)

    return told


async def _clip(session: Session, request: Request) -> Response:
    clip = session.clip(request.path_params["number"])
    # What changed since it was looked through may have its sound elsewhere.
    if clip is None or not clip.is_as_it_was():
        raise HTTPException(404)
    size = clip.size
    headers = {"accept-ranges": "bytes", "content-type": clip.layout.media_type}
    try:
        part = asked_range(request.headers.get("range"), size)
    except Unsatisfiable:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    start, end = part or (0, size)
    headers["content-length"] = str(end - start)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingResponse(clip.read(start, end), 200 if part is None else 206, headers)
