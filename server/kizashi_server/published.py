"""The directory a server publishes: kept signed on disk, signed anew when its content changes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from google.protobuf.message import DecodeError
from kizashi_protocol.consent import CHECK_VALIDITY
from kizashi_protocol.directory import (
    Directory,
    KeyState,
    LogKeyEntry,
    Programme,
    ReceiptKeyEntry,
    SealingKeyEntry,
)
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
from kizashi_server.errors import KeyFault
from kizashi_server.key_files import read_private, replace_file
from kizashi_server.keys import DIRECTORY_SEED_NAME, FreshKeys, load_signing_key

DIRECTORY_NAME = "directory.signed"

SEALING_KEY_GRACE = CHECK_VALIDITY
"""Seconds a sealing key outlives the directory: consent for a check holds that long, so that a
report sealed on the last day can still arrive, and none later could be accepted."""


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


def first_directory(
    keys: FreshKeys, programmes: Sequence[Programme], certificate_digest: bytes, now: int
) -> Directory:
    """Version 1, valid for as long as a directory key may be."""
    expire_time = now + DIRECTORY_KEY_VALIDITY
    return Directory(
        version=1,
        issue_time=now,
        expire_time=expire_time,
        sealing_keys=(
            SealingKeyEntry(keys.sealing.public, KeyState.ACTIVE, expire_time + SEALING_KEY_GRACE),
        ),
        receipt_keys=(ReceiptKeyEntry(keys.receipt.public, KeyState.ACTIVE),),
        log_keys=(LogKeyEntry(keys.log.public, KeyState.ACTIVE),),
        programmes=tuple(programmes),
        tls_certificate_digests=(certificate_digest,),
        root_fingerprint=fingerprint(keys.root.public),
    )


def read_published(state: Path, now: int) -> Published:
    """The directory on disk, with every signature and date checked.

    Raises:
        KeyFault: it is missing, damaged or expired.
    """
    path = state / DIRECTORY_NAME
    try:
        signed = directory_pb2.SignedDirectory.FromString(read_private(path))
        directory = verify_directory(
            signed,
            root_fingerprint=fingerprint(signed.root_public_key),
            now=now,
            lowest_version=0,
        )
    except DecodeError:
        raise _fault(path, "is damaged") from None
    except UntrustedDirectory as error:
        raise _fault(path, f"does not hold ({error.reason}: {error.log})") from None
    return Published(directory, signed)


def publish(
    state: Path,
    published: Published,
    programmes: Sequence[Programme],
    certificate_digest: bytes,
    now: int,
) -> Published:
    """The directory with these programmes and this certificate.

    When that changes nothing, what is on disk stands. Otherwise a new version is signed with the
    directory key and takes its place.

    Raises:
        KeyFault: the directory key is missing or another one, or the disk refuses.
    """
    directory, signed = published
    wanted = replace(
        directory,
        programmes=tuple(programmes),
        tls_certificate_digests=(certificate_digest,),
    )
    if wanted == directory:
        return published
    certificate = directory_pb2.DirectoryKeyCertificate.FromString(signed.certificate)
    key = load_signing_key(state / DIRECTORY_SEED_NAME, certificate.directory_public_key)
    renewed = replace(wanted, version=directory.version + 1, issue_time=now)
    chain = SignedCertificate(
        signed.certificate, signed.certificate_signature, signed.root_public_key
    )
    fresh = sign_directory(renewed, key, chain)
    replace_file(state / DIRECTORY_NAME, fresh.SerializeToString(deterministic=True))
    return Published(renewed, fresh)


def _fault(path: Path, text: str) -> KeyFault:
    return KeyFault(
        f"{path} {text}",
        f"The directory {path} {text}. Check this machine's clock; if it is right, make a new "
        "state directory with: kizashi-server init",
    )
