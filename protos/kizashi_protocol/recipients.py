"""People who may be sealed to beside the server: each certified by the root itself.

A counsellor somebody may share a feedback with, or whoever evaluates summaries given for research.
The root signs each certificate on its own machine, for at most twelve months; the server lists it
in its directory and cannot make one, so that whoever runs the server cannot slip in a key of
theirs. `directory_chain.verify_directory` refuses a directory that lists any other.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from google.protobuf.message import DecodeError

from kizashi_protocol.context import Label, is_programme_id
from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import SealingPublicKey, fingerprint
from kizashi_protocol.moments import DAY, is_moment
from kizashi_protocol.signing import SigningKey, verify
from kizashi_protocol.v1 import directory_pb2

RECIPIENT_VALIDITY = 366 * DAY
"""Longest life of a recipient's certificate, in seconds: twelve months."""

MOST_RECIPIENTS = 32
"""In one directory; a certificate takes about 1,400 bytes of the 128 KB a laptop reads."""

LONGEST_NAME = 80
"""Characters of a recipient's name."""


class RecipientRole(StrEnum):
    """What a recipient is for."""

    COUNSELLOR = "counsellor"
    RESEARCH = "research"


class SignedRecipient(NamedTuple):
    """The root's statement whose a sealing key is, as it travels: certificate and signature."""

    certificate: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody the root has certified.

    Attributes:
        name: what a person is shown; 1 to 80 characters.
        programme_id: the programme it is for.
        start_time: seconds since the epoch from which it holds.
        expire_time: seconds since the epoch from which it holds no longer; at most 366 days later.
        signed: the certificate this was read from.
    """

    role: RecipientRole
    public: SealingPublicKey
    name: str
    programme_id: str
    start_time: int
    expire_time: int
    signed: SignedRecipient = field(repr=False)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the public key, 32 bytes."""
        return fingerprint(self.public.raw)


def certify_recipient(  # noqa: PLR0913 - the root, and each thing it states
    root: SigningKey,
    *,
    role: RecipientRole,
    public: SealingPublicKey,
    name: str,
    programme_id: str,
    start: int,
    expire: int,
) -> SignedRecipient:
    """States whose a sealing key is, from start to expire. Runs where the root lives.

    Raises:
        MalformedMessage: the life is empty or longer than twelve months, or the name or the
            programme id has another form.
    """
    certificate = directory_pb2.RecipientCertificate(
        role=_ROLES[role],
        public_key=public.raw,
        name=name,
        programme_id=programme_id,
        start_time=start,
        expire_time=expire,
    ).SerializeToString(deterministic=True)
    signed = SignedRecipient(certificate, root.sign(Label.RECIPIENT, certificate))
    read_recipient(signed, root.public)
    return signed


def read_recipient(signed: SignedRecipient, root_public: bytes) -> Recipient:
    """The recipient in a certificate that the root (public key of 32 bytes) has signed.

    Raises:
        InvalidSigner: the signature is not the root's.
        MalformedMessage: the certificate does not parse, or a value has another form.
    """
    verify(root_public, signed.signature, Label.RECIPIENT, signed.certificate)
    try:
        message = directory_pb2.RecipientCertificate.FromString(signed.certificate)
    except DecodeError:
        raise MalformedMessage("a recipient's certificate does not parse") from None
    if message.role not in _ROLE_OF:
        raise MalformedMessage("a recipient's role is not known")
    shown = message.name.strip() == message.name and is_displayable(message.name)
    if not (0 < len(message.name) <= LONGEST_NAME and shown):
        raise MalformedMessage("a recipient's name cannot be shown")
    if not is_programme_id(message.programme_id):
        raise MalformedMessage("a recipient's programme id has another form")
    if not (is_moment(message.start_time) and is_moment(message.expire_time)):
        raise MalformedMessage("a recipient's dates are too far away")
    if not 0 < message.expire_time - message.start_time <= RECIPIENT_VALIDITY:
        raise MalformedMessage("a recipient is certified for at most twelve months")
    return Recipient(
        role=_ROLE_OF[message.role],
        public=SealingPublicKey(message.public_key),
        name=message.name,
        programme_id=message.programme_id,
        start_time=message.start_time,
        expire_time=message.expire_time,
        signed=signed,
    )


_ROLES = {
    RecipientRole.COUNSELLOR: directory_pb2.RECIPIENT_ROLE_COUNSELLOR,
    RecipientRole.RESEARCH: directory_pb2.RECIPIENT_ROLE_RESEARCH,
}
_ROLE_OF = {number: role for role, number in _ROLES.items()}
