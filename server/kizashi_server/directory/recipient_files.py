"""Recipients on the operator's side: certified where the root lives, listed where the server runs.

    request file ── root-certify-recipient ──> certificate file ── recipients add ──> state

A running server reads what is in its state directory within seconds, another at its next start, and
lists it in a new version of the directory. It holds no root, so it cannot make a certificate, and a file that the root has not
signed is refused here as it would be by every laptop.
"""

import os
from collections.abc import Collection
from pathlib import Path

from google.protobuf.message import DecodeError
from kizashi_protocol.errors import InvalidSigner, MalformedMessage
from kizashi_protocol.moments import DAY
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_protocol.recipients import (
    MOST_RECIPIENTS,
    Recipient,
    RecipientRole,
    SignedRecipient,
    certify_recipient,
    read_recipient,
)
from kizashi_protocol.signing import SigningKey
from kizashi_protocol.v1 import directory_pb2

from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import (
    locked,
    make_private_subdirectory,
    read_private,
    replace_file,
    write_private,
)

RECIPIENTS_NAME = "recipients"
"""Folder of the state directory; one certificate a file, named after its key id."""

_SUFFIX = ".recipient"


def read_request(path: Path) -> RecipientRequest:
    """Somebody's request to be certified.

    Raises:
        KeyFault: it cannot be read, or is none.
    """
    try:
        return RecipientRequest.parse(path.read_bytes())
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be read ({error.strerror})") from None
    except MalformedMessage as error:
        raise KeyFault.of_file(path, f"is refused: {error.log}") from None


def certify_request(  # noqa: PLR0913 - the root, and each thing it states
    root: SigningKey,
    request: RecipientRequest,
    *,
    role: RecipientRole,
    programme_id: str,
    days: int,
    now: int,
) -> Recipient:
    """States that a request's key is its sender's, from `now` on for that many days.

    Raises:
        KeyFault: the programme id has another form, or it is for more than 366 days.
    """
    try:
        signed = certify_recipient(
            root,
            role=role,
            public=request.public,
            name=request.name,
            programme_id=programme_id,
            start=now,
            expire=now + days * DAY,
        )
        return read_recipient(signed, root.public)
    except MalformedMessage as error:
        raise KeyFault(error.log, f"Nothing was certified: {error.log}.") from None


def write_certificate(path: Path, recipient: Recipient) -> None:
    """Writes a certificate into a new file; errors as `write_private`."""
    write_private(path, _to_bytes(recipient.signed))


def add_recipient(
    state: Path, path: Path, root_public: bytes, programme_ids: Collection[str], now: int
) -> Recipient:
    """Puts the certificate in a file into the state directory, in the place of one that ends sooner.

    Args:
        state: the state directory.
        path: a file that `write_certificate` wrote.
        root_public: the root of this server's directory, 32 bytes.
        programme_ids: those the server carries.
        now: seconds since the epoch.

    Raises:
        KeyFault: it cannot be read, is not signed by this root, is for another programme, has
            expired, is there already and ends no sooner, or there are too many.
    """
    try:
        recipient = _parse(path.read_bytes(), path, root_public)
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be read ({error.strerror})") from None
    if recipient.programme_id not in programme_ids:
        raise KeyFault.of_file(
            path, f"is for programme {recipient.programme_id}, which is not carried here"
        )
    if recipient.expire_time <= now:
        raise KeyFault.of_file(path, "has expired; have it certified again")
    with locked(state):
        _put(state, path, recipient, kept_recipients(state, root_public, now))
    return recipient


def _put(state: Path, path: Path, recipient: Recipient, kept: Collection[Recipient]) -> None:
    place = _place(state, recipient)
    before = [each for each in kept if _place(state, each) == place]
    if not before and len(kept) >= MOST_RECIPIENTS:
        raise KeyFault.of_file(
            path, f"is one too many: a directory lists {MOST_RECIPIENTS} at most"
        )
    if any(recipient.expire_time <= each.expire_time for each in before):
        raise KeyFault.of_file(path, "is there already, or one that lasts as long")
    make_private_subdirectory(state / RECIPIENTS_NAME)
    # In one step, so that nobody who is certified anew is missing for a moment.
    replace_file(place, _to_bytes(recipient.signed))


def kept_recipients(state: Path, root_public: bytes, now: int) -> tuple[Recipient, ...]:
    """The recipients to be listed at `now` (seconds since the epoch), by name.

    Raises:
        KeyFault: the folder cannot be read, or a file is damaged, open to other accounts, or not
            signed by this root.
    """
    found = [_parse(read_private(path), path, root_public) for path in _files(state)]
    lasting = [each for each in found if now < each.expire_time]
    return tuple(sorted(lasting, key=lambda each: (each.programme_id, each.name, each.public.raw)))


def _files(state: Path) -> list[Path]:
    # Not `glob`, to which a folder that it cannot read is an empty one.
    folder = state / RECIPIENTS_NAME
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / each.name for each in entries if each.name.endswith(_SUFFIX))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KeyFault.of_file(folder, f"cannot be read ({error.strerror})") from None


def remove_recipient(state: Path, recipient: Recipient) -> None:
    """Takes a certificate out of the state directory; one that is gone is no error."""
    with locked(state):
        _place(state, recipient).unlink(missing_ok=True)


def _place(state: Path, recipient: Recipient) -> Path:
    name = f"{recipient.public.key_id.hex()}-{recipient.programme_id}-{recipient.role}{_SUFFIX}"
    return state / RECIPIENTS_NAME / name


def _to_bytes(signed: SignedRecipient) -> bytes:
    return directory_pb2.SignedRecipient(
        certificate=signed.certificate, signature=signed.signature
    ).SerializeToString(deterministic=True)


def _parse(data: bytes, path: Path, root_public: bytes) -> Recipient:
    try:
        message = directory_pb2.SignedRecipient.FromString(data)
        return read_recipient(SignedRecipient(message.certificate, message.signature), root_public)
    except InvalidSigner:
        raise KeyFault.of_file(path, "is not signed by the root of this server") from None
    except (DecodeError, MalformedMessage):
        raise KeyFault.of_file(path, "is no certificate of a recipient") from None
