"""A person at a laptop, and a real server's code behind it, without a network."""

import dataclasses
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kizashi_agent.commands.check import check_with_server
from kizashi_agent.commands.consent import GivenConsent, give_consent
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.recovery_code import code_was_seen
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.pipeline import Measured
from kizashi_agent.show.asking import Asker
from kizashi_agent.show.standing import show_given, show_riding
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.riding import Looked
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import Connection, fetch_directory
from kizashi_protocol import (
    DIRECTORY_KEY_VALIDITY,
    Envelope,
    Invite,
    Programme,
    Recipient,
    RecipientRole,
    Scope,
    SigningKey,
    Terms,
    certify_directory_key,
    certify_recipient,
    read_receipt,
    read_recipient,
    sign_directory,
)
from kizashi_protocol.v1 import directory_pb2
from rich.console import Console

from tests.agent.submit.serialised import Serialised
from tests.models.scoring import EXTRACTOR_ID, summary_at
from tests.server.laptop import RESEARCH_KEY, RESEARCHER
from tests.server.world import DAY, PROGRAMME, START, World


@dataclass
class InProcess(Serialised):
    """A server's intake as the agent's transport sees it; may be cut off."""

    world: World
    down: bool = False

    def get_directory(self, log_size: int) -> Published:
        """The directory, signed from the root down, and the log."""
        return Published(self._signed(), *self.world.intake.shown_log(log_size))

    def _signed(self) -> directory_pb2.SignedDirectory:
        # Renewed at every look, so that a test may last for years.
        keys, now = self.world.keys, self.world.clock.wall()
        until = now + DIRECTORY_KEY_VALIDITY
        certificate = certify_directory_key(
            keys.root, keys.directory.public, start=now, expire=until
        )
        renewed = dataclasses.replace(self.world.directory, issue_time=now, expire_time=until)
        return sign_directory(renewed, keys.directory, certificate)

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply."""
        if self.down:
            raise ServerUnreachable("cut off", "The server is away.", reason="UNREACHABLE")
        return self.world.exchange(envelope)


@dataclass(frozen=True, slots=True)
class OneServer(Surroundings):
    """Surroundings whose every invite leads to one server."""

    server: InProcess

    def connect(self, invite: Invite) -> Connection:
        """The server, with the directory it publishes now."""
        fetched = fetch_directory(self.server, invite, self.state, self.now, self.recorder)
        return Connection(self.server, invite, *fetched)


@dataclass
class Person:
    """Somebody at a laptop, who reads what is printed and says yes or no."""

    folder: Path
    server: InProcess
    says: Callable[[str], bool] = lambda _: True
    out: io.StringIO = field(default_factory=io.StringIO)

    @property
    def invite(self) -> Invite:
        """To the server."""
        root = self.server.world.directory.root_fingerprint
        return Invite("localhost", 8443, PROGRAMME.id, root)

    @property
    def world(self) -> Surroundings:
        """What their commands may touch."""
        return OneServer(
            state=DeviceState(self.folder, os.urandom),
            now=self.server.world.clock.wall,
            random_bytes=os.urandom,
            console=Console(file=self.out, width=200, highlight=False),
            confirm=self.says,
            locale="en",
            recorder=NotRecorded(),
            account=True,
            server=self.server,
        )

    def give(self, scope: Scope) -> GivenConsent:
        """`kizashi consent give`."""
        world = self.world
        asker = Asker(world.console, world.confirm, "en")
        given = give_consent(scope, self.invite, asker.for_standing, world)
        show_given(world.console, "en", given)
        code_was_seen(world.state)
        return given

    def check(self, z: float = 2.0) -> tuple[str, ...]:
        """`kizashi check`; gives the receipts."""
        checked = check_with_server(
            self.invite,
            self._agree,
            lambda: Measured(summary_at(z), 300, ()),
            EXTRACTOR_ID,
            self.world,
        )
        assert checked.sent is not None
        return checked.sent.submitted.receipts

    def _agree(self, _: Programme, __: Terms, looked: Sequence[Looked]) -> Agreement:
        show_riding(self.world.console, "en", looked)
        return Agreement(NEEDED, "en", "interactive", adult=True)

    def printed(self) -> str:
        """Everything printed since this was last asked."""
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text


def researcher(root: SigningKey) -> Recipient:
    """The programme's research key, certified for thirty days."""
    signed = certify_recipient(
        root,
        role=RecipientRole.RESEARCH,
        public=RESEARCH_KEY.public,
        name=RESEARCHER.name,
        programme_id=PROGRAMME.id,
        start=START,
        expire=START + 30 * DAY,
    )
    return read_recipient(signed, root.public)


def held(person: Person) -> set[Scope]:
    """The scopes under which the server holds anything."""
    return {each.scope for each in person.server.world.holdings.subjects()}


def scopes_of(person: Person, receipts: tuple[str, ...]) -> list[Scope]:
    """What was consented to in a check, by its receipts."""
    keys = person.server.world.directory.receipt_key_by_id()
    return [read_receipt(each, keys).consent.scope for each in receipts]
