"""Recipients that come and go while the server runs, and the files they come by."""

import dataclasses
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from kizashi_protocol import STANDING, Feedback, Recipient, RecipientRole, Scope, SealedItem
from kizashi_protocol.consent import ConsentRecipient
from kizashi_protocol.keys import expand
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_server.command_line.options import ProgrammeFlags, configuration_of
from kizashi_server.directory.published import read_published
from kizashi_server.directory.recipient_files import (
    RECIPIENTS_NAME,
    add_recipient,
    certify_request,
    kept_recipients,
    remove_recipient,
    write_certificate,
)
from kizashi_server.directory.root_key import read_root
from kizashi_server.errors import KeyFault, StoreUnavailable
from kizashi_server.initialise import initialise
from kizashi_server.keys.ring import load_keyring
from kizashi_server.serving.lapse import destinations_now, erase_decertified, researchers_listed
from kizashi_server.serving.live import KeySource, KeyWatch, Live, Serving
from kizashi_server.store.holdings_contract import HoldingsStore, Subject
from kizashi_server.store.sharing_contract import Destination, KeptShare

from tests.server.laptop import RESEARCH_KEY, RESEARCHER, Person
from tests.server.memory_holdings import MemoryHoldings
from tests.server.memory_sharing import MemorySharing
from tests.server.world import World, make_world

