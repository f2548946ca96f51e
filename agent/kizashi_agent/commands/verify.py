"""Verifies a receipt from its file, against the pinned root and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kizashi_protocol import (
    Locale,
    MalformedMessage,
    ProtocolError,
    ReceiptBundle,
    VerifiedReceipt,
    read_witnessed_head,
    verify_bundle,
)
from kizashi_protocol.receipt_bundle import LONGEST_BUNDLE

from kizashi_agent.errors import InputError, TrustBroken
from kizashi_agent.show.words import say
from kizashi_agent.submit.device_state import DeviceState
from kizashi_agent.submit.trust import Connection
from kizashi_agent.witness.standing import Standing, ask_server, standing


def pinned_root(state: DeviceState) -> bytes:
    """The fingerprint (32 bytes) of the root this laptop has pinned.

    Raises:
        TrustBroken: it has pinned none.
    """
    invite = state.invite()
    if invite is None:
        raise TrustBroken(
            "no invite, so no pin",
            "No root is pinned on this laptop. Add --root with the fingerprint that the receipt's "
            "site publishes.",
            reason="NO_PIN",
        )
    return invite.root_fingerprint


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What a witness published.

    Attributes:
        token: the co-signed head.
        public: the witness's public key, 32 bytes.
        connect: leads to the receipt's server where it may be asked for a proof; else None.
    """

    token: str = field(repr=False)
    public: bytes
    connect: Callable[[], Connection] | None


@dataclass(frozen=True, slots=True)
class Verification:
    """A receipt that holds.

    Attributes:
        verified: what it says and where it stands.
        standing: against a witnessed head; None where none was given.
    """

    verified: VerifiedReceipt
    standing: Standing | None


def verify_receipt(
    path: Path, root_fingerprint: bytes, witnessed: Witnessed | None, locale: Locale
) -> Verification:
    """Reads and verifies a receipt file; sends nothing unless a witness's head may be asked about.

    Args:
        path: as `DeviceState.keep_receipt` wrote it.
        root_fingerprint: the pin, 32 bytes.
        witnessed: to be compared with, if given.
        locale: of the words in errors.

    Raises:
        InputError: the file cannot be read, or is no receipt file.
        TrustBroken: something in it does not hold; `reason` names it.
    """
    bundle = _read(path, locale)
    try:
        verified = verify_bundle(bundle, root_fingerprint)
        return Verification(verified, _standing(verified, witnessed))
    except ProtocolError as error:
        raise TrustBroken(
            error.log, say(locale, f"fault_{error.reason.lower()}"), reason=error.reason
        ) from None


def _standing(verified: VerifiedReceipt, witnessed: Witnessed | None) -> Standing | None:
    if witnessed is None:
        return None
    head = read_witnessed_head(witnessed.token, witnessed.public)
    found = standing(verified, head)
    if found is Standing.UNKNOWN and witnessed.connect is not None:
        return ask_server(verified, head, witnessed.connect())
    return found


def _read(path: Path, locale: Locale) -> ReceiptBundle:
    try:
        with path.open("rb") as file:
            return ReceiptBundle.parse(file.read(LONGEST_BUNDLE + 1))
    except OSError as error:
        raise InputError(
            "a receipt file cannot be read",
            say(locale, "fault_receipt_unreadable", path=path, why=error.strerror),
            reason="RECEIPT_UNREADABLE",
        ) from None
    except MalformedMessage as error:
        raise InputError(
            error.log, say(locale, "fault_receipt_malformed"), reason=error.reason
        ) from None
