"""Recipients that come and go while the server runs, and the files they come by."""

import dataclasses
import os
import stat
from pathlib import Path

import pytest
from kizashi_protocol import Recipient, RecipientRole
from kizashi_protocol.keys import expand
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_server.command_options import ProgrammeFlags, configuration_of
from kizashi_server.errors import KeyFault
from kizashi_server.initialise import initialise
from kizashi_server.keys import load_keyring
from kizashi_server.live import KeySource, KeyWatch, Live, Serving
from kizashi_server.published import read_published
from kizashi_server.recipient_files import (
    RECIPIENTS_NAME,
    add_recipient,
    certify_request,
    kept_recipients,
    remove_recipient,
    write_certificate,
)
from kizashi_server.root_key import read_root

from tests.server.world import make_world

NOW = 1_800_000_000
DAY = 24 * 3600
PROGRAMME = "self-check"
FLAGS = ProgrammeFlags(owner="Me", jurisdiction="JP", listen="127.0.0.1:0")
REQUEST = RecipientRequest("Example Counsellor", expand(b"h" * 32)[1])


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


def serving(folder: Path) -> tuple[Live, KeyWatch]:
    """A server that has just started, and what looks after its keys."""
    state = folder / "state"
    published = read_published(state, NOW)
    keyring = load_keyring(state, published.directory, NOW)
    live = Live(
        Serving(published.signed, dataclasses.replace(make_world().intake, keyring=keyring))
    )
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
