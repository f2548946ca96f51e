"""Receipt and log keys that change while a check is under way, against a real server's code."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import AgentError
from kizashi_agent.submit.checking import Submitted, submit_check
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.erasing import withdraw_check
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import Connection, fetch_directory
from kizashi_protocol import (
    DIRECTORY_KEY_VALIDITY,
    Directory,
    Envelope,
    Invite,
    KeyState,
    LogKeyEntry,
    ReceiptBundle,
    ReceiptKeyEntry,
    SigningKey,
    certify_directory_key,
    sign_directory,
    verify_bundle,
)

from tests.agent.submit.serialised import Serialised
from tests.models.scoring import summary_at
from tests.server.world import PROGRAMME, START, World, make_world

AGREEMENT = Agreement(NEEDED, "en", "interactive", adult=True)
YOUNGER = SigningKey.from_seed(b"y" * 32)
STRANGER = SigningKey.from_seed(b"f" * 32)

KINDS = ("receipt", "log")


@dataclass
class Server(Serialised):
    """A real intake as the agent's transport sees it, which counts who looks at the directory."""

    world: World = field(default_factory=make_world)
    looks: int = 0

    def get_directory(self, log_size: int) -> Published:
        """The directory, signed from the root down, and the log."""
        self.looks += 1
        keys = self.world.keys
        certificate = certify_directory_key(
            keys.root, keys.directory.public, start=START, expire=START + DIRECTORY_KEY_VALIDITY
        )
        signed = sign_directory(self.world.directory, keys.directory, certificate)
        return Published(signed, *self.world.intake.shown_log(log_size))

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply."""
        return self.world.exchange(envelope)

    def sign_with(self, kind: str, key: SigningKey) -> None:
        """Puts a key to use, whether or not the directory lists it."""
        intake = self.world.intake
        keyring = (
            replace(intake.keyring, receipt=key)
            if kind == "receipt"
            else replace(intake.keyring, log=key)
        )
        self.world.intake = replace(intake, keyring=keyring)

    def publish(self, change: Callable[[Directory], Directory]) -> None:
        """Publishes another directory, one version further."""
        changed = change(self.world.directory)
        self.world.directory = replace(changed, version=changed.version + 1)


def listing(kind: str, key: SigningKey, *, alone: bool) -> Callable[[Directory], Directory]:
    """Lists a key as active, the one before as expired or, `alone`, not at all."""

    def changed(directory: Directory) -> Directory:
        receipts = tuple(each._replace(state=KeyState.EXPIRED) for each in directory.receipt_keys)
        logs = tuple(each._replace(state=KeyState.EXPIRED) for each in directory.log_keys)
        if kind == "receipt":
            added = ReceiptKeyEntry(key.public, KeyState.ACTIVE)
            return replace(directory, receipt_keys=(added,) if alone else (*receipts, added))
        entry = LogKeyEntry(key.public, KeyState.ACTIVE)
        return replace(directory, log_keys=(entry,) if alone else (*logs, entry))

    return changed


@dataclass(frozen=True)
class Person:
    """A laptop that connected before the keys changed, and once sent a check."""

    server: Server
    exchanger: Exchanger

    def submit(self) -> Submitted:
        """Sends a check."""
        return submit_check(summary_at(2.0), AGREEMENT, self.exchanger)

    def error(self) -> AgentError:
        """What a check ends with."""
        with pytest.raises(AgentError) as caught:
            self.submit()
        return caught.value

    def receipts_hold(self, done: Submitted) -> bool:
        """Whether each receipt that was kept verifies offline."""
        root = self.exchanger.connection.directory.root_fingerprint
        bundles = [ReceiptBundle.parse(path.read_bytes()) for path in done.receipt_files]
        return len(bundles) == 2 and all(verify_bundle(each, root) for each in bundles)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody connected to a server."""
    server = Server()
    state, clock = DeviceState(tmp_path, os.urandom), server.world.clock.wall
    root = server.world.directory.root_fingerprint
    invite = Invite("localhost", 8443, PROGRAMME.id, root)

    def connected() -> Exchanger:
        fetched = fetch_directory(server, invite, state, clock, NotRecorded())
        connection = Connection(server, invite, *fetched)
        return Exchanger(connection, state, os.urandom, clock, NotRecorded())

    # A check of before, so that the log that was seen is not empty.
    submit_check(summary_at(2.0), AGREEMENT, connected())
    server.world.clock.seconds += 3600
    exchanger = connected()
    assert exchanger.connection.log.head.size == 2
    server.looks = 0
    return Person(server, exchanger)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alone", [False, True], ids=["rotated at once", "retired at once"])
def test_a_check_under_way_survives_a_younger_key(
    person: Person, kind: str, *, alone: bool
) -> None:
    """The directory is fetched once more, remembered, and the receipts kept verify with it."""
    person.server.sign_with(kind, YOUNGER)
    person.server.publish(listing(kind, YOUNGER, alone=alone))
    done = person.submit()
    assert done.feedback.headline
    assert done.acknowledged
    assert person.server.looks == 1
    assert person.receipts_hold(done)
    directory = person.server.world.directory
    state = person.exchanger.state
    assert state.highest_directory_version(directory.root_fingerprint) == directory.version


@pytest.mark.parametrize("kind", KINDS)
def test_a_withdrawal_under_way_survives_it_too(person: Person, kind: str) -> None:
    """Its receipt is signed by the younger key, whatever else the directory says meanwhile."""
    check = person.exchanger.state.checks()[0]
    person.server.sign_with(kind, YOUNGER)
    person.server.publish(listing(kind, YOUNGER, alone=True))
    bundle = withdraw_check(check, person.exchanger, "en")
    assert verify_bundle(bundle, person.exchanger.connection.directory.root_fingerprint)
    assert person.server.looks == 1


@pytest.mark.parametrize(("kind", "reason"), [("receipt", "RECEIPT_INVALID"), ("log", "LOG_HEAD")])
def test_a_key_that_no_directory_lists_is_no_key(person: Person, kind: str, reason: str) -> None:
    """One more look, and then the answer is not shown."""
    person.server.sign_with(kind, STRANGER)
    assert person.error().reason == reason
    assert person.server.looks == 1


def test_known_keys_take_no_second_look(person: Person) -> None:
    """Nor does a directory that changed in something else."""
    person.server.publish(lambda directory: directory)
    assert person.submit().acknowledged
    assert person.server.looks == 0


def older(directory: Directory) -> Directory:
    """A directory rolled back."""
    return replace(directory, version=-1)


def renamed(directory: Directory) -> Directory:
    """A programme whose owner has changed."""
    (programme,) = directory.programmes
    return replace(directory, programmes=(replace(programme, owner="Somebody Else"),))


@pytest.mark.parametrize(
    ("change", "reason"), [(older, "DIRECTORY_ROLLED_BACK"), (renamed, "TERMS_CHANGED")]
)
def test_the_younger_directory_is_verified_as_always(
    person: Person, change: Callable[[Directory], Directory], reason: str
) -> None:
    """Neither an older version nor other terms are accepted because a key was not known."""
    person.server.sign_with("receipt", YOUNGER)
    person.server.publish(lambda each: change(listing("receipt", YOUNGER, alone=False)(each)))
    assert person.error().reason == reason
