"""One visit to the page: where the person is, and what is held for them until they go on.

Pure: a frozen visit goes in, the next comes out, and a step that does not come next raises
`OutOfTurn`. What a visit holds is in memory alone and gone with it; of a recording that was broken
off nothing is held at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock
from typing import Any

from kizashi_models.scorer import Scorer
from kizashi_protocol import Feedback, Locale

from kizashi_agent.commands.check import Opened, Sent
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.loopback.page_errors import OutOfTurn
from kizashi_agent.pipeline import Measured
from kizashi_agent.submit.checking import Submitted
from kizashi_agent.submit.consents import Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.sharing import LeftFeedback

Profile = Callable[[Locale], dict[str, Any]]
"""Gives the courses of the units, as GET /api/measured has them."""


class Stage(StrEnum):
    """Where a visit is."""

    WELCOME = "welcome"
    CONSENTS = "consents"
    CAMERA = "camera"
    RECORDING = "recording"
    MEASURED = "measured"
    WAITING = "waiting"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class AtServer:
    """The check is to be scored by a server.

    Attributes:
        opened: verified, and able to score what is measured.
        surroundings: of this check; those of one without an account keep nothing.
    """

    opened: Opened
    surroundings: Surroundings


@dataclass(frozen=True, slots=True)
class Here:
    """The check is to be scored on this laptop.

    Attributes:
        scorer: the packaged one.
    """

    scorer: Scorer = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording that passed the gate.

    Attributes:
        measured: all that goes on from here.
        profile: courses of the units for the picture, named in a language.
        dropped: frames that came and were not measured, for want of time.
        report_id: of the report it is sent in, 16 bytes; one, however often it is tried.
    """

    measured: Measured
    profile: Profile = field(repr=False)
    dropped: int
    report_id: bytes


@dataclass(frozen=True, slots=True)
class Left:
    """A feedback that was left for a counsellor.

    Attributes:
        name: the counsellor's.
        feedback: code and end.
    """

    name: str
    feedback: LeftFeedback


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a check.

    Attributes:
        feedback: for the person alone.
        sent: where it went; None where it was scored here.
        exchanger: to the server that answered, for sharing; None where it was scored here.
        earlier: checks that had waited for longer and were sent in the same step.
        shown: the person has read it in this visit; what is left unread is not shared.
        left: what was left for a counsellor, and not taken back.
        offered: it was left already, so it is not offered again.
    """

    feedback: Feedback = field(repr=False)
    sent: Sent | None
    exchanger: Exchanger | None = field(default=None, repr=False)
    earlier: tuple[Submitted, ...] = field(default=(), repr=False)
    shown: bool = False
    left: Left | None = None
    offered: bool = False

    @property
    def report_ids(self) -> frozenset[bytes]:
        """Of the checks that a server answered; none where it was scored here."""
        newest = () if self.sent is None else (self.sent.submitted,)
        return frozenset(each.report_id for each in (*newest, *self.earlier))


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a person is on the page.

    Attributes:
        locale: the language spoken.
        stage: where they are.
        where: who is to score; there from CONSENTS on, but not after a check that waited.
        asked_in: the language that the consents were shown in; a later change asks anew.
        agreement: the consents given; there from CAMERA on where a server scores.
        recordings: how many were begun in this process, so that one cannot end in another's place.
        interrupted: why the last recording was broken off, machine-readable; None where it was not.
        recorded: there from MEASURED on; of a check that waits or waited, not.
        answered: there at FEEDBACK.
    """

    locale: Locale
    stage: Stage = Stage.WELCOME
    where: AtServer | Here | None = None
    asked_in: Locale = "en"
    agreement: Agreement | None = None
    recordings: int = 0
    interrupted: str | None = None
    recorded: Recorded | None = None
    answered: Answered | None = None

    def require(self, step: str, *stages: Stage) -> None:
        """Returns where the step may come now.

        Raises:
            OutOfTurn: it may not.
        """
        if self.stage not in stages:
            raise OutOfTurn(step, self.stage)


