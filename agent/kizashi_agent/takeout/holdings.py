"""What is held about a person, as values: what a bundle is made of, and nothing else.

No frame or landmark is kept anywhere, so there is none to hand over; and no value here has a place
for a seed, a key or a code.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from kizashi_protocol import ConsentRecord, Feedback, Invite, Scope, Summary, TrendEntry

from kizashi_agent.questionnaire.phq9 import HIGHEST_ANSWER, ITEM_COUNT


class Source(StrEnum):
    """Where a check was found on the laptop."""

    LEDGER = "ledger"
    WAITING = "waiting"
    HISTORY = "history"


class ConsentState(StrEnum):
    """Where a consent is in its life, as far as the laptop can tell without asking anybody."""

    HOLDS = "holds"
    EXPIRED = "expired"
    WORDS_CHANGED = "words_changed"
    TAKEN_BACK = "taken_back"
    NOT_ON_RECORD = "not_on_record"


@dataclass(frozen=True, slots=True)
class HeldCheck:
    """A check.

    Attributes:
        name: tells it from every other check; its report id in hexadecimal where it has one.
        source: where it was found.
        time: seconds since the epoch; it was measured then or before.
        sent_to: host and port; None where it was sent nowhere.
        summary: what was measured; None where it is held no more.
        feedback: what came back; None where nothing did or it is held no more.
    """

    name: str
    source: Source
    time: int
    sent_to: str | None
    summary: Summary | None = field(repr=False)
    feedback: Feedback | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordAlone:
    """A check of which the laptop holds no more than that it was sent.

    Attributes:
        name: its report id in hexadecimal.
        time: seconds since the epoch.
        sent_to: host and port.
    """

    name: str
    time: int
    sent_to: str


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A server's receipt for a consent.

    Attributes:
        name: of its file, or the check it came with.
        token: the receipt itself, a JWS with the consent inside.
        bundle: the receipt with what it takes to verify it offline, JSON; None where only the token
            is kept.
    """

    name: str
    token: str = field(repr=False)
    bundle: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HeldConsent:
    """A consent.

    Attributes:
        record: what was consented to.
        state: where it is in its life.
        token: the record as it was signed.
        receipts: one for each check that it went along with.
    """

    record: ConsentRecord
    state: ConsentState
    token: str = field(repr=False)
    receipts: tuple[KeptReceipt, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldErasure:
    """A server's signed statement that something was erased, in a file that verifies offline.

    Attributes:
        name: of the file, without its ending.
        receipt: its content, JSON.
    """

    name: str
    receipt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeldTrend:
    """What a server answered when it was asked for the trend.

    Attributes:
        invite: to the programme of the trend.
        entries: the oldest first.
    """

    invite: Invite
    entries: tuple[TrendEntry, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme that something was sent to, so that its server holds something.

    Attributes:
        invite: to it.
        checks: how many are on record on the laptop as sent there.
        shared: of so many the feedback was left for a counsellor, or was about to be.
        scopes: of the standing consents given to it.
    """

    invite: Invite
    checks: int
    shared: int
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A PHQ-9 that was answered, and is kept or waits to go along for research.

    Attributes:
        time: seconds since the epoch.
        answers: to the nine items, each 0 to 3.
        difficulty: 0 to 3; None where that was not answered.
    """

    time: int
    answers: tuple[int, ...] = field(repr=False)
    difficulty: int | None = field(repr=False)

    def __post_init__(self) -> None:
        given = (*self.answers, *(() if self.difficulty is None else (self.difficulty,)))
        if len(self.answers) != ITEM_COUNT or not all(
            0 <= each <= HIGHEST_ANSWER for each in given
        ):
            raise ValueError("the PHQ-9 has nine answers of 0 to 3")


@dataclass(frozen=True, slots=True)
class EnteredTotal:
    """The total of a BDI-II that was entered, and waits to go along for research.

    Attributes:
        time: when it was filled in, in seconds since the epoch.
        total: 0 to 63.
    """

    time: int
    total: int = field(repr=False)


class Where(StrEnum):
    """What a part belongs to that could not be taken along."""

    LEDGER = "ledger"
    RECORDS = "records"
    CONSENTS = "consents"
    RECEIPTS = "receipts"
    WAITING = "waiting"
    KEPT = "kept"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is held and could not be read, so that it is not in the bundle.

    Attributes:
        where: what it belongs to.
        what: which: a message's number, a file's name or a server's address.
        why: machine-readable, such as "changed" or "UNREACHABLE".
    """

    where: Where
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that is held about a person.

    Attributes:
        ledger_messages: how many messages the ledger holds; they are not copied.
    """

    checks: tuple[HeldCheck, ...] = ()
    records: tuple[RecordAlone, ...] = ()
    consents: tuple[HeldConsent, ...] = ()
    erasures: tuple[HeldErasure, ...] = ()
    trends: tuple[HeldTrend, ...] = ()
    programmes: tuple[Programme, ...] = ()
    answered: tuple[Answered, ...] = ()
    entered: tuple[EnteredTotal, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    ledger_messages: int = 0
