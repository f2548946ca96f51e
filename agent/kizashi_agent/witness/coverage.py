"""How the log a receipt stands in relates to a head that a witness signed.

Offline this can be told only where the two heads, or the published head the laptop held before, are
of one size. Between other sizes it takes a consistency proof from the server: `ask_server`.
"""

from enum import StrEnum

from kizashi_protocol import UntrustedLog, VerifiedReceipt, WitnessedHead

from kizashi_agent.submit.published_log import InLog, PublishedLog


class Standing(StrEnum):
    """What is shown about a receipt and a witnessed head."""

    COVERED = "covered"
    """The receipt stands in the log that the witness saw."""
    CONTINUES = "continues"
    """The receipt's log continues what the witness saw; the receipt itself came later."""
    UNKNOWN = "unknown"
    """Nothing is shown, for want of a proof between the two sizes."""


def standing(verified: VerifiedReceipt, witnessed: WitnessedHead) -> Standing:
    """What can be told offline.

    Raises:
        UntrustedLog: the witness saw another log (reason LOG_FORKED), or one of another server
            (WITNESS_OTHER_ROOT).
    """
    if witnessed.root_fingerprint != verified.directory.root_fingerprint:
        raise UntrustedLog("a witnessed head of another root", reason="WITNESS_OTHER_ROOT")
    for head, shown in ((verified.head, Standing.COVERED), (verified.seen, Standing.CONTINUES)):
        if witnessed.head.size == head.size:
            if witnessed.head.root != head.root:
                raise _forked()
            return shown
    return Standing.UNKNOWN


def ask_server(verified: VerifiedReceipt, witnessed: WitnessedHead, log: PublishedLog) -> Standing:
    """What can be told with the server's help: whether both heads begin one published log.

    The server learns the size of the receipt's head, and with it whose reply the receipt came with.

    Args:
        verified: a receipt; nothing is asked when it is of another server.
        witnessed: a head of that server.
        log: what the server publishes.

    Raises:
        Unpublished: what the server publishes does not continue one of the heads (LOG_FORKED).
        AgentError: as `PublishedLog.ask`.
    """
    if not log.is_of(verified):
        return Standing.UNKNOWN
    for _ in range(2):  # a new head may be published between the two questions, once an hour
        for_receipt, for_witnessed = log.ask(verified.head), log.ask(witnessed.head)
        # A witness signs nothing but published heads.
        log.continues_published(for_witnessed, witnessed.head)
        if log.continues_reply(for_receipt, verified.head) is InLog.NOT_YET:
            return Standing.UNKNOWN
        if for_receipt.log_head == for_witnessed.log_head:
            covered = witnessed.head.size >= verified.head.size
            return Standing.COVERED if covered else Standing.CONTINUES
    return Standing.UNKNOWN


def _forked() -> UntrustedLog:
    return UntrustedLog("the witness saw another log", reason="LOG_FORKED")
