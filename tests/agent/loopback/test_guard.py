"""Who may speak to the page, and what every answer says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.loopback.guard import (
    LARGEST_BODY,
    OPENING,
    RequestHead,
    Rules,
    is_api,
    refusal,
    security_headers,
)

RULES = Rules(50_123, "a-token-of-this-run", camera=True)
OWN = (("host", RULES.host), ("origin", RULES.origin), ("sec-fetch-site", "same-origin"))
BEARER = ("authorization", f"Bearer {RULES.token}")

CALL = RequestHead(False, "POST", "/api/start", (*OWN, BEARER))
SOCKET = RequestHead(True, "GET", "/api/camera", OWN)
FILE = RequestHead(False, "GET", "/app.js", (("host", RULES.host),))

TEXT = st.text(st.characters(max_codepoint=255, exclude_categories=()), max_size=40)


def with_header(head: RequestHead, name: str, *values: str) -> RequestHead:
    """The same request with these values of a header, and no other."""
    kept = tuple(each for each in head.headers if each[0] != name)
    return replace(head, headers=(*kept, *((name, value) for value in values)))


def reason(head: RequestHead) -> str | None:
    """Why it is refused."""
    refused = refusal(RULES, head)
    return None if refused is None else refused.reason


@pytest.mark.parametrize("head", [CALL, SOCKET, FILE], ids=["call", "socket", "file"])
def test_the_page_itself_passes(head: RequestHead) -> None:
    """The page's own calls, its WebSocket and its files are answered."""
    assert refusal(RULES, head) is None


@pytest.mark.parametrize(
    "host",
    [
        f"evil.example:{RULES.port}",
        f"localhost:{RULES.port}",
        "127.0.0.1",
        f"127.0.0.1:{RULES.port + 1}",
        f"127.0.0.1:{RULES.port}.evil.example",
        f"127.0.0.1:{RULES.port} ",
        f"[::1]:{RULES.port}",
        "",
    ],
)
@pytest.mark.parametrize("head", [CALL, SOCKET, FILE], ids=["call", "socket", "file"])
def test_a_name_that_was_made_to_lead_here_is_refused(head: RequestHead, host: str) -> None:
    """Whatever another host resolves to, its name is not this page's (DNS rebinding)."""
    refused = refusal(RULES, with_header(head, "host", host))
    assert refused is not None
    assert (refused.status, refused.reason) == (421, "HOST_UNKNOWN")


@pytest.mark.parametrize("hosts", [(), (RULES.host, "evil.example"), (RULES.host, RULES.host)])
def test_one_host_is_named(hosts: tuple[str, ...]) -> None:
    """No host and two hosts are refused, even where one is right."""
    assert reason(with_header(CALL, "host", *hosts)) == "HOST_UNKNOWN"


@pytest.mark.parametrize(
    "origins",
    [
        (),
        ("null",),
        ("https://evil.example",),
        (f"http://127.0.0.1:{RULES.port + 1}",),
        (f"https://127.0.0.1:{RULES.port}",),
        (f"http://localhost:{RULES.port}",),
        (RULES.origin, "https://evil.example"),
    ],
)
@pytest.mark.parametrize("head", [CALL, SOCKET], ids=["call", "socket"])
def test_another_origin_cannot_drive(head: RequestHead, origins: tuple[str, ...]) -> None:
    """Neither a POST nor a WebSocket of another origin, of none or of several is answered."""
    refused = refusal(RULES, with_header(head, "origin", *origins))
    assert refused is not None
    assert (refused.status, refused.reason) == (403, "ORIGIN_FOREIGN")


def test_a_look_of_another_origin_is_refused_too() -> None:
    """A GET needs no origin, but a foreign one is not answered."""
    assert reason(with_header(FILE, "origin", "https://evil.example")) == "ORIGIN_FOREIGN"
    assert reason(with_header(FILE, "origin", "null")) == "ORIGIN_FOREIGN"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "SAME-ORIGIN"])
def test_the_browsers_own_word_counts(site: str) -> None:
    """Where the browser says that another site asks, another port among them, nobody answers."""
    for head in (CALL, SOCKET, FILE):
        assert reason(with_header(head, "sec-fetch-site", site)) == "ORIGIN_FOREIGN"


