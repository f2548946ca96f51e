"""What `init` makes: keys in closed files, a certificate, a directory that holds from its root."""

import dataclasses
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from kizashi_protocol import DIRECTORY_KEY_VALIDITY, Invite, SigningKey, fingerprint
from kizashi_protocol.open_report import ReportPrivateKey
from kizashi_server.certificate import (
    ReadCertificate,
    TlsPair,
    certificate_digest,
    read_certificate,
    read_pair,
    self_signed,
)
from kizashi_server.command_options import ProgrammeFlags, configuration_of
from kizashi_server.config import Configuration, load
from kizashi_server.errors import ConfigurationFault, KeyFault
from kizashi_server.initialise import Initialised, initialise
from kizashi_server.key_files import (
    erase,
    make_private_directory,
    read_private,
    read_seed,
    replace_file,
    write_private,
)
from kizashi_server.keys import FreshKeys, load_keyring
from kizashi_server.published import SEALING_KEY_GRACE, Published, listed, publish, read_published
from kizashi_server.store.database import open_store
from kizashi_server.sweep import sweep

NOW = 1_800_000_000
EXTRACTORS = {"self-check": ("test-extractor/1",)}
FLAGS = ProgrammeFlags(owner="Me", jurisdiction="JP", listen="127.0.0.1:8443")


@dataclasses.dataclass
class Made:
    """A server made in a temporary folder."""

    folder: Path
    configuration: Configuration
    result: Initialised

    @property
    def state(self) -> Path:
        """Its state directory."""
        return self.folder / "state"

    def published(self, now: int = NOW) -> Published:
        """Its directory, as read back."""
        return read_published(self.state, now)


