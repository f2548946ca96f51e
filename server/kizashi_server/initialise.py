"""Makes everything a server needs, once: keys, certificate, directory, configuration, invites.

Everything is made in memory first; then files are written, and nothing is ever overwritten. If a
file cannot be written, those written before it are removed again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from kizashi_protocol.directory_chain import certify_directory_key, sign_directory
from kizashi_protocol.errors import MalformedInvite
from kizashi_protocol.invite import Invite
from kizashi_protocol.keys import fingerprint

from kizashi_server.config import (
    TLS_CERTIFICATE_NAME,
    TLS_KEY_NAME,
    Configuration,
    ListenAddress,
    ProgrammeSettings,
)
from kizashi_server.directory.published import DIRECTORY_NAME, REQUEST_NAME, first_directory, listed
from kizashi_server.directory.renewal import fresh_request
from kizashi_server.directory.request import KeyRequest
from kizashi_server.errors import KeyFault
from kizashi_server.keys.certificate import (
    SELF_SIGNED_VALIDITY,
    certificate_digest,
    read_certificate,
    self_signed,
)
from kizashi_server.keys.files import erase, make_private_directory, seed_file, write_private
from kizashi_server.keys.ring import ROOT_SEED_NAME, FreshKeys, Random, directory_seed_name
from kizashi_server.keys.schedule_file import SCHEDULE_NAME, schedule_json
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.states import Schedule

CONFIGURATION_NAME = "kizashi-server.toml"
INVITE_NAME = "invite.txt"


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `initialise` made.

    Attributes:
        root_file: the root key's seed, to be moved to another machine.
        invites: one a programme; empty when the port is not known yet.
        root_fingerprint: SHA-256 of the root public key, 32 bytes.
    """

    root_file: Path
    invites: tuple[Invite, ...]
    root_fingerprint: bytes


def sample_configuration(
    programme: ProgrammeSettings, listen: ListenAddress, state_directory: str
) -> str:
    """The commented configuration for a programme, as TOML."""
    template = resources.files("kizashi_server").joinpath("sample.toml").read_text("utf-8")
    basis = programme.legal_basis
    values = {
        "listen": str(listen),
        "state_directory": state_directory,
        "id": programme.id,
        "display_name": programme.display_name,
        "owner": programme.owner,
        "scoring_operator": programme.scoring_operator,
        "setting": str(programme.setting),
        "jurisdiction": programme.jurisdiction,
        "scorer": programme.scorer,
    }
    return template.format(
        legal_basis="# legal_basis = ..." if basis is None else f"legal_basis = {_quoted(basis)}",
        **{name: _quoted(value) for name, value in values.items()},
    )


def initialise(  # noqa: PLR0913 - each is a different thing the operator decides
    configuration: Configuration,
    configuration_text: str | None,
    extractor_ids: Mapping[str, tuple[str, ...]],
    hosts: Sequence[str],
    root_directory: Path,
    *,
    now: int,
    random: Random,
    cipher: SeedCipher | None = None,
) -> Initialised:
    """Makes and writes a server's keys and what hangs on them.

    Args:
        configuration: of the server to be.
        configuration_text: to be written into the state directory, or None if there is a file.
        extractor_ids: the extractors each programme's scorer has norms for, by programme id.
        hosts: names and addresses for the certificate; the first goes into the invites.
        root_directory: where the root key is written; outside the state directory.
        now: seconds since the epoch.
        random: gives that many unpredictable bytes.
        cipher: encrypts the seeds of the state directory; without one they are in the clear.

    Raises:
        KeyFault: a directory is open to others or a file is there already, or a host is no name.
    """
    state = configuration.server.state_directory
    for host in hosts:
        check_host(host)
    _keep_apart(root_directory, state)
    keys = FreshKeys.make(random)
    programmes = [listed(each, extractor_ids[each.id]) for each in configuration.programme]
    files: dict[Path, bytes] = {
        state / name: seed_file(name, seed, cipher) for name, seed in keys.state_seeds.items()
    }
    digest = add_certificate(files, configuration, hosts, now)
    directory = first_directory(keys, programmes, digest, now)
    certificate = certify_directory_key(
        keys.root, keys.directory.public, start=now, expire=directory.expire_time
    )
    signed = sign_directory(directory, keys.directory, certificate)
    schedule = keys.schedule(now=now, seal_until=directory.expire_time)
    files[state / SCHEDULE_NAME] = schedule_json(schedule)
    files[state / DIRECTORY_NAME] = signed.SerializeToString(deterministic=True)
    root_fingerprint = fingerprint(keys.root.public)
    invites = _add_texts(files, configuration, configuration_text, hosts[0], root_fingerprint)
    root_file = root_directory / ROOT_SEED_NAME
    files[root_file] = keys.root_seed
    write_all(files, (state, root_directory))
    return Initialised(root_file, invites, root_fingerprint)


@dataclass(frozen=True, slots=True)
class AwaitingRoot:
    """What `initialise_below` made.

    Attributes:
        request_file: to be carried to the machine of the root.
        request: what is in it.
        invites: one a programme; empty when the port is not known yet.
    """

    request_file: Path
    request: KeyRequest
    invites: tuple[Invite, ...]


