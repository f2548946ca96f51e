"""The page as one application: its calls below /api, its files beside them, the guard around."""

import mimetypes
import time
from importlib import resources
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from kizashi_agent.page.answering import error_answer
from kizashi_agent.page.camera_socket import CameraSocket
from kizashi_agent.page.camera_turn import CameraTurn
from kizashi_agent.page.feedback_steps import feedback_routes
from kizashi_agent.page.guard import TOO_LARGE
from kizashi_agent.page.guarded import BodyTooLarge, Guarded
from kizashi_agent.page.keeping import keeping_routes
from kizashi_agent.page.opening import opening
from kizashi_agent.page.page_errors import error_json
from kizashi_agent.page.steps import step_routes
from kizashi_agent.page.take_out import take_out_routes
from kizashi_agent.page.words import WORDS_ROUTE
from kizashi_agent.page.world import PageWorld

# Some systems know these by other names, and a browser runs no script that is "text/plain".
for _suffix, _kind in ((".js", "text/javascript"), (".css", "text/css"), (".svg", "image/svg+xml")):
    mimetypes.add_type(_kind, _suffix)


def page_app(world: PageWorld) -> Guarded:
    """The page, ready to be served at the port of its rules; `world` is what handlers may touch."""
    files = Path(str(resources.files("kizashi_agent.page") / "static"))
    routes = [*calls(world), WORDS_ROUTE, Mount("/", StaticFiles(directory=files, html=True))]
    faults = {HTTPException: _no_such_call, BodyTooLarge: _too_large, Exception: _unexpected}
    return Guarded(Starlette(routes=routes, exception_handlers=faults), world.rules)


def calls(world: PageWorld) -> list[Route | WebSocketRoute]:
    """The calls below /api, which need the token; the first gives it for the ticket."""
    camera = CameraSocket(world.measurer, CameraTurn(world), time.time)
    return [
        opening(world.rules, world.ticket),
        WebSocketRoute("/api/camera", camera.serve),
        *step_routes(world),
        *feedback_routes(world),
        *keeping_routes(world),
        *take_out_routes(world),
    ]


def _no_such_call(_: Request, error: Exception) -> JSONResponse:
    status, headers = 500, None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
    body = error_json("NO_SUCH_CALL", "The page asked for what is not there. Reload it.")
    return JSONResponse(body, status, headers)


def _too_large(_: Request, error: Exception) -> JSONResponse:
    del error
    return JSONResponse(error_json(TOO_LARGE.reason, TOO_LARGE.message), TOO_LARGE.status)


def _unexpected(_: Request, error: Exception) -> JSONResponse:
    status, body = error_answer(error)
    return JSONResponse(body, status)
