"""The page over a real socket, asked by those who may and by those who may not."""

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.loopback.guard import HOST, LARGEST_BODY, is_api, security_headers
from kizashi_agent.page.application import calls
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.agent.page.running import OTHER_TAB, TICKET, Answered, Browser, served
from tests.agent.submit.laptop import connected_laptop
from tests.agent.submit.sharing.person import surroundings_of


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """The page of an empty laptop."""
    with served(surroundings_of(connected_laptop(tmp_path / "state"), None)) as opened:
        yield opened


def socket_of(browser: Browser, **headers: str) -> ClientConnection:
    """The camera's WebSocket, opened as a page of the origin in these headers would."""
    rules = browser.world.rules
    given = {"Origin": rules.origin, "Host": rules.host} | headers
    host = given.pop("Host")
    return connect(
        f"ws://{host}/api/camera",
        sock=socket.create_connection((HOST, rules.port)),
        additional_headers=given,
        compression=None,
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/words.json", 200),
        ("GET", "/api/visit", 200),
        ("GET", "/nothing.js", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/../serving.py", 404),
        ("GET", "/..%2fserving.py", 404),
        ("GET", "/api/start", 404),
        ("POST", "/api/visit", 405),
        ("POST", "/", 405),
        ("OPTIONS", "/api/start", 405),
        ("GET", "/api/feedback", 409),
    ],
)
def test_every_answer_carries_the_same_headers(
    browser: Browser, method: str, path: str, status: int
) -> None:
    """Files, answers and refusals alike; and nothing about who serves, or when."""
    answer = browser.ask(method, path)
    assert answer.status == status
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert security_headers(browser.world.rules).items() <= headers.items()
    assert not {"server", "date", "set-cookie", "access-control-allow-origin"} & headers.keys()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Host": "evil.example:{port}"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer another"}, 401),
    ],
)
def test_who_may_not_ask_is_told_so_in_json(
    browser: Browser, change: dict[str, str | None], status: int
) -> None:
    """Each refusal has its status, a reason and a sentence, and changes nothing."""
    changed = {
        name: value and value.format(port=browser.world.rules.port)
        for name, value in (browser.headers | change).items()
    }
    headers = {name: value for name, value in changed.items() if value is not None}
    refused = browser.ask("POST", "/api/locale", b'{"locale": "ja"}', headers)
    assert refused.status == status
    assert refused.json["error"]["message"]
    assert (
        security_headers(browser.world.rules).items()
        <= {name.lower(): value for name, value in refused.headers.items()}.items()
    )
    assert browser.get("visit").json["locale"] == "en"


def test_files_need_no_token(browser: Browser) -> None:
    """They hold nothing secret, and a page without its token can still say so."""
    headers = {"Host": browser.world.rules.host}
    assert "<!doctype html>" in browser.ask("GET", "/", headers=headers).text
    script = browser.ask("GET", "/app.js", headers=headers)
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("tab", [None, "short", "a" * 65, "with a blank in it"])
def test_a_call_names_its_tab(browser: Browser, tab: str | None) -> None:
    """A call that does not, or not in the form of one, is a bad request."""
    headers = browser.headers
    del headers["X-Kizashi-Tab"]
    if tab is not None:
        headers["X-Kizashi-Tab"] = tab
    assert browser.ask("GET", "/api/visit", headers=headers).reason == "BAD_REQUEST"
    assert browser.ask("POST", "/api/again", headers=headers).reason == "BAD_REQUEST"


def test_a_body_that_announces_no_end_ends(browser: Browser) -> None:
    """Sent in pieces without a length, it is cut off at the limit."""
    connection = http.client.HTTPConnection("127.0.0.1", browser.world.rules.port, timeout=30)
    pieces = [b" " * 4096] * (LARGEST_BODY // 4096 + 1)
    connection.request(
        "POST", "/api/again", iter(pieces), headers=browser.headers, encode_chunked=True
    )
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["error"]["reason"] == "BODY_TOO_LARGE"
    connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example:1"}, 421),
    ],
)
def test_no_other_page_opens_the_camera(
    browser: Browser, headers: dict[str, str], status: int
) -> None:
    """A WebSocket of another origin or host is refused before it is one."""
    with pytest.raises(InvalidStatus) as caught, socket_of(browser, **headers):
        pass
    answer = caught.value.response
    assert answer.status_code == status
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"token": "another"}, "TOKEN_WRONG"),
        ({"token": None}, "TOKEN_WRONG"),
        ({"tab": OTHER_TAB}, "ANOTHER_TAB"),
        ({"tab": 7}, "BAD_REQUEST"),
        ({}, "OUT_OF_TURN"),
    ],
)
def test_the_camera_opens_by_token_tab_and_turn(
    browser: Browser, first: dict[str, object], reason: str
) -> None:
    """The first message must carry both, and come where the camera comes next."""
    message = {"type": "open", "token": browser.world.rules.token, "tab": browser.tab} | first
    with socket_of(browser) as camera:
        camera.send(json.dumps(message))
        assert json.loads(camera.recv(30))["reason"] == reason
        with pytest.raises(ConnectionClosed):
            camera.recv(30)


def test_taken_over_the_camera_closes(browser: Browser) -> None:
    """The socket of the tab before ends with the code that says so."""
    browser.post("start", local=True)
    browser.post("consents", adult=True, scopes={"score": True})
    with socket_of(browser) as camera:
        camera.send(
            json.dumps({"type": "open", "token": browser.world.rules.token, "tab": browser.tab})
        )
        camera.send(json.dumps({"type": "record"}))
        other = Browser(browser.world, OTHER_TAB)
        assert other.post("tab/claim", take_over=True).status == 200
        with pytest.raises(ConnectionClosed) as caught:
            list(camera)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4001


def test_the_browser_is_started_with_what_opens_once(browser: Browser) -> None:
    """The ticket gives the token to the page, once; a wrong one does not use it up."""
    rules = browser.world.rules
    assert rules.token not in browser.world.ticket.address(rules)
    headers = {"Host": rules.host, "Origin": rules.origin}

    def shown(ticket: object) -> Answered:
        body = json.dumps({"ticket": ticket}).encode()
        return browser.ask("POST", "/api/open", body, headers)

    assert shown("another").reason == "TOKEN_WRONG"
    assert shown(None).status == 401
    assert shown(7).status == 400
    assert shown(TICKET).json == {"token": rules.token}
    assert shown(TICKET).status == 401
    assert TICKET not in repr(browser.world)
    del headers["Origin"]
    assert shown(TICKET).status == 403


def test_every_call_needs_the_token(browser: Browser) -> None:
    """One beside /api would be answered to everybody."""
    paths = [each.path for each in calls(browser.world)]
    assert "/api/take-out" in paths
    assert [path for path in paths if not is_api(path)] == []