def test_what_a_person_types_has_no_site() -> None:
    """An address that was typed or opened by the system is answered."""
    assert reason(with_header(FILE, "sec-fetch-site", "none")) is None


@pytest.mark.parametrize(
    "given_header",
    [
        (),
        ("Bearer ",),
        ("Bearer another",),
        (RULES.token,),
        (f"bearer {RULES.token}",),
        (f"Basic {RULES.token}",),
        (f"Bearer {RULES.token[:-1]}",),
        (f"Bearer {RULES.token} ",),
        (f"Bearer {RULES.token}", "Bearer another"),
    ],
)
def test_a_wrong_token_opens_nothing(given_header: tuple[str, ...]) -> None:
    """No call is answered without the very token, given once."""
    refused = refusal(RULES, with_header(CALL, "authorization", *given_header))
    assert refused is not None
    assert (refused.status, refused.reason) == (401, "TOKEN_WRONG")


@given(TEXT)
def test_no_other_text_is_the_token(text: str) -> None:
    """Whatever bytes a header holds, only the token opens, and nothing breaks."""
    head = with_header(CALL, "authorization", f"Bearer {text}")
    assert (refusal(RULES, head) is None) == (text == RULES.token)


@pytest.mark.parametrize("length", [str(LARGEST_BODY + 1), "-1", "1e3", "", "9" * 5000, "１"])
def test_a_large_body_is_not_read(length: str) -> None:
    """What announces too much, or no number, is refused before it is read."""
    refused = refusal(RULES, with_header(CALL, "content-length", length))
    assert refused is not None
    assert (refused.status, refused.reason) == (413, "BODY_TOO_LARGE")


def test_a_body_may_be_as_large_as_it_may() -> None:
    """The limit itself passes."""
    assert reason(with_header(CALL, "content-length", str(LARGEST_BODY))) is None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "post", ""])
def test_other_methods_are_not_answered(method: str) -> None:
    """Above all no OPTIONS: no page of another origin is given leave in advance."""
    refused = refusal(RULES, replace(CALL, method=method))
    assert refused is not None
    assert refused.status == 405


@given(
    is_websocket=st.booleans(),
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"]),
    path=st.sampled_from(
        ["/", "/app.js", "/api", "/api/", "/api/visit", "/apiary", OPENING, "/api/open/"]
    ),
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                ["host", "origin", "sec-fetch-site", "authorization", "content-length"]
            ),
            st.sampled_from([RULES.host, RULES.origin, "same-origin", BEARER[1], "7"]) | TEXT,
        ),
        max_size=8,
    ),
)
def test_nothing_passes_but_what_may(
    is_websocket: bool, method: str, path: str, headers: list[tuple[str, str]]
) -> None:
    """Whatever is sent, what passes has this host, no other origin, and the token where needed."""
    head = RequestHead(is_websocket, method, path, tuple(headers))
    if refusal(RULES, head) is not None:
        return
    assert head.values("host") == (RULES.host,)
    assert set(head.values("origin")) <= {RULES.origin}
    assert not (is_websocket or method == "POST") or head.values("origin")
    assert (
        is_websocket
        or not is_api(path)
        or path == OPENING
        or head.values("authorization") == (BEARER[1],)
    )


def test_the_token_is_in_no_repr() -> None:
    """Neither the rules nor a request show it."""
    assert RULES.token not in repr(RULES) + repr(CALL)


def test_the_address_keeps_the_token_from_everybody() -> None:
    """The token stands in the fragment, which browsers send nowhere."""
    before, _, fragment = RULES.address.partition("#")
    assert (before, fragment) == (f"{RULES.origin}/", RULES.token)


def test_a_page_of_another_can_neither_hold_nor_read_it() -> None:
    """Nothing from elsewhere, nothing inline, in no frame, kept nowhere, and no microphone."""
    headers = security_headers(RULES)
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "microphone=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_page_without_the_camera_may_not_ask_for_it() -> None:
    """Where the rules do not name the camera, neither it nor a WebSocket is allowed."""
    headers = security_headers(replace(RULES, camera=False))
    assert "camera=()" in headers["permissions-policy"]
    assert "ws:" not in headers["content-security-policy"]
