"""The signatures from the pinned root down to the directory, made and checked."""

import hmac
from dataclasses import replace
from typing import NamedTuple

from google.protobuf.message import DecodeError

from kizashi_protocol.context import Label
from kizashi_protocol.directory import (
    Directory,
    KeyState,
    LogKeyEntry,
    Programme,
    ReceiptKeyEntry,
    SealingKeyEntry,
    Setting,
    same_party,
)
from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.errors import (
    InvalidSigner,
    MalformedMessage,
    ProtocolError,
    UntrustedDirectory,
)
from kizashi_protocol.keys import SealingPublicKey, fingerprint, key_id_of
from kizashi_protocol.moments import CLOCK_TOLERANCE, DAY, is_moment
from kizashi_protocol.recipients import (
    MOST_RECIPIENTS,
    Recipient,
    SignedRecipient,
    read_recipient,
)
from kizashi_protocol.signing import SigningKey, verify
from kizashi_protocol.v1 import directory_pb2

DIRECTORY_KEY_VALIDITY = 90 * DAY
"""Longest life of a directory key, in seconds."""


class SignedCertificate(NamedTuple):
    """The root's statement for a directory key, as it travels."""

    certificate: bytes
    signature: bytes
    root_public: bytes


def certify_directory_key(
    root: SigningKey, directory_public: bytes, *, start: int, expire: int
) -> SignedCertificate:
    """Lets a directory key sign from start to expire. Runs where the root lives.

    Raises:
        ValueError: the time is empty or longer than 90 days.
    """
    if not 0 < expire - start <= DIRECTORY_KEY_VALIDITY:
        raise ValueError("a directory key lives for at most 90 days")
    certificate = directory_pb2.DirectoryKeyCertificate(
        directory_public_key=directory_public, start_time=start, expire_time=expire
    ).SerializeToString(deterministic=True)
    return SignedCertificate(certificate, root.sign(Label.DIRECTORY_KEY, certificate), root.public)


def sign_directory(
    directory: Directory, key: SigningKey, certificate: SignedCertificate
) -> directory_pb2.SignedDirectory:
    """The directory as it travels. Runs on the server."""
    content = _to_message(directory).SerializeToString(deterministic=True)
    return directory_pb2.SignedDirectory(
        directory=content,
        directory_signature=key.sign(Label.DIRECTORY, content),
        certificate=certificate.certificate,
        certificate_signature=certificate.signature,
        root_public_key=certificate.root_public,
    )


def verify_directory(
    signed: directory_pb2.SignedDirectory,
    *,
    root_fingerprint: bytes,
    now: int,
    lowest_version: int,
) -> Directory:
    """The directory, when everything from the pinned root down to it holds.

    Args:
        signed: as received.
        root_fingerprint: the pin, 32 bytes.
        now: seconds since the epoch.
        lowest_version: the highest version seen from this root so far, or 0.

    Raises:
        UntrustedDirectory: reason DIRECTORY_WRONG_ROOT, DIRECTORY_SIGNATURE, DIRECTORY_NOT_YET,
            DIRECTORY_EXPIRED, DIRECTORY_ROLLED_BACK, DIRECTORY_RECIPIENT (one that the root has
            not certified) or DIRECTORY_MALFORMED.
    """
    if not hmac.compare_digest(fingerprint(signed.root_public_key), root_fingerprint):
        raise UntrustedDirectory("the root is not the pinned one", reason="DIRECTORY_WRONG_ROOT")
    certificate = _certificate(signed)
    directory, recipients = _content(signed, certificate, root_fingerprint)
    _check_times(directory, certificate, now)
    if directory.version < lowest_version:
        raise UntrustedDirectory(
            f"directory version {directory.version} is older than {lowest_version}, seen before",
            "The server showed an older list of its keys and programmes than it has shown this "
            "laptop before, so nothing more was sent to it. Tell your site's contact: it was restored "
            "from a backup, or somebody stands between.",
            reason="DIRECTORY_ROLLED_BACK",
        )
    return replace(
        directory, recipients=tuple(each for each in recipients if now < each.expire_time)
    )


def _certificate(
    signed: directory_pb2.SignedDirectory,
) -> directory_pb2.DirectoryKeyCertificate:
    """The directory key's certificate, when its and the directory's signature hold."""
    try:
        verify(
            signed.root_public_key,
            signed.certificate_signature,
            Label.DIRECTORY_KEY,
            signed.certificate,
        )
        certificate = directory_pb2.DirectoryKeyCertificate.FromString(signed.certificate)
        verify(
            certificate.directory_public_key,
            signed.directory_signature,
            Label.DIRECTORY,
            signed.directory,
        )
    except (ProtocolError, DecodeError):
        raise UntrustedDirectory(
            "a signature of the directory does not hold", reason="DIRECTORY_SIGNATURE"
        ) from None
    return certificate


def _content(
    signed: directory_pb2.SignedDirectory,
    certificate: directory_pb2.DirectoryKeyCertificate,
    root_fingerprint: bytes,
) -> tuple[Directory, tuple[Recipient, ...]]:
    """The directory, and all recipients in it, whether or not they have expired."""
    try:
        message = directory_pb2.Directory.FromString(signed.directory)
        directory = _from_message(message, root_fingerprint)
        _check_moments(directory, certificate)
        return directory, _recipients(message, signed.root_public_key)
    except InvalidSigner:
        raise UntrustedDirectory(
            "a recipient is not certified by the root", reason="DIRECTORY_RECIPIENT"
        ) from None
    except (MalformedMessage, DecodeError, KeyError):
        raise UntrustedDirectory(
            "the directory does not parse", reason="DIRECTORY_MALFORMED"
        ) from None


