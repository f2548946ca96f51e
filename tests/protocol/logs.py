"""A small log for tests: receipts in a tree, heads over it, and bundles that hold."""

from collections.abc import Sequence

from kizashi_protocol import (
    ErasureReceipt,
    LogHead,
    LogProof,
    ReceiptBundle,
    SigningKey,
    certify_directory_key,
    countersign,
    receipt_leaf,
    sign_directory,
    sign_log_head,
    write_erasure,
)
from kizashi_server.store.log_tree import Subtree, grown

from tests.protocol.values import (
    DAY,
    DIRECTORY_KEY,
    LOG_KEY,
    NOW,
    RECEIPT_KEY,
    REPORT_ID,
    ROOT,
    consent_token,
    directory,
)
from tests.server.tree import Tree

CONSENT = countersign(consent_token(), RECEIPT_KEY, now=NOW)
ERASURE = write_erasure(ErasureReceipt(REPORT_ID, "spring-check", NOW, 30), RECEIPT_KEY)
SALT = bytes(range(32))
SEEN_SIZE, SIZE = 5, 13
"""Entries in the published head and in the reply's."""

SIGNED = sign_directory(
    directory(),
    DIRECTORY_KEY,
    certify_directory_key(ROOT, DIRECTORY_KEY.public, start=NOW, expire=NOW + 30 * DAY),
).SerializeToString(deterministic=True)


class Log(Tree):
    """A tree over leaf hashes that are given, not computed."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.entries = []
        self.leaves = list(leaves)
        self.hashes: dict[Subtree, bytes] = grown(0, self.leaves, {})

    def head(self, size: int | None = None, time: int = NOW) -> LogHead:
        """The head over the first entries, or over all."""
        counted = len(self.leaves) if size is None else size
        return LogHead(counted, self.root(counted), time)


def log_with(receipts: Sequence[str], salt: bytes = SALT, size: int = SIZE) -> Log:
    """A log whose last entries are receipts, after others that nobody knows."""
    others = [bytes([number]) * 32 for number in range(size - len(receipts))]
    return Log([*others, *(receipt_leaf(each, salt) for each in receipts)])


def proof_in(log: Log, index: int, salt: bytes = SALT) -> LogProof:
    """The place of an entry."""
    return LogProof(index, salt, tuple(log.path(index, len(log.leaves))))


def bundle(token: str = CONSENT, key: SigningKey = LOG_KEY) -> ReceiptBundle:
    """A receipt that stands last in a log, with all its evidence."""
    log = log_with([token])
    return ReceiptBundle(
        token,
        proof_in(log, SIZE - 1),
        sign_log_head(log.head(), key),
        sign_log_head(log.head(SEEN_SIZE), key),
        tuple(log.proof(SEEN_SIZE, SIZE)),
        SIGNED,
    )
