"""What the agent answers in one whole visit, call by call; the screens are shown with it.

Everything is what the code behind the page says: consents of the protocol, feedback on the bundled
clip, a ledger of messages that were exchanged with a server's code. A screen that asks for what no
call answers fails with it.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from kizashi_agent.capture import VideoFile
from kizashi_agent.commands.check import local_scorer
from kizashi_agent.demo import demo_clip
from kizashi_agent.extractor import open_extractor
from kizashi_agent.history.own_baseline import ENOUGH
from kizashi_agent.page import visit as visits
from kizashi_agent.page.profile import Course, course_json, course_of
from kizashi_agent.page.recording import NEUTRAL
from kizashi_agent.page.visit import Recorded
from kizashi_agent.pipeline import Measured, conclude
from kizashi_agent.segments import recorded_seconds, split
from kizashi_models.feedback import compose
from kizashi_models.scorer import score
from kizashi_protocol import Locale, Recipient, Scope, SigningKey
from kizashi_server.config import HelpSettings

from tests.agent.page.running import Browser, served
from tests.agent.page.test_steps import counsellors
from tests.agent.submit.standing.in_process import InProcess, researcher
from tests.agent.takeout.people import Recorded as Person
from tests.models.scoring import EXTRACTOR_ID, summary_at
from tests.server.world import DAY, PROGRAMME, make_world

ADDRESS = "kizashi.example.org:8443"

_PROGRAMMES = {
    "en": replace(
        PROGRAMME,
        display_name="Student self-check",
        owner="Example University",
        scoring_operator="Example Lab",
    ),
    "ja": replace(
        PROGRAMME,
        display_name="学生セルフチェック",
        owner="例示大学",
        scoring_operator="例示研究所",
    ),
}
_HELP = {
    "en": HelpSettings(
        name="Student counselling", hours="Weekdays 9:00-17:00", phone="000", address="Room 1"
    ),
    "ja": HelpSettings(name="学生相談室", hours="平日 9:00～17:00", phone="000", address="1号室"),
}
_EVERY = 4 * DAY
_PLACES = (0.1, -0.35, 0.25, -0.1, 0.45, 0.9)
"""Of the checks in the history, in standard deviations; the last is the newest."""

_EARLIER_ANSWERS = [1, 1, 1, 1, 0, 0, 1, 0, 0]
_ANSWERS = [1, 1, 2, 1, 0, 1, 1, 0, 0]
_MENU = ("history", "questionnaire", "ledger", "standing", "checks", "trend", "clear")


@cache
def real_answers(locale: Locale) -> dict[str, Any]:
    """Each call's answer, by its path; of those with two methods, "POST " goes before the second."""
    world = make_world(
        programme=_PROGRAMMES[locale], help_settings=_HELP[locale], certify=_certified
    )
    with tempfile.TemporaryDirectory() as folder:
        person = Person(Path(folder) / "laptop", InProcess(world))
        base = replace(person.world, confirm=None, locale=locale)
        invite = str(replace(person.invite, host="kizashi.example.org"))
        with served(base) as browser:
            found = _first_check(browser, invite) | _standing(browser)
            found |= _later_checks(browser, invite, world.clock.seconds, person)
            found |= _one_that_waits(browser, invite, person)
            return found | _menu(browser)


@cache
def clip_measured() -> tuple[Measured, Course]:
    """The bundled clip, measured as a recording in the page is."""
    extractor = open_extractor()
    with demo_clip() as clip, VideoFile(clip) as video:
        frames = [extractor.measure(each) for each in video]
    recorded = [each for each in frames if each.timestamp < recorded_seconds(NEUTRAL)]
    measured = conclude(recorded, NEUTRAL, extractor.extractor_id)
    return measured, course_of(split(recorded, NEUTRAL).introduction, measured.summary)


def _first_check(browser: Browser, invite: str) -> dict[str, Any]:
    measured, course = clip_measured()
    found = {"start": browser.post("start", invite=invite).json}
    browser.post("consents", adult=True, scopes={"score": True, "feedback": True})
    number = browser.world.visit.turn(visits.recording_begun).recordings
    # The server of this visit has norms for figures that are called so.
    summary = replace(measured.summary, extractor_id=EXTRACTOR_ID)
    described = partial(course_json, course)
    recorded = Recorded(replace(measured, summary=summary), described, 0, os.urandom(16))
    browser.world.visit.turn(lambda visit: visits.recording_ended(visit, number, recorded))
    found["measured"] = browser.get("measured").json
    found["send"] = browser.post("send").json
    found["recovery"] = browser.get("recovery").json
    feedback = browser.get("feedback").json
    locale = browser.world.visit.now.locale
    words = compose(score(measured.summary, local_scorer()), locale, ())
    ours = asdict(words) | {"help": feedback["help"]}
    (counsellor,) = feedback["sharing"]
    found["feedback"] = feedback | ours
    found["share"] = browser.post("share", recipient=counsellor["fingerprint"], agreed=True).json
    return found


def _standing(browser: Browser) -> dict[str, Any]:
    browser.post("again")
    browser.post("history/keep", on=True)
    (consent,) = [
        each for each in browser.get("standing").json["consents"] if each["scope"] == Scope.TREND
    ]
    wish = {"scope": Scope.TREND, "agreed": True, "adult": True, "digest": consent["digest"]}
    return {"POST standing": browser.post("standing", **wish).json}


def _later_checks(browser: Browser, invite: str, start: float, person: Person) -> dict[str, Any]:
    assert len(_PLACES) >= ENOUGH
    clock = person.server.world.clock
    for number, place in enumerate(_PLACES, 1):
        clock.seconds = start + number * _EVERY
        browser.agree(invite=invite)
        browser.record(summary_at(place))
        browser.post("send")
        browser.post("again")
    return {"start": browser.post("start", invite=invite).json}


def _one_that_waits(browser: Browser, invite: str, person: Person) -> dict[str, Any]:
    browser.agree(invite=invite)
    browser.record()
    person.server.down = True
    browser.post("send")
    found = {"waiting": browser.get("waiting").json}
    person.server.down = False
    browser.post("throw-away")
    return found


def _menu(browser: Browser) -> dict[str, Any]:
    browser.post("again")
    for answers in (_EARLIER_ANSWERS, _ANSWERS):
        scored = browser.post("questionnaire", answers=answers, difficulty=1, keep=True).json
    found = {name: browser.get(name).json for name in _MENU}
    feedback = [each for each in found["ledger"]["messages"] if each["kind"] == "feedback"]
    newest = f"ledger/{feedback[-1]['number']}"
    return found | {
        newest: browser.get(newest).json,
        "POST questionnaire": scored,
        "withdraw": browser.post("withdraw", what="all").json,
        "POST clear": browser.post("clear", confirmed=True).json,
    }


def _certified(root: SigningKey) -> Sequence[Recipient]:
    return [*counsellors(root), researcher(root)]
