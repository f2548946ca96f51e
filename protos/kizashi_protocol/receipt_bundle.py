"""A receipt with all it takes to show offline that it is genuine.

That is its place in the log, the log's head, and the directory whose keys signed both; whoever has
the root's fingerprint needs nothing else.

What a bundle shows is what the server said and cannot take back. Times are the server's word: the
directory must have been valid at the time the receipt names, and nothing here proves that time.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from google.protobuf.message import DecodeError

from kizashi_protocol.directory import Directory
from kizashi_protocol.directory_chain import verify_directory
from kizashi_protocol.errors import (
    InvalidConsent,
    MalformedMessage,
    UntrustedDirectory,
)
from kizashi_protocol.log_head import NO_HEAD, LogHead, read_log_head
from kizashi_protocol.log_proof import LogEvidence, LogProof, verify_evidence
from kizashi_protocol.receipts import (
    ERASURE_TYPE,
    RECEIPT_TYPE,
    ConsentReceipt,
    ErasureReceipt,
    read_erasure,
    read_receipt,
)
from kizashi_protocol.tokens import kind_of, whole, words
from kizashi_protocol.v1 import directory_pb2

FORMAT = "kizashi-receipt-bundle/1"
LONGEST_BUNDLE = 1024 * 1024
"""Bytes; one takes about 10,000."""


@dataclass(frozen=True, slots=True)
class ReceiptBundle:
    """A receipt and its evidence, nothing of it checked.

    Attributes:
        token: a consent receipt (the consent stands inside it) or an erasure receipt.
        proof: its place in the log.
        head: token of the log head the proof leads to.
        seen: token of the published head the laptop held before; empty when it held none, or one
            whose key the directory lists no more.
        consistency: proof (32 bytes each) from that head to `head`.
        directory: a serialised SignedDirectory.
    """

    token: str = field(repr=False)
    proof: LogProof
    head: str = field(repr=False)
    seen: str = field(repr=False)
    consistency: tuple[bytes, ...] = field(repr=False)
    directory: bytes = field(repr=False)

    def to_text(self) -> str:
        """The bundle as JSON; `parse` gives back an equal one."""
        content = {
            "format": FORMAT,
            "receipt": self.token,
            "leaf_index": self.proof.leaf_index,
            "salt": _text(self.proof.salt),
            "path": [_text(each) for each in self.proof.path],
            "log_head": self.head,
            "seen_head": self.seen,
            "consistency": [_text(each) for each in self.consistency],
            "signed_directory": _text(self.directory),
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Reads what `to_text` wrote.

        Raises:
            MalformedMessage: it is anything else (reason RECEIPT_MALFORMED).
        """
        try:
            content: dict[str, Any] = json.loads(text) if len(text) <= LONGEST_BUNDLE else {}
            path = tuple(_bytes(each) for each in content["path"])
            bundle = cls(
                words(content["receipt"]),
                LogProof(whole(content["leaf_index"]), _bytes(content["salt"]), path),
                words(content["log_head"]),
                words(content["seen_head"]),
                tuple(_bytes(each) for each in content["consistency"]),
                _bytes(content["signed_directory"]),
            )
            same = content["format"] == FORMAT
        except (ValueError, KeyError, TypeError, RecursionError, MalformedMessage):
            same = False
        if not same:
            raise MalformedMessage(
                "a receipt file does not parse",
                "This is no receipt file of Kizashi, or it is damaged.",
                reason="RECEIPT_MALFORMED",
            )
        return bundle


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt that holds.

    Attributes:
        receipt: what it says.
        directory: whose keys signed it.
        head: of the log it stands in.
        seen: of the log the laptop saw before, of which `head` is a continuation.
        leaf_index: where it stands, from 0.
    """

    receipt: ConsentReceipt | ErasureReceipt
    directory: Directory
    head: LogHead
    seen: LogHead
    leaf_index: int


def verify_bundle(bundle: ReceiptBundle, root_fingerprint: bytes) -> VerifiedReceipt:
    """The receipt in a bundle, when everything from the pinned root down to it holds.

    Raises:
        UntrustedDirectory: the directory does not; reasons as `verify_directory`, with
            DIRECTORY_EXPIRED and DIRECTORY_NOT_YET meaning at the time the receipt names.
        InvalidConsent: the receipt does not (reason RECEIPT_INVALID), or what it names is not
            what the directory lists (RECEIPT_OTHER_PROGRAMME).
        UntrustedLog: its place in the log does not; reason LOG_HEAD, LOG_UNPROVEN,
            LOG_INCONSISTENT or LOG_SHRUNK.
    """
    signed = _signed_directory(bundle.directory)
    # When it was issued, so that every signature is checked before the receipt's time is believed.
    directory = _verified(signed, root_fingerprint, _issue_time(signed))
    receipt, time = _receipt(bundle.token, directory.receipt_key_by_id())
    _verified(signed, root_fingerprint, time)
    _check_programme(receipt, directory)
    keys = directory.log_key_by_id()
    seen = read_log_head(bundle.seen, keys) if bundle.seen else NO_HEAD
    evidence = LogEvidence((bundle.proof,), bundle.head, bundle.consistency)
    head = verify_evidence((bundle.token,), evidence, seen, keys)
    return VerifiedReceipt(receipt, directory, head, seen, bundle.proof.leaf_index)


def _receipt(
    token: str, keys: Mapping[bytes, bytes]
) -> tuple[ConsentReceipt | ErasureReceipt, int]:
    """The receipt, and the time it names."""
    kind = kind_of(token)
    try:
        if kind == ERASURE_TYPE:
            erasure = read_erasure(token, keys)
            return erasure, erasure.erased_time
        if kind == RECEIPT_TYPE:
            consent = read_receipt(token, keys)
            return consent, consent.received_time
    except InvalidConsent as error:
        raise InvalidConsent(error.log, reason="RECEIPT_INVALID") from None
    raise InvalidConsent("a receipt of no known kind", reason="RECEIPT_INVALID")


def _check_programme(receipt: ConsentReceipt | ErasureReceipt, directory: Directory) -> None:
    offered = {each.programme_id: each for each in directory.programmes}
    if isinstance(receipt, ErasureReceipt):
        holds = receipt.programme_id in offered
    else:
        terms = receipt.consent.terms
        programme = offered.get(terms.programme_id)
        holds = programme is not None and programme.terms(directory.root_fingerprint) == terms
    if not holds:
        raise InvalidConsent(
            "a receipt is for a programme the directory does not list so",
            reason="RECEIPT_OTHER_PROGRAMME",
        )


def _signed_directory(data: bytes) -> directory_pb2.SignedDirectory:
    try:
        return directory_pb2.SignedDirectory.FromString(data)
    except DecodeError:
        raise _malformed_directory() from None


def _issue_time(signed: directory_pb2.SignedDirectory) -> int:
    try:
        message = directory_pb2.Directory.FromString(signed.directory)
    except DecodeError:
        raise _malformed_directory() from None
    return message.issue_time


def _malformed_directory() -> UntrustedDirectory:
    return UntrustedDirectory("the directory does not parse", reason="DIRECTORY_MALFORMED")


def _verified(
    signed: directory_pb2.SignedDirectory, root_fingerprint: bytes, now: int
) -> Directory:
    return verify_directory(signed, root_fingerprint=root_fingerprint, now=now, lowest_version=0)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _bytes(text: object) -> bytes:
    return b64decode(words(text), validate=True)
