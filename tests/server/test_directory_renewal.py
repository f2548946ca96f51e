"""Renewal under a root that is elsewhere, on real files, with a clock that is set."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_protocol import Directory, KeyState, SigningKey, fingerprint
from kizashi_protocol.context import Label
from kizashi_protocol.directory_chain import SignedCertificate
from kizashi_protocol.v1 import directory_pb2
from kizashi_server.command_line.options import configuration_of
from kizashi_server.directory.key_rotation import delete_due, refresh
from kizashi_server.directory.published import read_dated, read_published
from kizashi_server.directory.renewal import install, request_key
from kizashi_server.directory.request import KeyRequest
from kizashi_server.directory.root_key import certify
from kizashi_server.errors import KeyFault
from kizashi_server.initialise import AwaitingRoot, initialise_below
from kizashi_server.keys.ring import load_keyring
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.states import SEALING_KEY_GRACE, KeyKind

from tests.server.key_server import DAY, END, FLAGS, HOUR, NOW, do_rotate

STRANGER = SigningKey.from_seed(b"x" * 32)


@pytest.fixture(scope="module")
def root() -> SigningKey:
    """A root that the server never sees."""
    return SigningKey.from_seed(b"r" * 32)


def initialised(state: Path, root: SigningKey, now: int, cipher: SeedCipher | None) -> AwaitingRoot:
    """Makes a server that never saw its root, not yet certified."""
    configuration, text = configuration_of(None, state, FLAGS)
    return initialise_below(
        configuration,
        text,
        ["localhost"],
        fingerprint(root.public),
        now=now,
        random=os.urandom,
        cipher=cipher,
    )


@pytest.fixture
def below(tmp_path: Path, cipher: SeedCipher | None, root: SigningKey) -> Path:
    """The state directory of such a server."""
    made = initialised(tmp_path / "below", root, NOW, cipher)
    assert KeyRequest.read(made.request_file) == made.request
    return tmp_path / "below"


def certified(root: SigningKey, state: Path, now: int, days: int = 90) -> SignedCertificate:
    """The root's answer to the request of a state directory."""
    return certify(root, KeyRequest.read(state / "directory.request"), now=now, days=days)


def do_install(
    state: Path, certificate: SignedCertificate, now: int, cipher: SeedCipher | None
) -> Directory:
    """Installs a certificate with an hour's announcement."""
    published = install(
        state,
        certificate,
        now=now,
        announce_seconds=HOUR,
        random=os.urandom,
        cipher=cipher,
    )
    return published.directory


def test_server_waits_for_its_root(below: Path) -> None:
    """With what to do; nothing but the directory key is there, and no root."""
    with pytest.raises(KeyFault, match="request is there") as caught:
        read_dated(below, NOW)
    assert "root-certify" in caught.value.person
    assert [path.name.partition("-")[0] for path in below.glob("*.seed")] == ["directory"]


def test_certificate_makes_the_first_directory(
    below: Path, cipher: SeedCipher | None, root: SigningKey
) -> None:
    """One active key of each kind, for as long as the root said."""
    made = do_install(below, certified(root, below, NOW, days=10), NOW, cipher)
    assert (made.version, made.expire_time) == (NOW + 1, NOW + 10 * DAY)
    assert made.root_fingerprint == fingerprint(root.public)
    assert read_published(below, NOW).directory == made
    load_keyring(below, made, NOW, cipher)
    assert not (below / "directory.request").exists()


def test_renewal_lets_the_old_key_work_until_it_is_installed(
    below: Path, cipher: SeedCipher | None, root: SigningKey
) -> None:
    """Then directory and sealing key go on for another ninety days, and the old key is erased."""
    first = do_install(below, certified(root, below, NOW), NOW, cipher)
    day = NOW + 80 * DAY
    request = request_key(below, random=os.urandom, cipher=cipher)
    assert request_key(below, random=os.urandom, cipher=cipher) == request
    between = do_rotate(below, cipher, KeyKind.LOG, now=day)
    renewed = do_install(below, certified(root, below, day), day, cipher)
    assert renewed.version == between.version + 1 == first.version + 2
    assert renewed.expire_time == day + 90 * DAY
    assert [each.state for each in renewed.sealing_keys] == [KeyState.ACTIVE, KeyState.PENDING]
    assert renewed.sealing_keys[1].delete_time == renewed.expire_time + SEALING_KEY_GRACE
    # Replay memory is kept for as long as the old key was said to open, and no longer.
    assert renewed.sealing_keys[0] == first.sealing_keys[0]
    (seed,) = below.glob("directory-*.seed")
    assert seed.name == f"directory-{request.key_id.hex()}.seed"
    later = refresh(below, day + HOUR, cipher).directory
    assert later.active_sealing_key() == renewed.sealing_keys[1].public
    assert refresh(below, first.expire_time + 30 * DAY, cipher).directory.expire_time > END


