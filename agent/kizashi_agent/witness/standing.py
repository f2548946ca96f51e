"""How the log a receipt stands in relates to a head that a witness signed.

Offline this can be told only where the two heads, or the published head the laptop held before, are
of one size. Between other sizes it takes a consistency proof from the server: `ask_server`.
"""

from enum import StrEnum

from kizashi_protocol import LogHead, UntrustedLog, VerifiedReceipt, WitnessedHead

from kizashi_agent.submit.log_trust import LogForked, SeenHead, continued_log
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import Connection


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


def ask_server(
    verified: VerifiedReceipt, witnessed: WitnessedHead, connection: Connection
) -> Standing:
    """What can be told with the server's help: whether both heads begin one published log.

    The server learns the size of the receipt's head, and so that somebody looks at a receipt of
    about that time.

    Args:
        verified: a receipt; nothing is asked when it is of another server.
        witnessed: a head of that server.
        connection: verified.

    Raises:
        UntrustedLog: the witness saw another log (LOG_FORKED).
        AgentError: as `Server.get_directory`.
    """
    if connection.directory.root_fingerprint != verified.directory.root_fingerprint:
        return Standing.UNKNOWN
    for _ in range(2):  # a new head may be published between the two questions, once an hour
        answers = [
            (head, connection.server.get_directory(head.size))
            for head in (verified.head, witnessed.head)
        ]
        if len({published.log_head for _, published in answers}) == 1:
            return _both_begin(answers, connection, witnessed.head.size >= verified.head.size)
    return Standing.UNKNOWN


def _both_begin(
    answers: list[tuple[LogHead, Published]], connection: Connection, covered: bool
) -> Standing:
    for head, published in answers:
        try:
            continued_log(published, SeenHead("", head), connection.directory)
        except LogForked as error:
            if error.reason == "LOG_SHRUNK":
                # The receipt is newer than the newest published head; in an hour there is another.
                return Standing.UNKNOWN
            raise _forked() from None
    return Standing.COVERED if covered else Standing.CONTINUES


def _forked() -> UntrustedLog:
    return UntrustedLog("the witness saw another log", reason="LOG_FORKED")
