"""The directory a server publishes: kept signed on disk, signed anew when its content changes.

Its version only grows. The highest one published is remembered beside it, so that an older
directory put in its place, from a backup say, is noticed here before any laptop refuses it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from google.protobuf.message import DecodeError
from kizashi_protocol.directory import Directory, Programme
from kizashi_protocol.directory_chain import (
    DIRECTORY_KEY_VALIDITY,
    SignedCertificate,
    sign_directory,
    verify_directory,
)
from kizashi_protocol.errors import UntrustedDirectory
from kizashi_protocol.keys import fingerprint
from kizashi_protocol.v1 import directory_pb2

from kizashi_server.config import ProgrammeSettings
from kizashi_server.directory.recipient_files import kept_recipients
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import read_private, replace_file
from kizashi_server.keys.ring import FreshKeys, directory_seed_name, load_signing_key
from kizashi_server.keys.schedule_file import read_schedule
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.states import with_keys

DIRECTORY_NAME = "directory.signed"
VERSION_NAME = "directory.version"
REQUEST_NAME = "directory.request"


class Published(NamedTuple):
    """A directory, and its signed form as it travels."""

    directory: Directory
    signed: directory_pb2.SignedDirectory


def listed(programme: ProgrammeSettings, extractor_ids: tuple[str, ...]) -> Programme:
    """A programme as the directory lists it, with the extractors its scorer has norms for."""
    return Programme(
        programme_id=programme.id,
        display_name=programme.display_name,
        owner=programme.owner,
        scoring_operator=programme.scoring_operator,
        setting=programme.setting,
        jurisdiction=programme.jurisdiction,
        scorer_id=programme.scorer,
        extractor_ids=extractor_ids,
    )


def bare_directory(
    root_fingerprint: bytes, *, now: int, expire_time: int, version: int = 0
) -> Directory:
    """What a first version is made from: nothing is listed; times in seconds since the epoch."""
    return Directory(
        version=version,
        issue_time=now,
        expire_time=expire_time,
        sealing_keys=(),
        receipt_keys=(),
        log_keys=(),
        programmes=(),
        tls_certificate_digests=(),
        root_fingerprint=root_fingerprint,
    )


def first_directory(
    keys: FreshKeys, programmes: Sequence[Programme], certificate_digest: bytes, now: int
) -> Directory:
    """Version 1, valid for as long as a directory key may be."""
    expire_time = now + DIRECTORY_KEY_VALIDITY
    bare = bare_directory(fingerprint(keys.root.public), now=now, expire_time=expire_time)
    listing = replace(
        bare,
        version=1,
        programmes=tuple(programmes),
        tls_certificate_digests=(certificate_digest,),
    )
    return with_keys(listing, keys.schedule(now=now, seal_until=expire_time), now)


def read_published(state: Path, now: int) -> Published:
    """The directory on disk, with every signature, its dates and its version checked.

    Raises:
        KeyFault: it is missing, damaged or expired, or older than one published before.
    """
    path = state / DIRECTORY_NAME
    published = read_dated(state, now)
    highest = highest_version(state)
    if published.directory.version < highest:
        raise KeyFault(
            f"{path} has version {published.directory.version}, after {highest} was published",
            f"{path} has version {published.directory.version}, but version {highest} was "
            "published before, and laptops refuse to go back. Put back the newest file, or sign a "
            "newer one with: kizashi-server keys rotate --config FILE",
        )
    return published


def read_dated(state: Path, now: int) -> Published:
    """As `read_published`, whatever its version: one that is too old can be followed by a newer.

    Raises:
        KeyFault: it is missing, damaged or expired.
    """
    return _read(state / DIRECTORY_NAME, now)


def read_issued(state: Path) -> Published:
    """The directory on disk with every signature checked, whatever has become of it since.

    Raises:
        KeyFault: it is missing or damaged.
    """
    return _read(state / DIRECTORY_NAME, None)


def highest_version(state: Path) -> int:
    """The highest version published from a state directory, or 0.

    Raises:
        KeyFault: the file that remembers it is open to other accounts or damaged.
    """
    path = state / VERSION_NAME
    if not path.exists():
        return 0
    text = read_private(path).decode("ascii", "replace").strip()
    if not text.isdecimal() or len(text) > 19:
        raise KeyFault(f"{path} is damaged", f"{path} is damaged: it must hold one whole number.")
    return int(text)


def publish(  # noqa: PLR0913, PLR0917 - what is listed, and where from
    state: Path,
    published: Published,
    programmes: Sequence[Programme],
    certificate_digest: bytes,
    now: int,
    cipher: SeedCipher | None = None,
) -> Published:
    """The directory with these programmes and certificate, and the recipients and keys due now.

    When that changes nothing, what is on disk stands. Otherwise a new version is signed with the
    directory key and takes its place.

    Raises:
        KeyFault: the directory key is missing or another one, a recipient does not hold, or the
            disk refuses.
    """
    listing = replace(
        published.directory,
        programmes=tuple(programmes),
        tls_certificate_digests=(certificate_digest,),
        recipients=kept_recipients(state, published.signed.root_public_key, now),
    )
    wanted = with_keys(listing, read_schedule(state), now)
    return sign_if_changed(state, published, wanted, now, cipher)


def sign_if_changed(
    state: Path, published: Published, wanted: Directory, now: int, cipher: SeedCipher | None
) -> Published:
    """As `publish`, for a directory that may differ in anything but its version and issue time."""
    if wanted != published.directory:
        published = sign_next(state, published.directory, wanted, chain_of(published), now, cipher)
    remember_version(state, published.directory.version)
    return published


def sign_next(  # noqa: PLR0913, PLR0917 - a directory, and what signs it
    state: Path,
    before: Directory,
    wanted: Directory,
    chain: SignedCertificate,
    now: int,
    cipher: SeedCipher | None,
) -> Published:
    """Signs the next version with the key that `chain` certifies, and writes it.

    Raises:
        KeyFault: as `publish`.
    """
    certificate = directory_pb2.DirectoryKeyCertificate.FromString(chain.certificate)
    public = certificate.directory_public_key
    key = load_signing_key(state / directory_seed_name(public), public, cipher)
    version = max(before.version, highest_version(state)) + 1
    renewed = replace(wanted, version=version, issue_time=now)
    fresh = sign_directory(renewed, key, chain)
    # The version is remembered after, so that a crash between the two stops nothing.
    replace_file(state / DIRECTORY_NAME, fresh.SerializeToString(deterministic=True))
    remember_version(state, version)
    return Published(renewed, fresh)


def remember_version(state: Path, version: int) -> None:
    """Notes that a version was published, unless a higher one was.

    Raises:
        KeyFault: the disk refuses.
    """
    if version > highest_version(state):
        replace_file(state / VERSION_NAME, f"{version}\n".encode())


def chain_of(published: Published) -> SignedCertificate:
    """The root's statement for the key that signed a directory."""
    signed = published.signed
    return SignedCertificate(
        signed.certificate, signed.certificate_signature, signed.root_public_key
    )