def make(folder: Path, flags: ProgrammeFlags = FLAGS) -> Made:
    """Runs `initialise` as the command does."""
    configuration, text = configuration_of(None, folder / "state", flags)
    hosts = ["check.example.org", "127.0.0.1"]
    result = initialise(
        configuration, text, EXTRACTORS, hosts, folder / "root", now=NOW, random=os.urandom
    )
    return Made(folder, configuration, result)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A server on port 8443."""
    return make(tmp_path)


def modes(folder: Path) -> set[int]:
    """The modes of every file in a folder."""
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_everything_is_closed_to_other_accounts(made: Made) -> None:
    """Files 0600, directories 0700, and the root key alone in its own."""
    for folder in (made.state, made.folder / "root"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert modes(folder) == {0o600}
    assert [path.name for path in (made.folder / "root").iterdir()] == ["root.seed"]


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """Not even with an open one."""
    before = os.umask(0)
    try:
        make(tmp_path)
    finally:
        os.umask(before)
    assert modes(tmp_path / "state") == {0o600}


def test_directory_holds_from_the_root_in_the_invite(made: Made) -> None:
    """One active key of each kind, the programme, the certificate, for ninety days."""
    directory = made.published().directory
    (invite,) = made.result.invites
    root = SigningKey.from_seed((made.folder / "root" / "root.seed").read_bytes())
    assert invite == Invite("check.example.org", 8443, "self-check", fingerprint(root.public))
    assert directory.root_fingerprint == invite.root_fingerprint
    assert directory.expire_time == NOW + DIRECTORY_KEY_VALIDITY
    (sealing,) = directory.sealing_keys
    assert sealing.delete_time == directory.expire_time + SEALING_KEY_GRACE
    assert directory.active_sealing_key() == sealing.public
    assert directory.programme("self-check").extractor_ids == EXTRACTORS["self-check"]
    certificate = read_certificate(made.state / "tls.crt")
    assert directory.tls_certificate_digests == (certificate.digest,)


def test_invite_file_holds_the_invite(made: Made) -> None:
    """One line, as people are handed it."""
    text = (made.state / "invite.txt").read_text()
    assert Invite.parse(text) == made.result.invites[0]


def test_no_invite_while_the_port_is_not_known(tmp_path: Path) -> None:
    """With port 0 the invites are told by `serve`."""
    made = make(tmp_path, dataclasses.replace(FLAGS, listen="127.0.0.1:0"))
    assert made.result.invites == ()
    assert not (made.state / "invite.txt").exists()


def test_written_configuration_is_the_one_used(made: Made) -> None:
    """The file in the state directory reads back as what was checked."""
    assert load(made.state / "kizashi-server.toml") == made.configuration


def test_certificate_stands_for_each_host(made: Made) -> None:
    """Names and addresses, P-256, ninety days, no authority over others."""
    pem = (made.state / "tls.crt").read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["check.example.org"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    assert certificate.not_valid_after_utc == datetime.fromtimestamp(
        NOW + DIRECTORY_KEY_VALIDITY, UTC
    )


def test_nothing_is_overwritten(made: Made) -> None:
    """A second run is refused and changes no byte."""
    before = {path: path.read_bytes() for path in made.state.iterdir()}
    with pytest.raises(KeyFault, match="is there already"):
        make(made.folder)
    assert {path: path.read_bytes() for path in made.state.iterdir()} == before


def test_root_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """Even when the state directory is new; and then nothing is written there."""
    make_private_directory(tmp_path / "root")
    write_private(tmp_path / "root" / "root.seed", bytes(32))
    with pytest.raises(KeyFault, match="is there already"):
        make(tmp_path)
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize("inner", ["state", "state/root", "."])
def test_root_key_is_kept_apart(tmp_path: Path, inner: str) -> None:
    """Not in the state directory, not in it somewhere, not around it."""
    configuration, text = configuration_of(None, tmp_path / "state", FLAGS)
    with pytest.raises(KeyFault, match="overlap"):
        initialise(
            configuration, text, EXTRACTORS, ["a"], tmp_path / inner, now=NOW, random=os.urandom
        )


def test_open_directory_is_refused_with_its_remedy(tmp_path: Path) -> None:
    """The error names the command that closes it."""
    (tmp_path / "state").mkdir(mode=0o755)
    with pytest.raises(KeyFault) as caught:
        make(tmp_path)
    assert f"chmod 700 {tmp_path / 'state'}" in caught.value.person


@pytest.mark.parametrize("host", ["a b", "", "ex\u00e4mple", "a/b"])
def test_bad_host_is_refused(tmp_path: Path, host: str) -> None:
    """Before anything is written."""
    configuration, text = configuration_of(None, tmp_path / "state", FLAGS)
    with pytest.raises(KeyFault):
        initialise(
            configuration, text, EXTRACTORS, [host], tmp_path / "r", now=NOW, random=os.urandom
        )
    assert list(tmp_path.iterdir()) == []


def test_options_and_file_exclude_each_other(tmp_path: Path) -> None:
    """And one of them is needed."""
    for path, state, flags in [
        (tmp_path / "c.toml", tmp_path, ProgrammeFlags()),
        (tmp_path / "c.toml", None, FLAGS),
        (None, tmp_path, ProgrammeFlags()),
        (None, None, FLAGS),
    ]:
        with pytest.raises(ConfigurationFault, match="--config"):
            configuration_of(path, state, flags)


# --- What a start reads


def test_keyring_opens_what_the_directory_lists(made: Made) -> None:
    """The private keys are those of the listed public ones."""
    directory = made.published().directory
    keyring = load_keyring(made.state, directory, NOW)
    (entry,) = directory.sealing_keys
    key = keyring.sealing_key(entry.public.key_id, NOW)
    assert key is not None
    assert key.private.public == entry.public
    assert keyring.receipt.public == directory.receipt_keys[0].public
    assert keyring.sealing_key(bytes(16), NOW) is None
    assert keyring.sealing_key(entry.public.key_id, entry.delete_time) is None


@pytest.mark.parametrize("pattern", ["sealing-*", "receipt-*"])
def test_seed_open_to_others_stops_the_start(made: Made, pattern: str) -> None:
    """With the command that closes it."""
    (path,) = made.state.glob(pattern)
    path.chmod(0o640)
    with pytest.raises(KeyFault) as caught:
        load_keyring(made.state, made.published().directory, NOW)
    assert f"chmod 600 {path}" in caught.value.person


@pytest.mark.parametrize("pattern", ["sealing-*", "receipt-*"])
@pytest.mark.parametrize("content", [None, b"short", bytes(32)])
def test_seed_that_is_not_the_listed_one_stops_the_start(
    made: Made, pattern: str, content: bytes | None
) -> None:
    """Missing, cut off, or another key's; the error shows none of it."""
    (path,) = made.state.glob(pattern)
    path.unlink()
    if content is not None:
        write_private(path, content)
    with pytest.raises(KeyFault) as caught:
        load_keyring(made.state, made.published().directory, NOW)
    assert str(path) in caught.value.log


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:-1], "damaged"),
        (lambda data: data.replace(b"self-check", b"self-chick"), "DIRECTORY_SIGNATURE"),
        (lambda _: b"", "DIRECTORY_SIGNATURE"),
    ],
)
def test_damaged_directory_stops_the_start(
    made: Made, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    """What was changed on disk is not published."""
    path = made.state / "directory.signed"
    replace_file(path, spoil(path.read_bytes()))
    with pytest.raises(KeyFault, match=reason):
        made.published()


def test_expired_directory_stops_the_start(made: Made) -> None:
    """Laptops would refuse it."""
    with pytest.raises(KeyFault, match="DIRECTORY_EXPIRED"):
        made.published(NOW + DIRECTORY_KEY_VALIDITY)


def test_directory_is_signed_anew_only_when_it_changes(made: Made) -> None:
    """A restart publishes the same bytes; a new operator takes a new version under the root."""
    published = made.published()
    (programme,) = made.configuration.programme
    same = [listed(programme, EXTRACTORS["self-check"])]
    (digest,) = published.directory.tls_certificate_digests
    assert publish(made.state, published, same, digest, NOW + 5) == published
    changed = [dataclasses.replace(same[0], scoring_operator="Somebody else")]
    renewed = publish(made.state, published, changed, digest, NOW + 5)
    assert (renewed.directory.version, renewed.directory.issue_time) == (2, NOW + 5)
    assert renewed.directory.programmes == tuple(changed)
    assert made.published(NOW + 5).directory == renewed.directory
    assert modes(made.state) == {0o600}


def test_certificate_and_key_must_belong_together(made: Made) -> None:
    """And be within their dates."""
    certificate = read_certificate(made.state / "tls.crt")
    key_path = made.state / "tls.key"
    assert read_pair(certificate, key_path, NOW).key == key_path.read_bytes()
    with pytest.raises(KeyFault, match="expired"):
        read_pair(certificate, key_path, certificate.expire_time)
    other = self_signed(["a"], start=NOW, expire=NOW + 10)
    replace_file(key_path, other.key)
    with pytest.raises(KeyFault, match="another certificate"):
        read_pair(certificate, key_path, NOW)
    replace_file(key_path, b"no key")
    with pytest.raises(KeyFault, match="no usable private key"):
        read_pair(certificate, key_path, NOW)


def read_self_signed(folder: Path, hosts: list[str]) -> ReadCertificate:
    """What is read of a certificate for these hosts."""
    path = folder / "c.crt"
    path.write_bytes(self_signed(hosts, start=NOW, expire=NOW + 10).certificate)
    return read_certificate(path)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["::1"], "[::1]"),
        (["[::1]", "a"], "[::1]"),
        (["*.example.org", "b.example.org"], "b.example.org"),
        (["*.example.org"], "example.org"),
    ],
)
def test_invites_name_a_host_that_can_be_written(
    tmp_path: Path, hosts: list[str], expected: str
) -> None:
    """Addresses in brackets, no wildcards."""
    assert read_self_signed(tmp_path, hosts).host == expected


