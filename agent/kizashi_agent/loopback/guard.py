"""Who may speak to a page: this very page, opened with the token that the agent printed.

The decision is a pure function over the head of a request. Against another site that has its name
resolve to 127.0.0.1 (DNS rebinding) stands the host; against pages of other origins, other ports of
127.0.0.1 among them, stand the origin and the browser's own word (Fetch Metadata, W3C); against
everybody else, programs of other accounts too, stands the token. It is never in a cookie: all ports
of a host share those (RFC 6265, 8.5).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

HOST = "127.0.0.1"
"""Where the page is bound, and the one host that it is asked for by."""

LARGEST_BODY = 64 * 1024
"""Bytes of a request."""

API = "/api/"
"""What stands below needs the token; beside it there are only files that hold nothing secret."""

OPENING = "/api/open"
"""The one call without the token: it gives the token for a ticket that is good once."""

_READS = frozenset({"GET", "HEAD"})
_METHODS = _READS | {"POST"}
_FETCH_SITES = frozenset({"same-origin", "none"})
_BEARER = "Bearer "
_LENGTH = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Rules:
    """Where the page is, and what opens it.

    Attributes:
        port: the page is bound to.
        token: of this run, URL-safe text.
        camera: whether the page may ask for the camera, and send its frames over a WebSocket.
    """

    port: int
    token: str = field(repr=False)
    camera: bool = False

    @property
    def host(self) -> str:
        """The only host it is asked for by."""
        return f"{HOST}:{self.port}"

    @property
    def origin(self) -> str:
        """The only origin that may drive it."""
        return f"http://{self.host}"

    @property
    def address(self) -> str:
        """What opens it. The token is in the fragment, which browsers send to nobody."""
        return f"{self.origin}/#{self.token}"

    def is_token(self, given: str) -> bool:
        """Whether this is the token; takes as long for every wrong one."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request before its body.

    Attributes:
        is_websocket: it asks for a WebSocket.
        method: in capitals.
        path: decoded, without the query.
        headers: names in small letters, in the order they came.
    """

    is_websocket: bool
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header."""
        return tuple(value for each, value in self.headers if each == name)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not answered.

    Attributes:
        status: of HTTP (RFC 9110).
        reason: machine-readable.
        message: for a person.
    """

    status: int
    reason: str
    message: str


_MISDIRECTED = Refused(
    421, "HOST_UNKNOWN", "This page answers only at the address that Kizashi printed."
)
_METHOD = Refused(405, "METHOD_NOT_ALLOWED", "The page has no such call.")
_FOREIGN = Refused(
    403, "ORIGIN_FOREIGN", "Another page asked. Only the page that Kizashi opened is answered."
)
TOO_LARGE = Refused(413, "BODY_TOO_LARGE", "The page sent too much at once. Reload it.")
WRONG_TOKEN = Refused(
    401,
    "TOKEN_WRONG",
    "This page was not opened with its key. Go to where you started Kizashi, and open the whole "
    "address that it printed.",
)


def refusal(rules: Rules, head: RequestHead) -> Refused | None:
    """Why a request is refused, or None where it may pass; the gravest reason comes first.

    A WebSocket carries its token in its first message, since a browser sends none of its own
    headers with one; whoever takes it has to ask `Rules.is_token`.
    """
    checks = {
        _MISDIRECTED: head.values("host") == (rules.host,),
        _METHOD: head.method in ({"GET"} if head.is_websocket else _METHODS),
        _FOREIGN: _is_own(rules, head),
        TOO_LARGE: _is_small(head),
        WRONG_TOKEN: head.is_websocket or not _needs_token(head.path) or _has_token(rules, head),
    }
    return next((refused for refused, holds in checks.items() if not holds), None)


def is_api(path: str) -> bool:
    """Whether a path needs the token."""
    return f"{path}/".startswith(API)


def security_headers(rules: Rules) -> Mapping[str, str]:
    """The headers of every answer: nothing from elsewhere, nothing inline, nothing kept."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        # By name as well: not every browser takes 'self' to mean a WebSocket of the same host.
        "connect-src": f"'self' ws://{rules.host}" if rules.camera else "'self'",
        "media-src": "'self' blob:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    off = ("microphone", "geolocation", "display-capture", "usb", "serial", "hid")
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "permissions-policy": ", ".join(
            ["camera=(self)" if rules.camera else "camera=()", *(f"{each}=()" for each in off)]
        ),
        "cache-control": "no-store",
    }


def _is_own(rules: Rules, head: RequestHead) -> bool:
    if not set(head.values("sec-fetch-site")) <= _FETCH_SITES:
        return False
    origins = head.values("origin")
    if not origins:
        return not head.is_websocket and head.method in _READS
    return origins == (rules.origin,)


def _is_small(head: RequestHead) -> bool:
    lengths = head.values("content-length")
    return all(_LENGTH.fullmatch(each) and int(each) <= LARGEST_BODY for each in lengths)


def _needs_token(path: str) -> bool:
    return is_api(path) and path != OPENING


def _has_token(rules: Rules, head: RequestHead) -> bool:
    given = head.values("authorization")
    if len(given) != 1 or not given[0].startswith(_BEARER):
        return False
    return rules.is_token(given[0].removeprefix(_BEARER))
