"""The guard around the page: refuses, limits bodies, and puts the same headers on every answer."""

from collections.abc import Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kizashi_agent.edge import described
from kizashi_agent.loopback.guard import (
    LARGEST_BODY,
    TOO_LARGE,
    Refused,
    RequestHead,
    Rules,
    refusal,
    security_headers,
)
from kizashi_agent.loopback.page_errors import error_json

_INTERNAL_ERROR = 1011
"""RFC 6455, 7.4.1: how a WebSocket ends after a fault of ours."""


class BodyTooLarge(Exception):
    """More came than was announced, or than may be."""


class Guarded:
    """An application behind the guard; nothing reaches it that the guard refuses.

    A fault of the application ends here: a server around it would log the fault's own words, and
    those could hold what was measured.
    """

    def __init__(self, application: ASGIApp, rules: Rules) -> None:
        self._application = application
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3."""
        if scope["type"] not in {"http", "websocket"}:
            await self._application(scope, receive, send)
            return
        answer = _Answer(send, security_headers(self._rules))
        refused = refusal(self._rules, _head(scope))
        if refused is not None:
            await _refuse(scope, receive, answer, refused)
        elif scope["type"] == "http":
            await self._http(scope, receive, answer)
        else:
            await self._websocket(scope, receive, answer)

    async def _http(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._application(scope, _limited(receive), answer)
        except BodyTooLarge:
            await _refuse(scope, receive, answer, TOO_LARGE)
        except Exception as error:  # noqa: BLE001 - told by kind and place alone
            reason, message, _ = described(error)
            await _refuse(scope, receive, answer, Refused(500, reason, message))

    async def _websocket(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._application(scope, receive, answer)
        except Exception:  # noqa: BLE001 - the browser is told that it ended
            if not answer.ended:
                await answer({"type": "websocket.close", "code": _INTERNAL_ERROR})


class _Answer:
    """Sends on, with the security headers in place of any others of their names."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.started = False
        self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self.started = True
            ours = {name for name, _ in self._headers}
            kept = [each for each in message.get("headers", ()) if each[0].lower() not in ours]
            message = {**message, "headers": [*kept, *self._headers]}
        self.ended = self.ended or message["type"] == "websocket.close"
        await self._send(message)


def _head(scope: Scope) -> RequestHead:
    is_websocket = scope["type"] == "websocket"
    return RequestHead(
        is_websocket=is_websocket,
        method="GET" if is_websocket else scope["method"],
        path=scope["path"],
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ),
    )


def _limited(receive: Receive) -> Receive:
    left = LARGEST_BODY

    async def limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise BodyTooLarge
        return message

    return limited


async def _refuse(scope: Scope, receive: Receive, answer: _Answer, refused: Refused) -> None:
    if answer.started:
        return
    if scope["type"] == "websocket" and "websocket.http.response" not in scope["extensions"]:
        await answer({"type": "websocket.close"})
        return
    body = error_json(refused.reason, refused.message)
    await JSONResponse(body, refused.status)(scope, receive, answer)