NOW = 1_800_000_000
DAY = 24 * 3600
PROGRAMME = "self-check"
FLAGS = ProgrammeFlags(owner="Me", jurisdiction="JP", listen="127.0.0.1:0")
REQUEST = RecipientRequest("Example Counsellor", expand(b"h" * 32)[1])
OTHER_REQUEST = RecipientRequest("Another Counsellor", expand(b"i" * 32)[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `init` made a server in `state`, and its root in `root`."""
    configuration, text = configuration_of(None, tmp_path / "state", FLAGS)
    extractors = {PROGRAMME: ("test-extractor/1",)}
    root = tmp_path / "root"
    initialise(configuration, text, extractors, ["localhost"], root, now=NOW, random=os.urandom)
    return tmp_path


def add(
    folder: Path,
    role: RecipientRole = RecipientRole.COUNSELLOR,
    days: int = 30,
    request: RecipientRequest = REQUEST,
) -> Recipient:
    """Certifies somebody and lists them."""
    root = read_root(folder / "root", None)
    recipient = certify_request(
        root, request, role=role, programme_id=PROGRAMME, days=days, now=NOW
    )
    path = folder / f"{os.urandom(4).hex()}.certificate"
    write_certificate(path, recipient)
    return add_recipient(folder / "state", path, root.public, {PROGRAMME}, NOW)


def kept(folder: Path) -> tuple[Recipient, ...]:
    """Who is to be listed."""
    return kept_recipients(folder / "state", read_root(folder / "root", None).public, NOW)


def serving(folder: Path, world: World | None = None) -> tuple[Live, KeyWatch]:
    """A server that has just started, and what looks after its keys."""
    intake = (world or make_world()).intake
    state = folder / "state"
    published = read_published(state, NOW)
    keyring = load_keyring(state, published.directory, NOW)
    live = Live(Serving(published.signed, dataclasses.replace(intake, keyring=keyring)))
    source = KeySource(state, None, lambda: NOW)
    return live, KeyWatch(source, live, published.directory.expire_time)


def test_a_running_server_takes_up_who_comes_and_goes(folder: Path) -> None:
    """Counsellors and researchers both, in new versions of the directory, without a restart."""
    live, watch = serving(folder)
    counsellor, researcher = add(folder), add(folder, RecipientRole.RESEARCH)
    watch.look()
    intake = live.read().intake
    assert intake.sharing.counsellors(PROGRAMME, NOW) == (counsellor,)
    assert [each.fingerprint for each in intake.keeping.researchers(PROGRAMME, NOW)] == [
        researcher.fingerprint
    ]
    listed = live.read().directory
    watch.look()
    assert live.read().directory is listed
    for each in (counsellor, researcher):
        remove_recipient(folder / "state", each)
    watch.look()
    intake = live.read().intake
    assert intake.sharing.counsellors(PROGRAMME, NOW) == ()
    assert list(intake.keeping.researchers(PROGRAMME, NOW)) == []
    assert read_published(folder / "state", NOW).directory.version == 3


def test_a_later_certificate_takes_the_place_of_an_earlier(folder: Path) -> None:
    """Nobody need be removed to be certified anew; one that ends no later is refused."""
    add(folder)
    for days in (30, 29):
        with pytest.raises(KeyFault, match="already"):
            add(folder, days=days)
    later = add(folder, days=60)
    assert kept(folder) == (later,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_a_folder_that_root_makes_belongs_to_the_servers_account(folder: Path) -> None:
    """And everything in it; else the server would list nobody."""
    os.chown(folder / "state", 12_345, 12_346)
    add(folder)
    made = folder / "state" / RECIPIENTS_NAME
    (certificate,) = made.iterdir()
    for path, mode in ((made, 0o700), (certificate, 0o600)):
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (12_345, 12_346)
        assert stat.S_IMODE(found.st_mode) == mode


def test_a_folder_that_cannot_be_read_is_no_empty_one(folder: Path) -> None:
    """It stops a start, and changes nothing while running."""
    live, watch = serving(folder)
    add(folder)
    watch.look()
    listed = live.read().directory
    place = folder / "state" / RECIPIENTS_NAME
    place.rename(folder / "state" / "elsewhere")
    place.write_bytes(b"")
    with pytest.raises(KeyFault, match="cannot be read"):
        kept(folder)
    watch.look()
    assert live.read().directory is listed
    place.unlink()
    assert kept(folder) == ()


class FailingHoldings(MemoryHoldings):
    """Its database resists while it is told to."""

    failing = False

    def subjects(self) -> Sequence[Subject]:
        """See `HoldingsStore`."""
        if self.failing:
            raise StoreUnavailable("the disk is full")
        return super().subjects()


def scopes_held(store: HoldingsStore) -> set[Scope]:
    """The scopes under which something is held."""
    return {each.scope for each in store.subjects()}


def with_everything(holdings: HoldingsStore) -> World:
    """A world of which somebody has consented to everything."""
    world = make_world(holdings=holdings)
    sent = world.laptop.check((Scope.SCORE, Scope.FEEDBACK, *STANDING), person=Person(b"anna"))
    assert isinstance(world.reply_to(sent).outcome, Feedback)
    assert scopes_held(holdings) == set(STANDING)
    return world


LISTED = ("self-check", RESEARCHER)


@pytest.mark.parametrize(
    ("researchers", "stays"),
    [
        ({LISTED}, True),
        ({LISTED, ("self-check", dataclasses.replace(RESEARCHER, name="Another"))}, True),
        (set(), False),
        ({("another", RESEARCHER)}, False),
        ({("self-check", dataclasses.replace(RESEARCHER, name="Another"))}, False),
        ({("self-check", dataclasses.replace(RESEARCHER, fingerprint=bytes(32)))}, False),
    ],
)
def test_what_was_given_for_somebody_who_is_not_certified_is_erased(
    researchers: set[tuple[str, ConsentRecipient]], stays: bool
) -> None:
    """By name, key and programme; the same person's trend and contribution stay."""
    holdings = with_everything(MemoryHoldings()).holdings
    assert erase_decertified(holdings, researchers) == (0 if stays else 1)
    assert scopes_held(holdings) == set(STANDING) - (set() if stays else {Scope.RESEARCH})


def test_a_researcher_who_is_removed_has_their_summaries_erased(folder: Path) -> None:
    """At the next look; where the database resists, at a later one."""
    holdings = FailingHoldings()
    world = with_everything(holdings)
    state, request = folder / "state", RecipientRequest(RESEARCHER.name, RESEARCH_KEY.public)
    researcher = add(folder, RecipientRole.RESEARCH, request=request)
    live, watch = serving(folder, world)
    watch.look()
    assert scopes_held(holdings) == set(STANDING)
    remove_recipient(state, researcher)
    holdings.failing = True
    watch.look()
    holdings.failing = False
    assert scopes_held(holdings) == set(STANDING)
    assert list(live.read().intake.keeping.researchers(PROGRAMME, NOW)) == []
    watch.look()
    assert scopes_held(holdings) == set(STANDING) - {Scope.RESEARCH}


def test_a_counsellor_who_is_removed_has_what_waits_for_them_erased(folder: Path) -> None:
    """At the next look, and nobody else's; where the database resists, at a later one."""
    sharing, holdings = MemorySharing(), FailingHoldings()
    world = make_world(sharing=sharing, holdings=holdings)
    terms = world.intake.programmes[PROGRAMME].terms_digest
    removed, stays = add(folder), add(folder, request=OTHER_REQUEST)
    for name, each in ((b"r", removed), (b"s", stays)):
        item = SealedItem(each.public.key_id, b"a sealed feedback" * 100)
        left = KeptShare(name * 16, PROGRAMME, terms, bytes(32), item, name * 32, 2**40)
        assert sharing.leave(left)
    _, watch = serving(folder, world)
    watch.look()
    assert is_left(world, removed, b"r" * 32)
    remove_recipient(folder / "state", removed)
    holdings.failing = True
    watch.look()
    assert is_left(world, removed, b"r" * 32)
    holdings.failing = False
    watch.look()
    assert not is_left(world, removed, b"r" * 32)
    assert is_left(world, stays, b"s" * 32)


def is_left(world: World, counsellor: Recipient, digest: bytes) -> bool:
    """Whether something waits for somebody under a secret's digest."""
    terms = world.intake.programmes[PROGRAMME].terms_digest
    destination = Destination(PROGRAMME, terms, counsellor.public.key_id)
    return world.sharing.take(digest, destination, b"t" * 16, NOW) is not None


def test_a_certificate_of_the_future_erases_nothing(folder: Path) -> None:
    """The clock of the root's machine may be ahead of the server's."""
    request = RecipientRequest(RESEARCHER.name, RESEARCH_KEY.public)
    add(folder, RecipientRole.RESEARCH, request=request)
    _, watch = serving(folder)
    watch.look()
    directory = read_published(folder / "state", NOW).directory
    assert directory.researchers(PROGRAMME, NOW - 1) == ()
    assert researchers_listed(directory) == {LISTED}
    assert destinations_now(directory, make_world().intake.programmes) == frozenset()