def initialise_below(  # noqa: PLR0913 - each is a different thing the operator decides
    configuration: Configuration,
    configuration_text: str | None,
    hosts: Sequence[str],
    root_fingerprint: bytes,
    *,
    now: int,
    random: Random,
    cipher: SeedCipher | None,
) -> AwaitingRoot:
    """Makes a server below a root that is on another machine; it serves once that has certified it.

    Args:
        configuration: of the server to be.
        configuration_text: to be written into the state directory, or None if there is a file.
        hosts: names and addresses for the certificate; the first goes into the invites.
        root_fingerprint: as `root-init` printed it, 32 bytes.
        now: seconds since the epoch.
        random: gives that many unpredictable bytes.
        cipher: encrypts the seeds of the state directory; without one they are in the clear.

    Raises:
        KeyFault: a directory is open to others or a file is there already, or a host is no name.
    """
    state = configuration.server.state_directory
    for host in hosts:
        check_host(host)
    request, seed = fresh_request(root_fingerprint, random)
    name = directory_seed_name(request.directory_public)
    files = {
        state / name: seed_file(name, seed, cipher),
        state / SCHEDULE_NAME: schedule_json(Schedule(())),
        state / REQUEST_NAME: request.to_json(),
    }
    add_certificate(files, configuration, hosts, now)
    invites = _add_texts(files, configuration, configuration_text, hosts[0], root_fingerprint)
    write_all(files, (state,))
    return AwaitingRoot(state / REQUEST_NAME, request, invites)


def make_invites(
    configuration: Configuration, host: str, port: int, root_fingerprint: bytes
) -> tuple[Invite, ...]:
    """An invite for each programme, or none while the port is 0.

    Args:
        configuration: of the server.
        host: name or address; an IPv6 address with or without brackets.
        port: the one people reach, 0 to 65535.
        root_fingerprint: the pin, 32 bytes.
    """
    if port == 0:
        return ()
    written = _as_in_invites(host)
    return tuple(
        Invite(written, port, each.id, root_fingerprint) for each in configuration.programme
    )


def _add_texts(
    files: dict[Path, bytes],
    configuration: Configuration,
    configuration_text: str | None,
    host: str,
    root_fingerprint: bytes,
) -> tuple[Invite, ...]:
    """Adds invites and configuration, where there are any; gives the invites."""
    state = configuration.server.state_directory
    invites = make_invites(configuration, host, configuration.server.listen.port, root_fingerprint)
    if invites:
        files[state / INVITE_NAME] = "".join(f"{each}\n" for each in invites).encode()
    if configuration_text is not None:
        files[state / CONFIGURATION_NAME] = configuration_text.encode()
    return invites


def _as_in_invites(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def check_host(host: str) -> None:
    """Returns when an invite with this host can be read.

    Raises:
        KeyFault: it is neither a name nor an address.
    """
    try:
        Invite.parse(str(Invite(_as_in_invites(host), 1, "any", bytes(32))))
    except MalformedInvite:
        raise KeyFault(
            f"bad host {host!r}", f"{host!r} is no host name; give --host a DNS name or an address."
        ) from None


def add_certificate(
    files: dict[Path, bytes], configuration: Configuration, hosts: Sequence[str], now: int
) -> bytes:
    """Adds a self-signed certificate unless the configuration names one; gives its digest.

    Raises:
        KeyFault: the one named cannot be read.
    """
    server = configuration.server
    if server.tls_certificate is not None:
        return read_certificate(server.tls_certificate).digest
    pair = self_signed(hosts, start=now, expire=now + SELF_SIGNED_VALIDITY)
    files[server.state_directory / TLS_CERTIFICATE_NAME] = pair.certificate
    files[server.state_directory / TLS_KEY_NAME] = pair.key
    return certificate_digest(pair.certificate)


def _keep_apart(root_directory: Path, state: Path) -> None:
    root, inner = root_directory.resolve(), state.resolve()
    if root.is_relative_to(inner) or inner.is_relative_to(root):
        raise KeyFault(
            "root and state directories overlap",
            "The root key must not lie with the server's own keys. Give --root-dir a directory "
            "of its own, best on a removable disk.",
        )


def write_all(files: Mapping[Path, bytes], directories: Sequence[Path]) -> None:
    """Writes new files into private directories, made if need be: all of them or none.

    Raises:
        KeyFault: a file is there already, a directory is open to others, or the disk refuses.
    """
    for directory in directories:
        make_private_directory(directory)
    for path in files:
        if path.exists():
            raise KeyFault(
                f"{path} is there already",
                f"{path} is there already, and nothing is overwritten. Name new directories, or "
                "start the server that is there with: kizashi-server serve --config FILE",
            )
    written: list[Path] = []
    try:
        for path, data in files.items():
            write_private(path, data)
            written.append(path)
    except KeyFault:
        for path in written:
            erase(path)
        raise


def _quoted(value: str) -> str:
    # A JSON string of printable text is a TOML basic string.
    return json.dumps(value, ensure_ascii=False)
