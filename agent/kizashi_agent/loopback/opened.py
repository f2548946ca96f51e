"""Opens a page in this person's browser and serves it until they end it."""

import contextlib
import secrets
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from rich.console import Console
from rich.text import Text
from starlette.types import ASGIApp

from kizashi_agent.loopback.guard import Rules
from kizashi_agent.loopback.serving import bound, serve
from kizashi_agent.loopback.ticket import Ticket

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Opening:
    """How a page is opened.

    Attributes:
        port: to listen at; 0 for any that is free.
        browser: whether the person's browser is started with it.
        camera: whether the page may ask for the camera.
        said: what is printed once it answers, given the address.
    """

    port: int
    browser: bool
    camera: bool
    said: Callable[[str], str]


def serve_opened(asked: Opening, application: Callable[[Rules, Ticket], ASGIApp]) -> None:
    """Serves until Ctrl-C, which is how a person ends it.

    Args:
        asked: how it is opened.
        application: the page, given who may speak to it and what opens it once.

    Raises:
        InputError: the port is taken.
    """
    with bound(asked.port) as listener:
        rules = Rules(
            listener.getsockname()[1], secrets.token_urlsafe(_TOKEN_BYTES), camera=asked.camera
        )
        ticket = Ticket(secrets.token_urlsafe(_TOKEN_BYTES))

        def ready() -> None:
            console = Console(highlight=False)
            console.print(Text(asked.said(rules.address)), soft_wrap=True)
            if asked.browser:
                # It may wait for the browser, and the page is to answer meanwhile.
                Thread(target=webbrowser.open, args=(ticket.address(rules),), daemon=True).start()

        with contextlib.suppress(KeyboardInterrupt):
            serve(application(rules, ticket), listener, ready)
