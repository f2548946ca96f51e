"""The raters' page as it is served: who may ask, ranges of clips, words."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.loopback.guard import Rules
from kizashi_study.rating.application import rating_words
from kizashi_study.rating.byte_range import Unsatisfiable, asked_range

from tests.study.rated import SCORES, TOKEN, AtWork, at_work, served


@pytest.fixture
def work(tmp_path: Path) -> AtWork:
    """A rater at the first clip."""
    return at_work(tmp_path)


@pytest.fixture
def page(work: AtWork) -> Iterator[Rules]:
    """The page, served."""
    with served(work.session) as rules:
        yield rules


def asked(
    rules: Rules, path: str, body: object = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """An answer of the page; the token goes along where there is no other word of it."""
    connection = http.client.HTTPConnection("127.0.0.1", rules.port, timeout=30)
    own = {"Origin": rules.origin, "Authorization": f"Bearer {TOKEN}"} | headers
    sent = None if body is None else json.dumps(body)
    try:
        connection.request("GET" if body is None else "POST", path, sent, own)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_a_clip_is_served_in_parts(page: Rules, work: AtWork) -> None:
    """The whole, a part, a part to the end; nothing behind the end, and no other name for it."""
    now = work.session.begin()
    clip = work.session.clip(now["clip"])
    assert clip is not None
    whole = b"".join(clip.read(0, clip.size))
    path = f"/clip/{now['clip']}"
    answer, data = asked(page, path)
    assert (answer.status, data) == (200, whole)
    assert answer.headers["content-type"] == clip.layout.media_type
    assert answer.headers["cache-control"] == "no-store"
    answer, data = asked(page, path, Range="bytes=10-99")
    assert (answer.status, data) == (206, whole[10:100])
    assert answer.headers["content-range"] == f"bytes 10-99/{clip.size}"
    answer, data = asked(page, path, Range=f"bytes={clip.size - 5}-")
    assert (answer.status, data) == (206, whole[-5:])
    assert asked(page, path, Range=f"bytes={clip.size}-")[0].status == 416
    for other in ("/clip/1", "/clip/clip_of_p01.webm", "/clip/..%2Fclip_of_p01.webm", "/clip/"):
        assert asked(page, other)[0].status == 404


def test_a_clip_that_changed_is_not_served(page: Rules, work: AtWork) -> None:
    """Where its sound is now nobody has looked."""
    now = work.session.begin()
    clip = work.session.clip(now["clip"])
    assert clip is not None
    clip.path.write_bytes(clip.path.read_bytes() + b"more")
    assert asked(page, f"/clip/{now['clip']}")[0].status == 404


def test_nobody_else_is_answered(page: Rules, work: AtWork) -> None:
    """Calls need the token; clips and files are not for another host or origin."""
    now = work.session.begin()
    assert asked(page, "/api/now", Authorization="Bearer wrong")[0].status == 401
    assert asked(page, "/api/rate", {}, Authorization="Bearer wrong")[0].status == 401
    for path in ("/", f"/clip/{now['clip']}", "/api/now"):
        assert asked(page, path, Host=f"evil.example:{page.port}")[0].status == 421
        assert asked(page, path, Origin="https://evil.example")[0].status == 403
    answer, _ = asked(page, "/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "connect-src 'self';" in policy
    assert "camera=()" in answer.headers["permissions-policy"]


def test_a_rater_goes_through_the_calls(page: Rules, work: AtWork) -> None:
    """From the beginning to the end; what cannot be is a no, in JSON."""
    del work
    assert json.loads(asked(page, "/api/now")[1])["stage"] == "beginning"
    now = json.loads(asked(page, "/api/begin", {})[1])
    answer, data = asked(page, "/api/rate", {"clip": "1", "scores": SCORES})
    assert (answer.status, json.loads(data)["error"]["reason"]) == (409, "OUT_OF_TURN")
    now = json.loads(asked(page, "/api/rate", {"clip": now["clip"], "scores": SCORES})[1])
    now = json.loads(asked(page, "/api/read-anew", {"clip": now["clip"]})[1])
    now = json.loads(asked(page, "/api/leave-out", {"clip": now["clip"]})[1])
    assert now["stage"] == "own"
    answer, _ = asked(page, "/api/own", {"questionnaire": {"instrument": "?"}})
    assert answer.status == 400
    now = json.loads(asked(page, "/api/own", {"questionnaire": None})[1])
    assert now["stage"] == "done"


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", (0, 100)),
        ("bytes=5-5", (5, 6)),
        ("bytes=90-200", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-200", (0, 100)),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("lines=1-2", None),
    ],
)
def test_a_range_is_read(header: str | None, part: tuple[int, int] | None) -> None:
    """One range is answered; several, or what is none, get the whole."""
    assert asked_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(header: str) -> None:
    """There is no byte of it."""
    with pytest.raises(Unsatisfiable):
        asked_range(header, 100)


def test_both_languages_say_the_same() -> None:
    """Every key is in both, with the same values filled in."""
    english, japanese = rating_words()["en"], rating_words()["ja"]
    assert english.keys() == japanese.keys()
    for key, sentence in english.items():
        assert sentence.count("{") == japanese[key].count("{")
