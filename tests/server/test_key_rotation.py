"""Rotation, retirement and renewal on real files, with a clock that is set."""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_protocol import Directory, KeyState, SigningKey, fingerprint, key_id_of
from kizashi_protocol.context import Label
from kizashi_protocol.directory_chain import DIRECTORY_KEY_VALIDITY, SignedCertificate
from kizashi_protocol.v1 import directory_pb2
from kizashi_server.command_options import ProgrammeFlags, configuration_of
from kizashi_server.directory_renewal import install, request_key
from kizashi_server.directory_request import (
    KeyRequest,
    certificate_json,
    read_certificate_file,
)
from kizashi_server.errors import KeyFault
from kizashi_server.initialise import initialise, initialise_below
from kizashi_server.key_files import replace_file, write_private
from kizashi_server.key_listing import as_json, as_table, rows_of
from kizashi_server.key_rotation import delete_due, refresh, retire_key, rotate
from kizashi_server.key_states import SEALING_KEY_GRACE, KeyKind, seed_name, seeds_needed
from kizashi_server.keys import load_keyring
from kizashi_server.live import days_to_warn_of
from kizashi_server.published import (
    highest_version,
    read_dated,
    read_published,
    remember_version,
)
from kizashi_server.root_key import certify, make_root, read_root
from kizashi_server.schedule_file import read_schedule
from kizashi_server.seed_cipher import SeedCipher

NOW = 1_800_000_000
HOUR, DAY = 3600, 24 * 3600
END = NOW + DIRECTORY_KEY_VALIDITY
CIPHER = SeedCipher(b"c" * 32)
FLAGS = ProgrammeFlags(owner="Me", jurisdiction="JP", listen="127.0.0.1:0")
PASSPHRASE = b"a root for tests"


@pytest.fixture(params=[None, CIPHER], ids=["clear", "encrypted"])
def cipher(request: pytest.FixtureRequest) -> SeedCipher | None:
    """Seeds in the clear, and encrypted."""
    found: SeedCipher | None = request.param
    return found


@pytest.fixture
def state(tmp_path: Path, cipher: SeedCipher | None) -> Path:
    """The state directory of a server made on one machine, a root beside it."""
    configuration, text = configuration_of(None, tmp_path / "state", FLAGS)
    initialise(
        configuration,
        text,
        {"self-check": ("test-extractor/1",)},
        ["localhost"],
        tmp_path / "root",
        now=NOW,
        random=os.urandom,
        cipher=cipher,
    )
    return tmp_path / "state"


def do_rotate(
    state: Path, cipher: SeedCipher | None, *kinds: KeyKind, now: int = NOW, pause: int = 0
) -> Directory:
    """Rotates keys of these kinds, or all; gives the directory afterwards."""
    rotate(
        state,
        kinds or list(KeyKind),
        now=now,
        announce_seconds=pause,
        random=os.urandom,
        cipher=cipher,
    )
    return read_published(state, now).directory


def seed_files(state: Path) -> set[str]:
    """The names of the seeds on disk, without the directory key's."""
    return {path.name for path in state.glob("*.seed") if not path.name.startswith("directory")}


def test_rotation_is_announced_and_comes_true(state: Path, cipher: SeedCipher | None) -> None:
    """Two versions: one with pending keys, one with them active; the server can use both."""
    first = read_published(state, NOW).directory
    pending = do_rotate(state, cipher, now=NOW + 1, pause=HOUR)
    assert pending.version == first.version + 1
    assert pending.active_sealing_key() == first.active_sealing_key()
    assert {each.state for each in pending.log_keys} == {KeyState.ACTIVE, KeyState.PENDING}
    keyring = load_keyring(state, pending, NOW + 1, cipher)
    assert set(keyring.sealing) == {each.public.key_id for each in pending.sealing_keys}
    over = NOW + 1 + HOUR
    assert refresh(state, over - 1, cipher).directory == pending
    active = refresh(state, over, cipher).directory
    assert (active.version, active.issue_time) == (pending.version + 1, over)
    assert active.sealing_keys[0].delete_time == over + SEALING_KEY_GRACE
    later = load_keyring(state, active, over, cipher)
    assert later.receipt.public == pending.receipt_keys[1].public != keyring.receipt.public
    assert later.log.public == pending.log_keys[1].public
    assert refresh(state, over + 1, cipher).directory == active


