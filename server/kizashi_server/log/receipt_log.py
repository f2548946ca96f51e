"""Puts receipts into the log, and shows to whom they matter that they stand there.

A receipt's entry is on the disk before the reply that carries the receipt is even sealed: so no
receipt is ever out without its entry. What comes after may fail: the worker may be killed, or its
claim on the report may be lost to another. The entry then belongs to a receipt that nobody has,
and since its salt is gone with it, to nothing: that is harmless, and entries are never taken back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from kizashi_protocol.errors import UntrustedLog
from kizashi_protocol.keys import key_id_of
from kizashi_protocol.log_head import LogHead, read_log_head, sign_log_head
from kizashi_protocol.log_proof import SALT_BYTES, LogEvidence, LogProof, receipt_leaf
from kizashi_protocol.reply import Reply
from kizashi_protocol.signing import SigningKey

from kizashi_server.errors import StoreUnavailable
from kizashi_server.log.head_schedule import is_due
from kizashi_server.store.log_contract import LogStore, PublishedHead
from kizashi_server.store.log_tree import (
    Hashes,
    Span,
    audit_spans,
    consistency_spans,
    hash_of,
    root_of,
    root_span,
    subtrees_of,
)


class ShownHead(NamedTuple):
    """A published head's token, and the consistency proof (32 bytes each) that leads to it."""

    token: str
    consistency: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ReceiptLog:
    """The log of a running server; safe to share between threads.

    Attributes:
        clock: seconds since the epoch.
        random: gives that many unpredictable bytes.
    """

    store: LogStore
    clock: Callable[[], int]
    random: Callable[[int], bytes]

    def entered(self, reply: Reply, log_size: int, key: SigningKey) -> Reply:
        """The reply with its receipts entered into the log; a reply without any as it is.

        Args:
            reply: to be sealed after this.
            log_size: the size the report named; the consistency proof starts there. There is none
                for 0 and for a size the log does not have.
            key: signs the head.

        Raises:
            StoreUnavailable: the database does not answer, and the reply must not be sent.
        """
        receipts = reply.receipts
        if not receipts:
            return reply
        salts = [self.random(SALT_BYTES) for _ in receipts]
        leaves = [receipt_leaf(*each) for each in zip(receipts, salts, strict=True)]
        first = self.store.append(leaves)
        size = first + len(leaves)
        paths = [audit_spans(index, size) for index in range(first, size)]
        consistency = consistency_spans(log_size, size)
        hashes = self._hashes(
            [*root_span(size), *consistency, *(s for path in paths for s in path)]
        )
        proofs = tuple(
            LogProof(first + place, salts[place], _hashed(path, hashes))
            for place, path in enumerate(paths)
        )
        head = LogHead(size, root_of(size, hashes), self.clock())
        evidence = LogEvidence(proofs, sign_log_head(head, key), _hashed(consistency, hashes))
        return reply._replace(log=evidence)

    def shown(self, log_size: int, key: SigningKey) -> ShownHead:
        """The newest published head, after publishing one if it is due.

        Args:
            log_size: of the head the laptop holds; as for `entered`.
            key: signs the head that is due.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        newest = self.store.newest_head()
        size, now = self.store.size(), self.clock()
        if is_due(newest, size, now, newest_is_ours=_is_signed_by(key, newest)):
            self._publish(0 if newest is None else newest.number + 1, size, now, key)
            # Perhaps another worker's, who was first.
            newest = self.store.newest_head()
        if newest is None:
            raise StoreUnavailable("no head of the log could be published")
        spans = consistency_spans(log_size, newest.size)
        return ShownHead(newest.token, _hashed(spans, self._hashes(spans)))

    def _publish(self, number: int, size: int, now: int, key: SigningKey) -> None:
        root = root_of(size, self._hashes(root_span(size)))
        token = sign_log_head(LogHead(size, root, now), key)
        self.store.publish(PublishedHead(number, size, root, now, token))

    def _hashes(self, spans: tuple[Span, ...] | list[Span]) -> Hashes:
        wanted = {each for span in spans for each in subtrees_of(span)}
        found = self.store.subtrees(wanted)
        if len(found) != len(wanted):
            raise StoreUnavailable(
                "the log lacks subtrees; see kizashi-server log verify --config FILE"
            )
        return found


def _hashed(spans: tuple[Span, ...], hashes: Hashes) -> tuple[bytes, ...]:
    return tuple(hash_of(each, hashes) for each in spans)


def _is_signed_by(key: SigningKey, head: PublishedHead | None) -> bool:
    if head is None:
        return False
    try:
        read_log_head(head.token, {key_id_of(key.public): key.public})
    except UntrustedLog:
        return False
    return True