def _check_moments(
    directory: Directory, certificate: directory_pb2.DirectoryKeyCertificate
) -> None:
    times = [directory.issue_time, directory.expire_time]
    times += [certificate.start_time, certificate.expire_time]
    times += [each.delete_time for each in directory.sealing_keys]
    if not all(map(is_moment, times)):
        raise MalformedMessage("a directory's dates are too far away")


def _check_times(
    directory: Directory, certificate: directory_pb2.DirectoryKeyCertificate, now: int
) -> None:
    wait = "Check that this laptop's clock is right, then try again."
    if now < max(directory.issue_time, certificate.start_time) - CLOCK_TOLERANCE:
        raise UntrustedDirectory(
            "the directory is not valid yet",
            f"The server's directory is dated in the future. Nothing was sent. {wait}",
            reason="DIRECTORY_NOT_YET",
        )
    too_long = certificate.expire_time - certificate.start_time > DIRECTORY_KEY_VALIDITY
    if now >= min(directory.expire_time, certificate.expire_time) or too_long:
        raise UntrustedDirectory(
            "the directory or its key has expired",
            f"The server's directory has expired. Nothing was sent. {wait} "
            "If it is, your site must renew the directory.",
            reason="DIRECTORY_EXPIRED",
        )


def _to_message(directory: Directory) -> directory_pb2.Directory:
    return directory_pb2.Directory(
        version=directory.version,
        issue_time=directory.issue_time,
        expire_time=directory.expire_time,
        sealing_keys=[
            directory_pb2.SealingKey(
                key_id=each.public.key_id,
                public_key=each.public.raw,
                state=_STATES[each.state],
                delete_time=each.delete_time,
            )
            for each in directory.sealing_keys
        ],
        receipt_keys=[
            directory_pb2.ReceiptKey(
                key_id=key_id_of(each.public), public_key=each.public, state=_STATES[each.state]
            )
            for each in directory.receipt_keys
        ],
        log_keys=[
            directory_pb2.LogKey(
                key_id=key_id_of(each.public), public_key=each.public, state=_STATES[each.state]
            )
            for each in directory.log_keys
        ],
        programmes=[
            directory_pb2.Programme(
                programme_id=each.programme_id,
                display_name=each.display_name,
                owner=each.owner,
                scoring_operator=each.scoring_operator,
                setting=_SETTINGS[each.setting],
                jurisdiction=each.jurisdiction,
                scorer_id=each.scorer_id,
                extractor_ids=each.extractor_ids,
            )
            for each in directory.programmes
        ],
        tls_certificate_digests=directory.tls_certificate_digests,
        recipients=[
            directory_pb2.SignedRecipient(
                certificate=each.signed.certificate, signature=each.signed.signature
            )
            for each in directory.recipients
        ],
    )


def _from_message(message: directory_pb2.Directory, root_fingerprint: bytes) -> Directory:
    return Directory(
        version=message.version,
        issue_time=message.issue_time,
        expire_time=message.expire_time,
        sealing_keys=tuple(
            SealingKeyEntry(
                SealingPublicKey(each.public_key), _STATE_OF[each.state], each.delete_time
            )
            for each in message.sealing_keys
        ),
        receipt_keys=tuple(
            ReceiptKeyEntry(each.public_key, _STATE_OF[each.state]) for each in message.receipt_keys
        ),
        log_keys=tuple(
            LogKeyEntry(each.public_key, _STATE_OF[each.state]) for each in message.log_keys
        ),
        programmes=tuple(map(_programme, message.programmes)),
        tls_certificate_digests=tuple(message.tls_certificate_digests),
        root_fingerprint=root_fingerprint,
    )


def _recipients(message: directory_pb2.Directory, root_public: bytes) -> tuple[Recipient, ...]:
    if len(message.recipients) > MOST_RECIPIENTS:
        raise MalformedMessage("a directory lists too many recipients")
    return tuple(
        read_recipient(SignedRecipient(each.certificate, each.signature), root_public)
        for each in message.recipients
    )


def _programme(message: directory_pb2.Programme) -> Programme:
    programme = Programme(
        message.programme_id,
        message.display_name,
        message.owner,
        message.scoring_operator,
        _SETTING_OF[message.setting],
        message.jurisdiction,
        message.scorer_id,
        tuple(message.extractor_ids),
    )
    shown = (programme.display_name, programme.owner, programme.scoring_operator)
    if not all(name and is_displayable(name) for name in shown):
        raise MalformedMessage("a programme's names cannot be shown")
    same = same_party(programme.owner, programme.scoring_operator)
    if same and programme.setting is not Setting.PERSONAL:
        # The server refuses such a programme too; a person need not take its word for it.
        raise MalformedMessage("a programme's owner scores it")
    return programme


_STATES = {
    KeyState.PENDING: directory_pb2.KEY_STATE_PENDING,
    KeyState.ACTIVE: directory_pb2.KEY_STATE_ACTIVE,
    KeyState.EXPIRED: directory_pb2.KEY_STATE_EXPIRED,
}
_STATE_OF = {number: state for state, number in _STATES.items()}
_SETTINGS = {
    Setting.PERSONAL: directory_pb2.SETTING_PERSONAL,
    Setting.EDUCATION: directory_pb2.SETTING_EDUCATION,
    Setting.WORKPLACE: directory_pb2.SETTING_WORKPLACE,
    Setting.HEALTHCARE: directory_pb2.SETTING_HEALTHCARE,
    Setting.RESEARCH: directory_pb2.SETTING_RESEARCH,
}
_SETTING_OF = {number: setting for setting, number in _SETTINGS.items()}
