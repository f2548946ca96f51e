"""Whether the server's log continues the one this laptop saw before, and holds each receipt.

What this catches: a log that lost, changed or moved an entry, or that shrank; and a receipt that is
not in it. What it cannot catch: a log made for one reply alone, until a person asks whether what is
published later continues it (`kizashi verify --online`, see `published_log`); and a server that shows
this laptop a log of its own for ever, which takes a witness (see `witness/`).
"""

from kizashi_protocol import (
    Directory,
    LogEvidence,
    LogHead,
    ReceiptBundle,
    Reply,
    UntrustedLog,
    read_log_head,
    verify_evidence,
)
from kizashi_protocol.merkle import verify_consistency
from kizashi_protocol.moments import CLOCK_TOLERANCE
from kizashi_protocol.tokens import key_named_by

from kizashi_agent.device.seen_head import SeenHead
from kizashi_agent.errors import TrustBroken
from kizashi_agent.submit.transport import Published

_NOT_CONTINUED = (
    "The server's log of receipts is not the one this laptop saw before: entries were removed or "
    "changed, or this laptop is shown a log of its own. Nothing was sent. Tell your site's contact."
)


class LogForked(TrustBroken):
    """Two heads of one server's log of which neither continues the other.

    Attributes:
        seen: token of the head seen before; empty if there was none.
        shown: token of the head shown now. Both are signed by the server: together they are
            evidence that it rewrote its log or keeps more than one.
    """

    def __init__(self, error: UntrustedLog, seen: str, shown: str) -> None:
        super().__init__(error.log, _NOT_CONTINUED, reason=error.reason)
        self.seen = seen
        self.shown = shown


def check_head_time(head: LogHead, now: int) -> None:
    """Returns when a head's time is not later than now, but for what clocks may differ by.

    By its time a reply's head becomes due in the published log (`published_log`): one far ahead
    would put that off for ever.

    Args:
        head: signed by the server, whose word its time is.
        now: seconds since the epoch.

    Raises:
        UntrustedLog: reason LOG_AHEAD.
    """
    if head.time > now + CLOCK_TOLERANCE:
        raise UntrustedLog("a log head is of a time still to come", reason="LOG_AHEAD")


def continued_log(published: Published, seen: SeenHead, directory: Directory, now: int) -> SeenHead:
    """The published head, when it continues the head seen before.

    Args:
        published: as it came, asked for with the size of `seen`.
        seen: `NOTHING_SEEN` the first time.
        directory: verified; lists the log's keys.
        now: seconds since the epoch.

    Raises:
        TrustBroken: reason LOG_HEAD when the head is not signed by a listed key, LOG_AHEAD when it
            is of a time still to come.
        LogForked: reason LOG_SHRUNK or LOG_INCONSISTENT.
    """
    try:
        head = read_log_head(published.log_head, directory.log_key_by_id())
    except UntrustedLog as error:
        raise TrustBroken(
            error.log,
            "The server's log of receipts is not signed by a key of its directory. Nothing was "
            "sent. Tell your site's contact.",
            reason=error.reason,
        ) from None
    try:
        verify_consistency(
            published.log_consistency,
            old_size=seen.head.size,
            old_root=seen.head.root,
            new_size=head.size,
            new_root=head.root,
        )
    except UntrustedLog as error:
        raise LogForked(error, seen.token, published.log_head) from None
    try:
        check_head_time(head, now)
    except UntrustedLog as error:
        raise TrustBroken(
            error.log,
            "The server's log of receipts is dated more than a day ahead of this laptop's clock. "
            "Nothing was sent. Check the clock; if it is right, tell your site's contact.",
            reason=error.reason,
        ) from None
    return SeenHead(published.log_head, head)


def is_signed_by_others(reply: Reply, directory: Directory) -> bool:
    """Whether a reply's receipts or log head name keys that a directory does not list."""
    receipts = {key_named_by(each) for each in reply.receipts}
    heads = {key_named_by(reply.log.head)} if reply.log and reply.receipts else set()
    # Where no key is named, another directory does not help.
    return not (
        receipts - {None} <= directory.receipt_key_by_id().keys()
        and heads - {None} <= directory.log_key_by_id().keys()
    )


def logged_receipts(
    reply: Reply, seen: SeenHead, directory: Directory, signed_directory: bytes, now: int
) -> tuple[ReceiptBundle, ...]:
    """A bundle for each receipt of a reply, all of them found in the log.

    Args:
        reply: opened.
        seen: the head whose size the report named.
        directory: verified.
        signed_directory: the same as it came, for the bundles.
        now: seconds since the epoch.

    Raises:
        TrustBroken: a receipt is not in the log (LOG_UNPROVEN), its head is not signed by a listed
            key (LOG_HEAD) or is of a time still to come (LOG_AHEAD), or it does not continue the
            published log (LOG_SHRUNK, LOG_INCONSISTENT).
    """
    if not reply.receipts:
        return ()
    evidence = reply.log or LogEvidence((), head="")
    try:
        head = verify_evidence(reply.receipts, evidence, seen.head, directory.log_key_by_id())
        check_head_time(head, now)
    except UntrustedLog as error:
        raise TrustBroken(
            error.log,
            "The server gave a receipt that does not stand in its log as it must, so its answer "
            "was not accepted. Tell your site's contact.",
            reason=error.reason,
        ) from None
    # A head whose key was deleted since it was seen no longer verifies under this directory.
    is_listed = key_named_by(seen.token) in directory.log_key_by_id()
    before, consistency = (seen.token, evidence.consistency) if is_listed else ("", ())
    return tuple(
        ReceiptBundle(token, proof, evidence.head, before, consistency, signed_directory)
        for token, proof in zip(reply.receipts, evidence.proofs, strict=True)
    )
