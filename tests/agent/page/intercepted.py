"""The page's own files in a browser, with answers that a test gives in the agent's place."""

import json
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from kizashi_agent.loopback.words import WORDS_PATH
from kizashi_agent.page.words import page_words
from kizashi_protocol import Locale
from playwright.sync_api import Browser, Page, Route, ViewportSize

ADDRESS = "http://127.0.0.1:4"
"""Nothing listens there: every request is answered here, and one that is not fails the test."""

TOKEN = "A" * 43
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "media-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
STATIC = tuple(
    Path(str(resources.files(package) / "static"))
    for package in ("kizashi_agent.page", "kizashi_agent.loopback")
)
WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=390, height=844)


@dataclass
class PlayedAgent:
    """Answers by path; a test changes them.

    Attributes:
        answers: what each call returns, a POST where "POST " and its path are there by what they
            are there for; a call without one is answered with nothing.
        refusals: status and error of the calls that are refused.
        asked: every call, with its body.
        is_gone: nothing is answered any more.
    """

    answers: dict[str, Any]
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    is_gone: bool = False

    def handle(self, route: Route) -> None:
        """Answers one request of the browser."""
        path = route.request.url.removeprefix(ADDRESS)
        if path.startswith("/api/"):
            self._answer(route, path.removeprefix("/api/"))
        elif path == WORDS_PATH:
            _fulfill(route, 200, "application/json", json.dumps(page_words()).encode())
        elif path == "/camera.js":
            played = Path(__file__).with_name("played_camera.js").read_bytes()
            _fulfill(route, 200, "text/javascript", played)
        elif path == "/played.jpg":
            _fulfill(route, 200, "image/jpeg", clip_picture())
        else:
            name = "index.html" if path == "/" else path[1:]
            file = next(folder / name for folder in STATIC if (folder / name).is_file())
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            _fulfill(route, 200, kind, file.read_bytes())

    def _answer(self, route: Route, call: str) -> None:
        body = route.request.post_data
        self.asked.append((call, None if body is None else json.loads(body)))
        if self.is_gone:
            route.abort()
        elif call in self.refusals:
            status, error = self.refusals[call]
            _fulfill(route, status, "application/json", json.dumps({"error": error}).encode())
        else:
            answer = self.answers.get(f"{route.request.method} {call}", self.answers.get(call, {}))
            _fulfill(route, 200, "application/json", json.dumps(answer).encode())


def _fulfill(route: Route, status: int, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind, "Content-Security-Policy": POLICY}
    route.fulfill(status=status, headers=headers, body=body)


@contextmanager
def opened(
    browser: Browser,
    agent: PlayedAgent,
    *,
    locale: Locale = "en",
    viewport: ViewportSize = WIDE,
    scheme: Any = "light",
    token: str | None = TOKEN,
    scale: float = 1,
) -> Iterator[Page]:
    """The page as a person's browser shows it; an error in its scripts fails the test."""
    agent.answers.setdefault("visit", visit("welcome", locale))["locale"] = locale
    context = browser.new_context(
        viewport=viewport,
        locale=locale,
        timezone_id="Asia/Tokyo",
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=scale,
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security" in said.text else None,
    )
    context.route("**/*", agent.handle)
    page.goto(f"{ADDRESS}/" + ("" if token is None else f"#{token}"))
    page.wait_for_selector("main h1")
    yield page
    context.close()
    assert faults == []


def visit(stage: str, locale: Locale = "en", **more: Any) -> dict[str, Any]:
    """Where a visit is."""
    return {
        "visit": {"stage": stage, "tab": "this", "interrupted": None},
        "locale": locale,
        "joined": False,
        "account": False,
        "waiting": 0,
        "version": "0.1.0",
    } | more


@cache
def clip_picture() -> bytes:
    """What the played camera sees: a frame of the bundled clip, as JPEG."""
    with demo_clip() as clip, VideoFile(clip) as video:
        _, data = cv2.imencode(".jpg", next(iter(video)).image)
    return data.tobytes()
