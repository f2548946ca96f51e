"""A server in memory, with real keys, envelopes and signatures, that does what a test tells it.

It speaks the protocol as an honest server does. A test bends one step of it at a time: what it
answers, with which receipt key, what happens to a reply on its way, which faults come first.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kizashi_agent.errors import AgentError, ServerRefused
from kizashi_agent.submit.transport import Published
from kizashi_protocol import (
    CHECK_VALIDITY,
    DIRECTORY_KEY_VALIDITY,
    Acknowledged,
    Acknowledgement,
    Check,
    Directory,
    Envelope,
    Erased,
    ErasureReceipt,
    Header,
    Outcome,
    Redeemed,
    Redemption,
    Refusal,
    Reply,
    Report,
    Scope,
    SealedItem,
    Share,
    Shared,
    ShareWithdrawal,
    SigningKey,
    Withdrawal,
    certify_directory_key,
    countersign,
    fault_of,
    read_consent,
    read_report,
    seal_reply,
    sign_directory,
    write_erasure,
    write_reply,
)
from kizashi_protocol.open_report import ReportPrivateKey, open_report
from kizashi_protocol.v1 import directory_pb2
from kizashi_server.log.receipt_log import ReceiptLog

from tests.agent.submit.serialised import Serialised
from tests.protocol.values import (
    DIRECTORY_KEY,
    LOG_KEY,
    NOW,
    RECEIPT_KEY,
    ROOT,
    SEALING_SEED,
    directory,
    feedback,
)
from tests.server.memory_log import MemoryLogStore

NONCE = b"n" * 32


def unchanged(envelope: Envelope) -> Envelope:
    """A reply that travels as it was sent."""
    return envelope


def flipped(envelope: Envelope) -> Envelope:
    """A reply with one bit changed."""
    changed = bytearray(envelope.ciphertext)
    changed[2000] ^= 1
    return Envelope(envelope.header, bytes(changed))


def nothing() -> None:
    """Nothing to look at when a report arrives."""


def refused(reason: str) -> ServerRefused:
    """The error that the transport makes of a fault seen without opening."""
    return ServerRefused(
        f"fake answered {reason}", "The server refused the message.", reason=reason
    )


@dataclass
class FakeServer(Serialised):
    """See `kizashi_agent.submit.transport.Server`.

    Attributes:
        directory: what it publishes now.
        now: its clock, in seconds since the epoch.
        seeds: of the sealing keys it holds; a report to another key is KEY_OUTDATED.
        receipt_key: signs receipts.
        faults: raised one by one, before anything is opened.
        on_arrival: called with nothing when a report arrives.
        answer: replaces the honest outcome of a report, and its receipts, where it gives one.
        receipt_log: where the receipts of what is answered are entered.
        on_the_log: changes a reply whose receipts are in the log.
        on_show: changes what everybody is shown.
        on_the_way: changes a sealed reply.
        envelopes: all that arrived.
        reports: what was opened, with its header.
        left: what waits for counsellors, by the digest of its secret.
    """

    directory: Directory = field(default_factory=directory)
    now: int = NOW
    seeds: tuple[bytes, ...] = (SEALING_SEED,)
    receipt_key: SigningKey = RECEIPT_KEY
    faults: deque[AgentError] = field(default_factory=deque)
    on_arrival: Callable[[], None] = nothing
    answer: Callable[[Report, Reply], Reply] = lambda _, reply: reply
    receipt_log: ReceiptLog = field(
        default_factory=lambda: ReceiptLog(MemoryLogStore(), lambda: NOW, os.urandom)
    )
    on_the_log: Callable[[Reply], Reply] = lambda reply: reply
    on_show: Callable[[Published], Published] = lambda published: published
    on_the_way: Callable[[Envelope], Envelope] = unchanged
    envelopes: list[Envelope] = field(default_factory=list)
    reports: list[tuple[Header, Report]] = field(default_factory=list)
    left: dict[bytes, SealedItem] = field(default_factory=dict)

    def get_directory(self, log_size: int) -> Published:
        """The directory, signed from the root down, and the log."""
        return self.on_show(Published(self.signed(), *self.receipt_log.shown(log_size, LOG_KEY)))

    def signed(self) -> directory_pb2.SignedDirectory:
        """The directory, signed from the root down."""
        certificate = certify_directory_key(
            ROOT, DIRECTORY_KEY.public, start=self.now, expire=self.now + DIRECTORY_KEY_VALIDITY
        )
        return sign_directory(self.directory, DIRECTORY_KEY, certificate)

    def exchange(self, envelope: Envelope) -> Envelope:
        """Opens, verifies, answers and seals, as a server does."""
        self.on_arrival()
        self.envelopes.append(envelope)
        if self.faults:
            raise self.faults.popleft()
        keys = {key.key_id: key for key in map(ReportPrivateKey.from_seed, self.seeds)}
        if envelope.header.key_id not in keys:
            raise refused("KEY_OUTDATED")
        plaintext = open_report(envelope, keys[envelope.header.key_id])
        report = read_report(envelope.header, plaintext)
        self.reports.append((envelope.header, report))
        reply = self.answer(report, self._honest(envelope.header, report))
        reply = self.on_the_log(self.receipt_log.entered(reply, report.log_size, LOG_KEY))
        sealed = seal_reply(
            write_reply(reply),
            report.reply_key,
            programme_id=envelope.header.programme_id,
            report_id=envelope.header.report_id,
        )
        return self.on_the_way(sealed)

    def publish(self, change: Directory) -> None:
        """Publishes another directory, one version further."""
        self.directory = replace(change, version=self.directory.version + 1)

    def answer_with(self, outcome: Outcome) -> None:
        """Answers everything with one outcome, beside the honest receipts."""
        self.answer = lambda _, reply: Reply(outcome, reply.consent_receipts)

    def _honest(self, header: Header, report: Report) -> Reply:
        match report.content:
            case Check() as check:
                return self._checked(header, report, check)
            case Acknowledgement():
                return Reply(Acknowledged())
            case Withdrawal(report_id):
                receipt = ErasureReceipt(report_id, header.programme_id, self.now, 0)
                return Reply(Erased(write_erasure(receipt, self.receipt_key)))
            case Share() as share:
                self.left[share.redemption_digest] = share.sealed
                (token,) = [
                    each for each in share.consents if read_consent(each).scope is Scope.SHARE
                ]
                receipts = (countersign(token, self.receipt_key, now=self.now),)
                return Reply(Shared(self.now + CHECK_VALIDITY), receipts)
            case ShareWithdrawal(report_id):
                self.left.clear()
                receipt = ErasureReceipt(report_id, header.programme_id, self.now, 0, Scope.SHARE)
                return Reply(Erased(write_erasure(receipt, self.receipt_key)))
            case Redemption() as redemption:
                return self._redeemed(redemption)
            case _:
                raise AssertionError(report.content)

    def _redeemed(self, redemption: Redemption) -> Reply:
        digest = hashlib.sha256(redemption.secret).digest()
        waiting = self.left.get(digest)
        if waiting is None or waiting.key_id != redemption.key_id:
            return Reply(Refusal("SHARE_UNKNOWN", "Nothing is left under this code."))
        return Reply(Redeemed(self.left.pop(digest)))

    def _checked(self, header: Header, report: Report, check: Check) -> Reply:
        programme = self.directory.programme(header.programme_id)
        terms = programme.terms(self.directory.root_fingerprint)
        for record in map(read_consent, check.consents):
            fault = fault_of(record, terms, header.report_id, self.now)
            if fault is not None:
                return Reply(Refusal(fault, "Your consent does not hold. Please start again."))
            if record.subject not in report.signers:
                return Reply(Refusal("CONSENT_SIGNER", "Your consent does not hold."))
        outcome: Outcome = feedback()
        receipts = (countersign(each, self.receipt_key, now=self.now) for each in check.consents)
        return Reply(outcome, tuple(receipts), NONCE)