def test_seeds_go_when_nothing_needs_them(state: Path, cipher: SeedCipher | None) -> None:
    """Those that signed when they expire, the one that opened when its grace is over."""
    first = read_published(state, NOW).directory
    do_rotate(state, cipher)
    old_sealing = seed_name(KeyKind.SEALING, first.active_sealing_key().key_id)
    assert old_sealing in seed_files(state)
    assert len(seed_files(state)) == 4
    over = NOW + SEALING_KEY_GRACE
    assert delete_due(state, over - 1) == ()
    assert delete_due(state, over) == (old_sealing,)
    assert seed_files(state) == set(seeds_needed(read_schedule(state), over))
    assert len(refresh(state, over, cipher).directory.sealing_keys) == 1


def test_stray_seeds_go_and_others_stay(state: Path) -> None:
    """What a crash left is erased; what is not a key's seed is not touched."""
    write_private(state / seed_name(KeyKind.LOG, bytes(16)), bytes(32))
    write_private(state / "mine.seed", bytes(32))
    assert delete_due(state, NOW) == (seed_name(KeyKind.LOG, bytes(16)),)
    assert (state / "mine.seed").exists()


def test_damaged_schedule_erases_nothing(state: Path) -> None:
    """It is an error, with the file's name."""
    before = seed_files(state)
    path = state / "keys.json"
    written = json.loads(path.read_text())
    for spoiled in (
        b"",
        b"[]",
        b'{"keys": 5}',
        json.dumps({"keys": [written["keys"][0] | {"id": "00" * 16}]}).encode(),
        json.dumps({"keys": [written["keys"][0] | {"active_time": -1}]}).encode(),
        json.dumps({"keys": [written["keys"][0] | {"active_time": True}]}).encode(),
        json.dumps({"keys": [written["keys"][0] | {"kind": "root"}]}).encode(),
    ):
        replace_file(path, spoiled)
        with pytest.raises(KeyFault, match=r"keys\.json is damaged"):
            delete_due(state, NOW)
    path.unlink()
    with pytest.raises(KeyFault, match=r"keys\.json cannot be read"):
        delete_due(state, NOW)
    assert seed_files(state) == before


def test_crash_between_schedule_and_directory_is_made_up_for(
    state: Path, cipher: SeedCipher | None
) -> None:
    """The schedule was written and the directory was not: the next look signs it."""
    old = (state / "directory.signed").read_bytes()
    wanted = do_rotate(state, cipher)
    replace_file(state / "directory.signed", old)
    (state / "directory.version").unlink()
    made = refresh(state, NOW, cipher).directory
    assert made == wanted
    load_keyring(state, made, NOW, cipher)


def test_crash_before_the_version_is_remembered_stops_nothing(
    state: Path, cipher: SeedCipher | None
) -> None:
    """The directory on disk is newer than the version remembered, and counts from then on."""
    newest = do_rotate(state, cipher)
    replace_file(state / "directory.version", b"1\n")
    assert refresh(state, NOW, cipher).directory == newest
    assert highest_version(state) == newest.version


def test_lower_version_is_never_published(state: Path, cipher: SeedCipher | None) -> None:
    """An older file in its place stops the server, and the next rotation goes beyond both."""
    old = (state / "directory.signed").read_bytes()
    newest = do_rotate(state, cipher)
    replace_file(state / "directory.signed", old)
    with pytest.raises(KeyFault, match="was published"):
        read_published(state, NOW)
    with pytest.raises(KeyFault, match="was published"):
        refresh(state, NOW, cipher)
    assert do_rotate(state, cipher, KeyKind.LOG).version == newest.version + 1


def test_highest_version_stays_remembered(state: Path) -> None:
    """A lower one does not take its place, and the file is not written for nothing."""
    remember_version(state, 7)
    before = (state / "directory.version").stat().st_ino
    for version in (1, 7):
        remember_version(state, version)
        assert highest_version(state) == 7
    assert (state / "directory.version").stat().st_ino == before


