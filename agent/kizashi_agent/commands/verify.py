"""Verifies a receipt from its file, against the pinned root; asks the server only when told to."""

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

from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import InputError, TrustBroken
from kizashi_agent.submit.published_log import InLog, PublishedLog, Unpublished, look_up
from kizashi_agent.witness.coverage import Standing, ask_server, standing
from kizashi_agent.words import say


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
    """

    token: str = field(repr=False)
    public: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """A receipt that holds.

    Attributes:
        verified: what it says and where it stands.
        in_log: against the log published now; None where the server was not to be asked.
        standing: against a witnessed head; None where none was given.
    """

    verified: VerifiedReceipt
    in_log: InLog | None
    standing: Standing | None

    @property
    def is_answered(self) -> bool:
        """Whether all that was asked could be shown."""
        return self.in_log in {None, InLog.CONTAINED} and self.standing is not Standing.UNKNOWN


def verify_receipt(
    path: Path,
    root_fingerprint: bytes,
    witnessed: Witnessed | None,
    locale: Locale,
    connect: Callable[[], PublishedLog] | None = None,
) -> Verification:
    """Reads and verifies a receipt file; sends nothing unless the server may be asked.

    Args:
        path: as `DeviceState.keep_receipt` wrote it.
        root_fingerprint: the pin, 32 bytes.
        witnessed: to be compared with, if given.
        locale: of the words in errors.
        connect: leads to the log that the server publishes, where it may be asked.

    Raises:
        InputError: the file cannot be read, or is no receipt file.
        TrustBroken: something in it does not hold, or the log is not one; `reason` names it.
        ServerUnreachable: the server was to be asked, and does not answer.
    """
    bundle = _read(path, locale)
    try:
        verified = verify_bundle(bundle, root_fingerprint)
        head = witnessed and read_witnessed_head(witnessed.token, witnessed.public)
        found = standing(verified, head) if head else None
        if connect is None:
            return Verification(verified, None, found)
        log = connect()
        in_log = look_up(verified, log)
        if head and found is Standing.UNKNOWN:
            found = ask_server(verified, head, log)
        return Verification(verified, in_log, found)
    except Unpublished as error:
        words = say(locale, "fault_log_unpublished", shown=error.shown)
        raise TrustBroken(error.log, words, reason=error.reason) from None
    except ProtocolError as error:
        raise TrustBroken(
            error.log, say(locale, f"fault_{error.reason.lower()}"), reason=error.reason
        ) from None


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
