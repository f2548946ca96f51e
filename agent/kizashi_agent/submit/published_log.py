"""Whether the log that a server publishes now still contains a receipt it gave before.

The head a reply's receipts stand in is made for that reply. The laptop sees that it continues the
published head it held, and cannot see that day whether what is published later continues it in
turn: a log forked for one reply alone looks the same. Later the server can be asked.

A person asks (`kizashi verify --online`); the agent never does by itself. The question names the
size of the reply's head, which belongs to that reply alone: asked with the next check, it would tell
the server whose earlier check that one follows. To ask from the published head instead, whose size
many laptops share, would show nothing, since a fork made for one reply continues that head too.
"""

from dataclasses import dataclass
from enum import StrEnum

from kizashi_protocol import LogHead, UntrustedLog, VerifiedReceipt

from kizashi_agent.device.seen_head import SeenHead
from kizashi_agent.submit.log_trust import LogForked, check_head_time, continued_log
from kizashi_agent.submit.recorder import Recorder, recorded_look
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import Connection

LONGEST_UNPUBLISHED = 25 * 3600
"""Seconds after which a receipt's head must be part of what is published. A head is due once the
newest is an hour old and somebody looks (service.proto), and to ask is to look; the other day is for
a laptop's clock, as with a directory's dates."""


class InLog(StrEnum):
    """What is shown about a receipt and the log published now."""

    CONTAINED = "contained"
    """The published log still contains the receipt."""
    NOT_YET = "not_yet"
    """The newest published head is older than the receipt, as it may be for an hour."""
    NOT_ASKED = "not_asked"
    """The server connected to is not the receipt's."""


class Unpublished(UntrustedLog):
    """What a server publishes does not continue a head it signed before.

    Attributes:
        shown: token of the published head, signed by the server too: evidence beside the other.
    """

    def __init__(self, log: str, shown: str) -> None:
        super().__init__(log, reason="LOG_FORKED")
        self.shown = shown


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """The log as a connected server shows it to everybody; each question is recorded.

    Attributes:
        connection: verified.
        recorder: told of each question and answer.
        now: seconds since the epoch.
    """

    connection: Connection
    recorder: Recorder
    now: int

    def ask(self, head: LogHead) -> Published:
        """The newest published head, with a proof from this one's size; the server learns the size.

        It is, or continues, the head that was shown at the connection, before the size was named:
        a server cannot answer with a log that it shows only to whoever names that size.

        Raises:
            Unpublished: it does not continue that head.
            AgentError: as `recorded_look`.
        """
        published, before = self._look(head), self.connection.log
        if published.log_head != before.token:
            again = self._look(before.head)
            self.continues_published(again, before.head)
            if again.log_head != published.log_head:
                raise Unpublished("two logs are published at once", published.log_head)
        return published

    def _look(self, head: LogHead) -> Published:
        server, address = self.connection.server, self.connection.invite.address
        return recorded_look(server, address, head.size, self.recorder)

    def _continued(self, published: Published, head: LogHead) -> None:
        continued_log(published, SeenHead("", head), self.connection.directory, self.now)

    def is_of(self, verified: VerifiedReceipt) -> bool:
        """Whether this is the log of the server that gave a receipt."""
        return self.connection.directory.root_fingerprint == verified.directory.root_fingerprint

    def continues_published(self, published: Published, head: LogHead) -> None:
        """Returns when what was answered continues a head that was published before.

        Raises:
            Unpublished: it does not; to be shorter is enough.
            TrustBroken: reason LOG_HEAD when no listed key signed it, LOG_AHEAD when it is of a
                time still to come.
        """
        try:
            self._continued(published, head)
        except LogForked as error:
            raise Unpublished(error.log, published.log_head) from None

    def continues_reply(self, published: Published, head: LogHead) -> InLog:
        """Whether what was answered continues a reply's head, which only a later one publishes.

        Raises:
            Unpublished: it does not, or has been shorter for longer than it may be.
            TrustBroken: as `continues_published`.
        """
        try:
            self._continued(published, head)
        except LogForked as error:
            early = self.now < head.time + LONGEST_UNPUBLISHED
            if error.reason == "LOG_SHRUNK" and early:
                return InLog.NOT_YET
            raise Unpublished(error.log, published.log_head) from None
        return InLog.CONTAINED


def look_up(verified: VerifiedReceipt, log: PublishedLog) -> InLog:
    """Whether the log published now still contains a receipt; only the receipt's server is asked.

    Raises:
        Unpublished: it does not (LOG_FORKED).
        UntrustedLog: the receipt's head is of a time still to come (LOG_AHEAD), so that nothing
            could be shown.
        AgentError: as `PublishedLog.ask`; `TrustBroken` as `PublishedLog.continues_published`.
    """
    if not log.is_of(verified):
        return InLog.NOT_ASKED
    check_head_time(verified.head, log.now)
    found = log.continues_reply(log.ask(verified.head), verified.head)
    if found is InLog.NOT_YET:
        log.continues_published(log.ask(verified.seen), verified.seen)
    return found