@pytest.mark.parametrize("content", [b"", b"-1", b"x", b"1" * 30, b"\xff"])
def test_damaged_memory_of_versions_is_an_error(state: Path, content: bytes) -> None:
    """It is not taken for zero."""
    replace_file(state / "directory.version", content)
    with pytest.raises(KeyFault, match="damaged"):
        read_published(state, NOW)


def test_retired_key_expires_or_goes(state: Path, cipher: SeedCipher | None) -> None:
    """Alone it may not; with a successor it hands over; with `delete` its seed is gone."""
    first = read_published(state, NOW).directory
    sealing, receipt = first.active_sealing_key().key_id, key_id_of(first.receipt_keys[0].public)
    with pytest.raises(KeyFault, match="only sealing key"):
        retire_key(state, sealing, now=NOW, delete=True, cipher=cipher)
    do_rotate(state, cipher, pause=HOUR)
    retire_key(state, sealing, now=NOW + 1, delete=True, cipher=cipher)
    retire_key(state, receipt, now=NOW + 1, delete=False, cipher=cipher)
    after = read_published(state, NOW + 1).directory
    assert [each.state for each in after.sealing_keys] == [KeyState.ACTIVE]
    assert seed_name(KeyKind.SEALING, sealing) not in seed_files(state)
    assert [each.state for each in after.receipt_keys] == [KeyState.EXPIRED, KeyState.ACTIVE]
    assert seed_name(KeyKind.RECEIPT, receipt) not in seed_files(state)
    load_keyring(state, after, NOW + 1, cipher)


def test_rotation_needs_the_directory_key_in_force(state: Path, cipher: SeedCipher | None) -> None:
    """Once the directory has expired only a renewal helps, and the error says so."""
    with pytest.raises(KeyFault, match="DIRECTORY_EXPIRED") as caught:
        do_rotate(state, cipher, now=END)
    assert "keys request" in caught.value.person


# --- Renewal under a root that is elsewhere