@pytest.mark.parametrize("days", [92, 100])
def test_server_comes_back_after_its_directory_expired(
    below: Path, cipher: SeedCipher | None, root: SigningKey, days: int
) -> None:
    """The new sealing key is active at once, whether or not the old one still opens."""
    first = do_install(below, certified(root, below, NOW), NOW, cipher)
    day = NOW + days * DAY
    delete_due(below, day)
    with pytest.raises(KeyFault, match="EXPIRED"):
        read_published(below, day)
    request_key(below, random=os.urandom, cipher=cipher)
    renewed = do_install(below, certified(root, below, day), day, cipher)
    assert renewed.active_sealing_key() != first.active_sealing_key()
    assert len(renewed.sealing_keys) == (2 if days == 92 else 1)
    assert read_published(below, day).directory == renewed
    load_keyring(below, renewed, day, cipher)


def test_server_made_anew_under_its_root_goes_on_above(
    root: SigningKey, below: Path, cipher: SeedCipher | None
) -> None:
    """Laptops that saw the directory of the lost one take the next for a newer version."""
    do_install(below, certified(root, below, NOW), NOW, cipher)
    last = do_rotate(below, cipher, now=NOW + 5)
    shutil.rmtree(below)
    initialised(below, root, NOW + 60, cipher)
    made = do_install(below, certified(root, below, NOW + 60), NOW + 60, cipher)
    assert made.version > last.version


def changed(certificate: SignedCertificate, root: SigningKey, **fields: int) -> SignedCertificate:
    """The certificate with other times, signed by the root all the same."""
    content = directory_pb2.DirectoryKeyCertificate.FromString(certificate.certificate)
    for name, value in fields.items():
        setattr(content, name, value)
    text = content.SerializeToString(deterministic=True)
    return SignedCertificate(text, root.sign(Label.DIRECTORY_KEY, text), root.public)


Spoil = Callable[[SignedCertificate, SigningKey], SignedCertificate]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda each, _: changed(each, STRANGER), "another root's"),
        (lambda each, _: each._replace(signature=bytes(64)), "signature does not hold"),
        (lambda each, _: each._replace(certificate=b""), "signature does not hold"),
        (lambda each, root: changed(each, root, expire_time=NOW), "does not hold today"),
        (
            lambda each, root: changed(
                each, root, start_time=NOW + 2 * DAY, expire_time=NOW + 3 * DAY
            ),
            "does not hold today",
        ),
        (lambda each, root: changed(each, root, expire_time=END + 1), "more than 90 days"),
        (
            lambda _, root: certify(
                root,
                KeyRequest(fingerprint(root.public), STRANGER.public),
                now=NOW,
                days=1,
            ),
            "another key",
        ),
    ],
)
def test_certificate_that_does_not_fit_changes_nothing(
    below: Path, root: SigningKey, spoil: Spoil, words: str, cipher: SeedCipher | None
) -> None:
    """Each way in which it can be wrong has its own words."""
    before = {path: path.read_bytes() for path in below.iterdir()}
    with pytest.raises(KeyFault, match=words):
        do_install(below, spoil(certified(root, below, NOW), root), NOW, cipher)
    after = {path: path.read_bytes() for path in below.iterdir() if path.name != "keys.lock"}
    assert after == before


def test_nothing_is_installed_unasked(
    below: Path, root: SigningKey, cipher: SeedCipher | None
) -> None:
    """The same certificate is not taken twice."""
    certificate = certified(root, below, NOW)
    do_install(below, certificate, NOW, cipher)
    with pytest.raises(KeyFault, match="no directory key was requested"):
        do_install(below, certificate, NOW, cipher)
