"""Somebody at a terminal, on a laptop whose server lists counsellors."""

import dataclasses
import io
from dataclasses import replace
from pathlib import Path

from kizashi_agent.commands.share import offer_sharing
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.show.sharing import SharingOnTerminal
from kizashi_agent.submit.sharing import LeftFeedback, leave_feedback
from kizashi_protocol import (
    Locale,
    Recipient,
    Report,
    Share,
)
from kizashi_protocol.open_item import ItemPrivateKey
from rich.console import Console

from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.test_withdraw_all import InMemory
from tests.protocol.values import (
    COUNSELLOR_SEED,
    counsellor,
    directory,
)

KEY = ItemPrivateKey.from_seed(COUNSELLOR_SEED)
OTHER = counsellor(name="Second Counsellor", seed=b"i" * 32)
GONE = ServerUnreachable("gone", "Gone.", reason="SERVER_UNREACHABLE")


def laptop_of(folder: Path, *recipients: Recipient) -> Laptop:
    """A laptop whose server lists these."""
    laptop = connected_laptop(folder)
    listing = directory(recipients=recipients)
    laptop.server.directory = listing
    connection = replace(laptop.exchanger.connection, directory=listing)
    return replace(laptop, exchanger=replace(laptop.exchanger, connection=connection))


@dataclasses.dataclass
class Person:
    """Somebody at a terminal.

    Attributes:
        answers: to what is asked, in order.
        asked: what was asked, each with what was shown before it.
    """

    answers: list[bool]
    asked: list[str] = dataclasses.field(default_factory=list)
    shown: io.StringIO = dataclasses.field(default_factory=io.StringIO)

    def confirm(self, question: str) -> bool:
        """Answers a question."""
        self.asked.append(question)
        return self.answers.pop(0)

    def words(self) -> str:
        """All that was shown, on one line."""
        return " ".join(self.shown.getvalue().split())


def surroundings_of(
    laptop: Laptop, person: Person | None, *, account: bool = True, locale: Locale = "en"
) -> Surroundings:
    """The laptop's, with this person at the terminal, or nobody."""
    exchanger = laptop.exchanger
    shown = io.StringIO() if person is None else person.shown
    return InMemory(
        state=laptop.state,
        now=exchanger.now,
        random_bytes=exchanger.random_bytes,
        console=Console(file=shown, width=80),
        confirm=None if person is None else person.confirm,
        locale=locale,
        recorder=exchanger.recorder,
        account=account,
        connection=exchanger.connection,
    )


def shown_by(world: Surroundings) -> SharingOnTerminal:
    """What the offer says on this world's terminal."""
    return SharingOnTerminal(world.console, world.locale)


def offered(laptop: Laptop, *answers: bool) -> tuple[LeftFeedback | None, Person]:
    """What comes of the offer after a check, with these answers."""
    person = Person(list(answers))
    world = surroundings_of(laptop, person)
    left = offer_sharing(laptop.submit(), laptop.exchanger, shown_by(world), world)
    assert person.answers == []
    return left, person


def share_of(laptop: Laptop) -> tuple[Share, Report]:
    """The one share that arrived."""
    ((share, report),) = [
        (report.content, report)
        for _, report in laptop.server.reports
        if isinstance(report.content, Share)
    ]
    return share, report


def left_one(laptop: Laptop) -> LeftFeedback:
    """A feedback that was left for the counsellor."""
    submitted = laptop.submit()
    assert submitted.opening_nonce is not None
    return leave_feedback(submitted, submitted.opening_nonce, counsellor(), laptop.exchanger)