@pytest.fixture(scope="module")
def root_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root behind a passphrase; made once, since scrypt takes its time."""
    directory = tmp_path_factory.mktemp("elsewhere") / "root"
    make_root(directory, PASSPHRASE, os.urandom)
    return directory


@pytest.fixture(scope="module")
def root(root_directory: Path) -> SigningKey:
    """Its key."""
    return read_root(root_directory, PASSPHRASE)


@pytest.fixture
def below(tmp_path: Path, cipher: SeedCipher | None, root: SigningKey) -> Path:
    """The state directory of a server that never saw its root, not yet certified."""
    configuration, text = configuration_of(None, tmp_path / "below", FLAGS)
    made = initialise_below(
        configuration,
        text,
        ["localhost"],
        fingerprint(root.public),
        now=NOW,
        random=os.urandom,
        cipher=cipher,
    )
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
    tmp_path: Path, root: SigningKey, below: Path, cipher: SeedCipher | None
) -> None:
    """Laptops that saw the directory of the lost one take the next for a newer version."""
    do_install(below, certified(root, below, NOW), NOW, cipher)
    last = do_rotate(below, cipher, now=NOW + 5)
    shutil.rmtree(below)
    configuration, text = configuration_of(None, below, FLAGS)
    initialise_below(
        configuration,
        text,
        ["localhost"],
        fingerprint(root.public),
        now=NOW + 60,
        random=os.urandom,
        cipher=cipher,
    )
    made = do_install(below, certified(root, below, NOW + 60), NOW + 60, cipher)
    assert made.version > last.version


def changed(certificate: SignedCertificate, root: SigningKey, **fields: int) -> SignedCertificate:
    """The certificate with other times, signed by the root all the same."""
    content = directory_pb2.DirectoryKeyCertificate.FromString(certificate.certificate)
    for name, value in fields.items():
        setattr(content, name, value)
    text = content.SerializeToString(deterministic=True)
    return SignedCertificate(text, root.sign(Label.DIRECTORY_KEY, text), root.public)


STRANGER = SigningKey.from_seed(b"x" * 32)

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


def test_root_signs_for_its_own_servers_alone(root: SigningKey) -> None:
    """A request that names another root is refused, so that a mix-up is noticed there."""
    with pytest.raises(KeyFault, match="another root"):
        certify(root, KeyRequest(bytes(32), STRANGER.public), now=NOW, days=1)


def test_root_needs_its_passphrase(root_directory: Path) -> None:
    """Without it or with another there is no key; nothing is overwritten."""
    with pytest.raises(KeyFault, match="is encrypted"):
        read_root(root_directory, None)
    with pytest.raises(KeyFault, match="passphrase or key is another"):
        read_root(root_directory, PASSPHRASE + b"!")
    with pytest.raises(KeyFault, match="is there already"):
        make_root(root_directory, PASSPHRASE, os.urandom)


def test_files_between_the_machines_are_read_strictly(tmp_path: Path, root: SigningKey) -> None:
    """A certificate is no request, a request no certificate, and garbage neither."""
    request = KeyRequest(fingerprint(root.public), STRANGER.public)
    certificate = certify(root, request, now=NOW, days=1)
    asked, answered, other = tmp_path / "asked", tmp_path / "answered", tmp_path / "other"
    asked.write_bytes(request.to_json())
    answered.write_bytes(certificate_json(certificate))
    assert KeyRequest.read(asked) == request
    assert read_certificate_file(answered) == certificate
    for content in (b"", b"\xff", b"[]", b"5", b'{"kind": "x"}', b"[" * 9000):
        other.write_bytes(content)
        with pytest.raises(KeyFault):
            KeyRequest.read(other)
        with pytest.raises(KeyFault):
            read_certificate_file(other)
    with pytest.raises(KeyFault):
        KeyRequest.read(answered)
    with pytest.raises(KeyFault):
        read_certificate_file(asked)
    for spoiled in ({"directory_key": "00"}, {"directory_key": "x"}, {"root_fingerprint": 5}):
        asked.write_text(json.dumps(json.loads(request.to_json()) | spoiled))
        with pytest.raises(KeyFault, match="damaged"):
            KeyRequest.read(asked)


# --- What is listed


def test_listing_tells_state_since_and_until(state: Path, cipher: SeedCipher | None) -> None:
    """For each state, as a table and as JSON, with the directory key first."""
    do_rotate(state, cipher, KeyKind.RECEIPT, now=NOW, pause=0)
    do_rotate(state, cipher, KeyKind.SEALING, now=NOW + DAY, pause=HOUR)
    now = NOW + DAY + 1
    published, schedule = read_published(state, now), read_schedule(state)
    rows = rows_of(schedule, published, now)
    told = [(each.kind, each.state, each.since, each.until) for each in rows]
    assert told == [
        ("directory", "active", NOW, END),
        ("sealing", "active", NOW, NOW + DAY + HOUR),
        ("sealing", "pending", NOW + DAY, NOW + DAY + HOUR),
        ("receipt", "expired", NOW, None),
        ("receipt", "active", NOW, None),
        ("log", "active", NOW, None),
    ]
    later = rows_of(schedule, published, NOW + 3 * DAY)
    assert (later[1].state, later[1].until) == ("expired", NOW + DAY + HOUR + SEALING_KEY_GRACE)
    assert rows_of(schedule, published, END)[0].state == "expired"
    lines = as_table(rows).splitlines()
    assert lines[0].split() == ["kind", "id", "state", "since", "until"]
    assert lines[1].split()[-4:] == ["2027-01-15", "08:00Z", "2027-04-15", "08:00Z"]
    assert lines[4].endswith("-")
    found = json.loads(as_json(rows, published, ("a.seed",)))
    assert found["keys"][1] == dataclasses.asdict(rows[1])
    assert (found["directory_version"], found["directory_expire_time"]) == (3, END)


def test_warning_comes_two_weeks_before() -> None:
    """And counts the days, also afterwards."""
    assert days_to_warn_of(END, END - 14 * DAY) is None
    assert days_to_warn_of(END, END - 14 * DAY + 1) == 13
    assert days_to_warn_of(END, END - 1) == 0
    assert days_to_warn_of(END, END) == 0
    assert days_to_warn_of(END, END + 1) == -1
