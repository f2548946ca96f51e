"""A page as one application: its calls below /api, its files beside them, the guard around."""

import mimetypes
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from kizashi_agent.loopback.answers import error_answer
from kizashi_agent.loopback.guard import TOO_LARGE, Rules
from kizashi_agent.loopback.guarded import BodyTooLarge, Guarded
from kizashi_agent.loopback.page_errors import error_json

# Some systems know these by other names, and a browser runs no script that is "text/plain".
for _suffix, _kind in ((".js", "text/javascript"), (".css", "text/css"), (".svg", "image/svg+xml")):
    mimetypes.add_type(_kind, _suffix)

SHARED = ("kizashi_agent.loopback", "static")
"""The package and folder of the files that every page has: how it looks and how it asks."""


def guarded_app(routes: Sequence[BaseRoute], package: str, rules: Rules) -> Guarded:
    """A page, ready to be served at the port of its rules.

    Args:
        routes: what it answers beside its files.
        package: whose folder `static` holds the page's own files, `index.html` among them.
        rules: who may speak to it.
    """
    files = StaticFiles(packages=[(package, "static"), SHARED], html=True)
    faults = {HTTPException: _no_such_call, BodyTooLarge: _too_large, Exception: _unexpected}
    application = Starlette(routes=[*routes, Mount("/", files)], exception_handlers=faults)
    return Guarded(application, rules)


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
