"""Serves the page on this laptop's loopback until it is stopped."""

import logging
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from kizashi_agent.errors import InputError
from kizashi_agent.loopback.guard import HOST

LARGEST_MESSAGE = 8 * 1024 * 1024
"""Bytes of one WebSocket message: a frame of 1920x1080 in RGBA takes 8,294,400."""

_LAST_ANSWERS = 3
"""Seconds for what is under way when the page is stopped; then the connections are cut."""


def bound(port: int) -> socket.socket:
    """A listening socket on loopback alone.

    Args:
        port: to listen at; 0 for any that is free.

    Raises:
        InputError: somebody else listens there.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise InputError(
            f"port {port} cannot be bound: {error.strerror}",
            f"The page cannot listen at port {port} ({error.strerror}). Name another with --port, "
            "or leave it out.",
            reason="PORT_TAKEN",
        ) from None
    return listener


def serve(application: ASGIApp, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until SIGINT or SIGTERM; `ready` is called once connections are answered."""
    page_server(application, ready).run([listener])


def page_server(application: ASGIApp, ready: Callable[[], None]) -> uvicorn.Server:
    """What serves the page; it ends by a signal, or once told `should_exit`."""
    # Their logs would name addresses, and their account of a fault the fault's own words.
    for name in ("uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    config = uvicorn.Config(
        application,
        loop="asyncio",
        http="h11",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,  # costs more time than loopback takes
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nobody is in between who could say whom a request is from
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS,
    )
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets)
        self._ready()