def started(visit: Visit, where: AtServer | Here) -> Visit:
    """It is settled who would score; the person is to be asked."""
    visit.require("start", Stage.WELCOME, Stage.CONSENTS)
    return replace(again(visit), stage=Stage.CONSENTS, where=where, asked_in=visit.locale)


def agreed(visit: Visit, agreement: Agreement | None) -> Visit:
    """The person said yes to everything that was asked; None where this laptop scores."""
    visit.require("consents", Stage.CONSENTS)
    return replace(visit, stage=Stage.CAMERA, agreement=agreement)


def recording_begun(visit: Visit) -> Visit:
    """A recording began; its number is now `recordings`."""
    visit.require("record", Stage.CAMERA)
    return replace(visit, stage=Stage.RECORDING, recordings=visit.recordings + 1, interrupted=None)


def broken_off(visit: Visit, recording: int, why: str | None) -> Visit:
    """A recording came to nothing: the gate refused it (None), or it was interrupted.

    Unchanged where that recording is not the one under way.
    """
    if visit.stage is not Stage.RECORDING or visit.recordings != recording:
        return visit
    return replace(visit, stage=Stage.CAMERA, interrupted=why)


def recording_ended(visit: Visit, recording: int, recorded: Recorded) -> Visit:
    """A recording passed the gate."""
    visit.require("measured", Stage.RECORDING)
    if visit.recordings != recording:
        raise OutOfTurn("measured", visit.stage)
    return replace(visit, stage=Stage.MEASURED, recorded=recorded)


def feedback_came(visit: Visit, answered: Answered) -> Visit:
    """The check that was measured was answered."""
    visit.require("send", Stage.MEASURED)
    return replace(visit, stage=Stage.FEEDBACK, answered=answered)


def kept_waiting(visit: Visit) -> Visit:
    """The check was not answered and waits on this laptop, encrypted; it is held here no longer."""
    visit.require("send", Stage.MEASURED)
    return replace(again(visit), stage=Stage.WAITING)


def late_feedback_came(visit: Visit, answered: Answered) -> Visit:
    """A check that had waited was answered."""
    visit.require("send what waits", Stage.WELCOME, Stage.WAITING)
    return replace(again(visit), stage=Stage.FEEDBACK, answered=answered)


def nothing_waits(visit: Visit) -> Visit:
    """What waited was thrown away or withdrawn meanwhile; unchanged where nothing was waited for."""
    return again(visit) if visit.stage is Stage.WAITING else visit


def shown(visit: Visit) -> Visit:
    """The feedback is before the person; unchanged where there is none any more."""
    if visit.answered is None:
        return visit
    return replace(visit, answered=replace(visit.answered, shown=True))


def left_for(visit: Visit, left: Left | None) -> Visit:
    """The feedback was left for a counsellor, or taken back (None)."""
    if visit.answered is None:
        return visit
    offered = visit.answered.offered or left is not None
    return replace(visit, answered=replace(visit.answered, left=left, offered=offered))


def let_go(visit: Visit, report_id: bytes) -> Visit:
    """A check is withdrawn: the beginning where something of it is held, else unchanged."""
    measured = visit.recorded is not None and visit.recorded.report_id == report_id
    answered = visit.answered is not None and report_id in visit.answered.report_ids
    return again(visit) if measured or answered else visit


def again(visit: Visit) -> Visit:
    """The beginning: nothing of the visit before is held."""
    return Visit(visit.locale, recordings=visit.recordings)


Turn = Callable[[Visit], Visit]
"""A step: the visit of now in, the next out; `OutOfTurn` where it does not come now."""


class CurrentVisit:
    """The one visit under way; from any thread."""

    def __init__(self, locale: Locale) -> None:
        self._visit = Visit(locale)
        self._lock = Lock()

    @property
    def now(self) -> Visit:
        """The visit as it is."""
        return self._visit

    def turn(self, step: Turn) -> Visit:
        """Takes a step and returns what came of it; an error changes nothing."""
        with self._lock:
            self._visit = step(self._visit)
            return self._visit