def test_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    """Missing or something else."""
    with pytest.raises(KeyFault, match="cannot be read"):
        read_certificate(tmp_path / "none.crt")
    (tmp_path / "bad.crt").write_text("no certificate")
    with pytest.raises(KeyFault, match="no PEM certificate"):
        read_certificate(tmp_path / "bad.crt")


# --- What goes


def test_sealing_key_is_erased_on_its_day(made: Made) -> None:
    """From memory and from the disk, with the rows that hung on it; not a second before."""
    directory = made.published().directory
    keyring = load_keyring(made.state, directory, NOW)
    store = open_store(made.state / "kizashi.sqlite")
    (entry,) = directory.sealing_keys
    (path,) = made.state.glob("sealing-*")
    sweep(store, keyring, directory, made.state, entry.delete_time - 1)
    assert path.exists()
    for _ in range(2):
        sweep(store, keyring, directory, made.state, entry.delete_time)
        assert not path.exists()
    # Even to a clock that was set back it does not come back.
    assert keyring.sealing_key(entry.public.key_id, NOW) is None
    store.close()


def test_erased_file_is_overwritten_first(tmp_path: Path) -> None:
    """Another name of the same file shows zeros."""
    path, other = tmp_path / "a.seed", tmp_path / "b.seed"
    write_private(path, b"s" * 32)
    other.hardlink_to(path)
    erase(path)
    assert not path.exists()
    assert other.read_bytes() == bytes(32)


def test_private_files_are_new_and_closed(tmp_path: Path) -> None:
    """They are never overwritten by writing, only replaced as a whole."""
    path = tmp_path / "a"
    write_private(path, b"one")
    with pytest.raises(KeyFault, match="not overwritten"):
        write_private(path, b"two")
    replace_file(path, b"three")
    assert (read_private(path), stat.S_IMODE(path.stat().st_mode)) == (b"three", 0o600)
    with pytest.raises(KeyFault, match="32 bytes"):
        read_seed(path)


def test_secrets_are_in_no_repr_and_no_error() -> None:
    """Neither raw nor in hexadecimal, of keys, seeds and TLS keys."""
    seeds: list[bytes] = []

    def random(size: int) -> bytes:
        seeds.append(os.urandom(size))
        return seeds[-1]

    keys = FreshKeys.make(random)
    pair = self_signed(["a"], start=NOW, expire=NOW + 10)
    shown = "".join(repr(each) for each in (keys, pair, keys.sealing, keys.receipt))
    assert len(seeds) == 5
    for seed in seeds:
        assert seed.hex() not in shown
        assert repr(seed)[2:-1] not in shown
    assert "PRIVATE" not in shown
    assert isinstance(pair, TlsPair)
    assert certificate_digest(pair.certificate)
    assert isinstance(keys.sealing, ReportPrivateKey)
