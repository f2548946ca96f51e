"""A page that is really served, and a browser's side of it: plain HTTP over loopback."""

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.extract.clip import Measurer
from kizashi_agent.frames import Frame
from kizashi_agent.loopback.guard import Rules
from kizashi_agent.loopback.serving import bound, page_server
from kizashi_agent.loopback.ticket import Ticket
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.page import visit as visits
from kizashi_agent.page.application import page_app
from kizashi_agent.page.visit import CurrentVisit, Recorded
from kizashi_agent.page.world import PageWorld
from kizashi_agent.pipeline import Measured
from kizashi_agent.quality import Caution
from kizashi_protocol import Locale, Summary

from tests.models.scoring import EXTRACTOR_ID, summary_at

TOKEN = "token-of-a-test-run-of-the-page"
TICKET = "ticket-of-a-test-run"
TAB = "tab-one-of-a-test"
OTHER_TAB = "tab-two-of-a-test"


class NoMeasurer:
    """See `Measurer`; for steps that come to no frame."""

    extractor_id = EXTRACTOR_ID
    mode = "static"

    def restart(self) -> None:
        """Nothing to forget."""

    def measure(self, frame: Frame) -> FrameMeasurement:
        """There is none."""
        raise AssertionError(frame)


@dataclass(frozen=True)
class Answered:
    """An answer of the page."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        """What it says."""
        value: dict[str, Any] = json.loads(self.text)
        return value

    @property
    def reason(self) -> str:
        """Why it is a no."""
        reason: str = self.json["error"]["reason"]
        return reason

    @property
    def stage(self) -> str:
        """Where the visit is."""
        stage: str = self.json["visit"]["stage"]
        return stage


@dataclass
class Browser:
    """A tab of a browser that has the page open."""

    world: PageWorld
    tab: str = TAB

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Sends exactly these headers, and a length where there is a body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.world.rules.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in (self.headers if headers is None else headers).items():
                connection.putheader(name, value)
            if method == "POST":
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answered(answer.status, dict(answer.headers), answer.read().decode())
        finally:
            connection.close()

    @property
    def headers(self) -> dict[str, str]:
        """What the page's own script sends."""
        rules = self.world.rules
        return {
            "Host": rules.host,
            "Origin": rules.origin,
            "Sec-Fetch-Site": "same-origin",
            "Authorization": f"Bearer {rules.token}",
            "X-Kizashi-Tab": self.tab,
        }

    def get(self, path: str) -> Answered:
        """GET /api/..."""
        return self.ask("GET", f"/api/{path}")

    def post(self, path: str, **members: object) -> Answered:
        """POST /api/..."""
        return self.ask("POST", f"/api/{path}", json.dumps(members).encode())

    def agree(self, **start: object) -> Answered:
        """Begins a check and says yes to everything."""
        self.post("start", **start)
        return self.post("consents", adult=True, scopes={"score": True, "feedback": True})

    def record(self, summary: Summary | None = None) -> None:
        """What the camera would come to."""
        visit = self.world.visit
        number = visit.turn(visits.recording_begun).recordings
        measured = Measured(summary or summary_at(2.0), 390, (Caution.FACE_SMALL,))
        recorded = Recorded(measured, made_up_profile, 2, os.urandom(16))
        visit.turn(lambda visit: visits.recording_ended(visit, number, recorded))

    def check(self, **start: object) -> Answered:
        """All of it up to the answer."""
        self.agree(**start)
        self.record()
        return self.post("send")


def made_up_profile(locale: Locale) -> dict[str, Any]:
    """Courses of no unit."""
    return {"seconds": [], "units": [], "made_up_in": locale}


@contextmanager
def served(base: Surroundings, measurer: Measurer | None = None) -> Iterator[Browser]:
    """Serves the page at a port of its own, with one tab that drives."""
    with unclaimed(base, measurer or NoMeasurer()) as browser:
        assert browser.post("tab/claim").status == 200
        yield browser


@contextmanager
def unclaimed(base: Surroundings, measurer: Measurer) -> Iterator[Browser]:
    """Serves the page as `kizashi page` does; no tab drives it yet."""
    with bound(0) as listener:
        rules = Rules(listener.getsockname()[1], TOKEN, camera=True)
        world = PageWorld(
            base=base,
            measurer=measurer,
            rules=rules,
            ticket=Ticket(TICKET),
            visit=CurrentVisit(base.locale),
        )
        ready = Event()
        server = page_server(page_app(world), ready.set)
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert ready.wait(30)
            yield Browser(world)
        finally:
            server.should_exit = True
            thread.join()
