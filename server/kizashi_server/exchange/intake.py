"""The order of work on an envelope.

    exact size -> programme and key id -> duplicate -> rate limit      what anybody can see
    -> claim -> open -> verify -> gate -> score -> log -> seal -> answer     what one worker does once

Everything refused in the first line leaves no trace in the store. In the second line the report
is claimed, and either answered or forgotten again. What is wrong inside a report travels sealed.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kizashi_protocol.envelope import Envelope
from kizashi_protocol.open_report import open_report
from kizashi_protocol.reply import Refusal
from kizashi_protocol.v1 import service_pb2

from kizashi_server.errors import ExchangeRefused, StoreUnavailable
from kizashi_server.exchange.answering import Answered
from kizashi_server.exchange.dispatch import Means, Opened, answer_report
from kizashi_server.exchange.keeping import Keeping
from kizashi_server.exchange.rate_limit import RateLimiter
from kizashi_server.exchange.recovery_search import BrokenOffSearches, Searching
from kizashi_server.exchange.replay import Verdict, verdict
from kizashi_server.exchange.reply import reply_address, sealed
from kizashi_server.exchange.sharing import Sharing
from kizashi_server.keys.ring import Keyring, SealingKey
from kizashi_server.log.receipt_log import ReceiptLog, ShownHead
from kizashi_server.programmes import CarriedProgramme
from kizashi_server.store.replay_contract import Answer, Arrival, Claim, ReportState, Store

POLL_SECONDS = 0.02
"""How often a waiting worker looks whether another has answered; a check takes a few
milliseconds."""

SETTLE_SECONDS = 1.0
"""How long a withdrawal waits for the check it is about; bounded, so that withdrawals that name
each other cannot hold the workers."""

REFUSAL_SECONDS = 600
"""How long a sealed refusal is kept for its laptop: a report that is sent again after a lost reply
comes within minutes, and a no can be asked for anew. Anybody can have refusals made, and each is as
large as an answer. Afterwards the same envelope is ERASED: nothing of it was scored or ever will be."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What an exchange needs of the world.

    Attributes:
        programmes: by id.
        clock: seconds since the epoch.
        monotonic: seconds that never go back; deadlines are given in it.
        pause: waits for this many seconds.
        lease_seconds: how long a claim lasts; longer than any deadline.
        random_bytes: gives that many unpredictable bytes.
        broken_off: searches for recovery codes that a later call goes on with.
    """

    keyring: Keyring = field(repr=False)
    programmes: Mapping[str, CarriedProgramme]
    store: Store
    keeping: Keeping
    sharing: Sharing
    receipt_log: ReceiptLog
    limiter: RateLimiter
    clock: Callable[[], int]
    monotonic: Callable[[], float]
    pause: Callable[[float], None]
    lease_seconds: int
    random_bytes: Callable[[int], bytes]
    broken_off: BrokenOffSearches = field(repr=False)

    def exchange(self, message: service_pb2.Envelope, deadline: float) -> bytes:
        """Answers a sealed report with a sealed reply, as a serialised envelope.

        Args:
            message: as received.
            deadline: when the caller stops waiting, in seconds of `monotonic`.

        Raises:
            MalformedMessage: reason ENVELOPE_SIZE, PROTOCOL_VERSION or MALFORMED.
            UnreadableEnvelope: it does not open, or names no key for the reply.
            ExchangeRefused: for each other reason that is visible without opening.
            StoreUnavailable: the database does not answer.
        """
        self._refuse_late(deadline)
        envelope = Envelope.parse(message)
        header = envelope.header
        programme = self.programmes.get(header.programme_id)
        if programme is None:
            raise ExchangeRefused("PROGRAMME_UNKNOWN")
        key = self.keyring.sealing_key(header.key_id, self.clock())
        if key is None:
            raise ExchangeRefused("KEY_OUTDATED")
        digest = envelope.digest()
        kept = self._reply_kept(header.report_id, digest, deadline)
        if kept is not None:
            return kept
        if not self.limiter.allows(header.programme_id, self.monotonic()):
            raise ExchangeRefused("RATE_LIMITED")
        now = self.clock()
        arrival = Arrival(
            header.report_id, digest, header.programme_id, header.key_id, self._forget_time(key)
        )
        claim = self.store.claim(arrival, now=now, lease_expire_time=now + self.lease_seconds)
        if claim is None:
            return self._reply_of_another(header.report_id, digest, deadline)
        return self._answer(claim, envelope, key, programme, deadline)

    def shown_log(self, log_size: int) -> ShownHead:
        """The log as everybody is shown it; see `ReceiptLog.shown`."""
        return self.receipt_log.shown(log_size, self.keyring.log)

    def _reply_kept(self, report_id: bytes, digest: bytes, deadline: float) -> bytes | None:
        """The reply to the same envelope, waiting for it if need be; None if there is none yet."""
        while True:
            remembered = self.store.find(report_id)
            match verdict(remembered, digest, self.clock()):
                case Verdict.NEW:
                    return None
                case Verdict.CONFLICT:
                    raise ExchangeRefused("REPORT_CONFLICT")
                case Verdict.GONE:
                    raise ExchangeRefused("ERASED")
                case Verdict.IN_PROGRESS:
                    self._wait(deadline)
                case Verdict.ANSWERED:
                    return remembered.sealed_reply if remembered else None

    def _reply_of_another(self, report_id: bytes, digest: bytes, deadline: float) -> bytes:
        """The reply of the worker who claimed the same envelope at the same moment."""
        kept = self._reply_kept(report_id, digest, deadline)
        if kept is None:
            # That worker could not open it, or broke off; the caller may try again.
            raise ExchangeRefused("REPORT_IN_PROGRESS")
        return kept

    def _answer(
        self,
        claim: Claim,
        envelope: Envelope,
        key: SealingKey,
        programme: CarriedProgramme,
        deadline: float,
    ) -> bytes:
        try:
            self._refuse_late(deadline)
            plaintext = open_report(envelope, key.private)
            address = reply_address(plaintext)
            opened = Opened(envelope.header, plaintext, address, self._forget_time(key))
            answered = answer_report(opened, programme, self._means(claim, programme, deadline))
            # Before sealing, and so before anything leaves; see `receipt_log`.
            logged = self.receipt_log.entered(answered.reply, address.log_size, self.keyring.log)
            reply = sealed(logged, address, envelope.header)
            self._keep(claim, answered, reply, programme)
        except BaseException:
            # If even this fails, the lease ends by itself.
            with contextlib.suppress(StoreUnavailable):
                self.store.release(claim)
            raise
        return reply

    def _forget_time(self, key: SealingKey) -> int:
        # A call that found the key in its last second must still find what was answered before.
        return key.delete_time + self.lease_seconds

    def _means(self, claim: Claim, programme: CarriedProgramme, deadline: float) -> Means:
        return Means(
            receipt_key=self.keyring.receipt,
            store=self.store,
            keeping=self.keeping,
            sharing=self.sharing,
            let_settle=lambda report_id: self._let_settle(report_id, deadline),
            note_owner=lambda owner, tag: self._note_owner(claim, owner, tag),
            searching=self._searching(programme.settings.id, deadline),
            now=self.clock(),
            random_bytes=self.random_bytes,
        )

    def _searching(self, programme_id: str, deadline: float) -> Searching:
        return Searching(
            admit=lambda: self.limiter.allows_search(programme_id, self.monotonic()),
            monotonic=self.monotonic,
            deadline=deadline,
            broken_off=self.broken_off,
        )

    def _keep(
        self, claim: Claim, answered: Answered, reply: bytes, programme: CarriedProgramme
    ) -> None:
        seconds = programme.settings.reply_retention_hours * 3600
        if isinstance(answered.reply.outcome, Refusal):
            seconds = min(seconds, REFUSAL_SECONDS)
        until = self.clock() + seconds
        kept = Answer(answered.owner_digest, reply, until, answered.opening_digest)
        if not self.store.answer(claim, kept):
            # The lease ended first: the answer is the one of whoever claimed it since.
            raise ExchangeRefused("REPORT_IN_PROGRESS", "a claim was lost before its answer")
        if answered.once_kept is not None:
            answered.once_kept()

    def _note_owner(self, claim: Claim, owner_digest: bytes, recovery_tag: bytes) -> None:
        if not self.store.note_owner(claim, owner_digest, recovery_tag):
            raise ExchangeRefused("REPORT_IN_PROGRESS", "a claim was lost before its check")

    def _let_settle(self, report_id: bytes, deadline: float) -> None:
        """Waits while a check is being answered, so that its withdrawal cannot overtake it."""
        deadline = min(deadline, self.monotonic() + SETTLE_SECONDS)
        while True:
            found = self.store.find(report_id)
            if found is None or found.state is not ReportState.PENDING:
                return
            if self.clock() >= found.lease_expire_time:
                return
            self._wait(deadline)

    def _wait(self, deadline: float) -> None:
        if self.monotonic() + POLL_SECONDS >= deadline:
            raise ExchangeRefused("REPORT_IN_PROGRESS")
        self.pause(POLL_SECONDS)

    def _refuse_late(self, deadline: float) -> None:
        if self.monotonic() >= deadline:
            raise ExchangeRefused("DEADLINE_PASSED")