def _read(path: Path, now: int | None) -> Published:
    """The directory in a file; with None for `now`, judged as on the day it was issued."""
    request = path.with_name(REQUEST_NAME)
    if not path.exists() and request.exists():
        raise KeyFault(
            f"{path} is missing, and a request is there",
            f"The root has not certified this server yet. Take {request} to its machine. "
            "There: kizashi-server root-certify --root-dir DIR --request FILE --out CERTIFICATE. "
            "Then here: kizashi-server keys install CERTIFICATE --config FILE",
        )
    try:
        signed = directory_pb2.SignedDirectory.FromString(read_private(path))
        issued = directory_pb2.Directory.FromString(signed.directory).issue_time
        directory = verify_directory(
            signed,
            root_fingerprint=fingerprint(signed.root_public_key),
            now=issued if now is None else now,
            lowest_version=0,
        )
    except DecodeError:
        raise _fault(path, "is damaged") from None
    except UntrustedDirectory as error:
        if error.reason == "DIRECTORY_EXPIRED":
            raise _expired(path) from None
        raise _fault(path, f"does not hold ({error.reason}: {error.log})") from None
    return Published(directory, signed)


def _expired(path: Path) -> KeyFault:
    return KeyFault(
        f"{path} has expired (DIRECTORY_EXPIRED)",
        f"The directory {path} has expired. Check this machine's clock; if it is right, renew the "
        "directory key, beginning with: kizashi-server keys request --config FILE",
    )


def _fault(path: Path, text: str) -> KeyFault:
    return KeyFault(
        f"{path} {text}",
        f"The directory {path} {text}. Check this machine's clock; if it is right, put back the "
        "file as it was, or make a new state directory: kizashi-server init --help tells how.",
    )
