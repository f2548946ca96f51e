"""One sealed report out, one sealed reply back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from kizashi_protocol import (
    Check,
    Content,
    Directory,
    Envelope,
    Header,
    Locale,
    ProtocolError,
    ReceiptBundle,
    Refusal,
    Reply,
    Report,
    Share,
    SigningKey,
    read_reply,
    seal_report,
    write_report,
)
from kizashi_protocol.open_reply import ReplyPrivateKey, open_reply

from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.seen_head import SeenHead
from kizashi_agent.errors import SealedRefusal, ServerRefused, TrustBroken
from kizashi_agent.submit.log_trust import is_signed_by_others, logged_receipts
from kizashi_agent.submit.recorder import Recorder, Sealed, recorded_exchange, request_of
from kizashi_agent.submit.trust import Connection, fetch_directory

REPLY_SEED_BYTES = 32

KEY_OUTDATED = "KEY_OUTDATED"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sealed report, and what its reply is read with.

    Attributes:
        envelope: what is sent.
        plaintext: what it seals, before padding; for the ledger.
        reply_seed: of the key that its reply opens with, 32 bytes.
        seen: the log head whose size the report names.
    """

    envelope: Envelope = field(repr=False)
    plaintext: bytes = field(repr=False)
    reply_seed: bytes = field(repr=False)
    seen: SeenHead


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A reply, and what came with it.

    Attributes:
        directory: the one it was given under, or a newer one where that did not list its signers.
        bundles: its receipts, each found in the server's log.
        sent_bytes: size of the sealed report.
        received_bytes: size of the sealed reply.
    """

    reply: Reply
    directory: Directory
    bundles: tuple[ReceiptBundle, ...]
    sent_bytes: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class Exchanger:
    """Sends what a person asks for and reads what comes back.

    Attributes:
        connection: verified.
        state: remembers the newest directory.
        random_bytes: gives that many unpredictable bytes.
        now: seconds since the epoch.
        recorder: told of each message before it is sent, and of its answer.
    """

    connection: Connection
    state: DeviceState
    random_bytes: Callable[[int], bytes]
    now: Callable[[], int]
    recorder: Recorder

    def exchange(
        self, content: Content, keys: Sequence[SigningKey], *, locale: Locale, report_id: bytes
    ) -> Exchanged:
        """Seals, sends, opens. Seals again, once, when the server's keys have changed.

        Raises:
            SealedRefusal: the server said no inside the envelope.
            ServerRefused: somebody said no outside it.
            ServerUnreachable: no answer.
            TrustBroken: the reply does not open or parse, a receipt in it is not in the log, a
                new directory does not hold, or its programme is no longer what the person
                consented to.
        """
        try:
            return self.send(self.seal(content, keys, locale=locale, report_id=report_id))
        except ServerRefused as error:
            if error.reason != KEY_OUTDATED:
                raise
        renewed = self.renewed(content)
        return renewed.send(renewed.seal(content, keys, locale=locale, report_id=report_id))

    def renewed(self, content: Content) -> Self:
        """The same with the server's current directory, after KEY_OUTDATED.

        Raises:
            TrustBroken: the new directory does not hold, or its programme is no longer what the
                person consented to.
            ServerUnreachable: no answer.
        """
        return self._fetched_again(is_consented=isinstance(content, Check | Share))

    def _fetched_again(self, *, is_consented: bool) -> Self:
        invite, server = self.connection.invite, self.connection.server
        fetched = fetch_directory(server, invite, self.state, self.now, self.recorder)
        renewed = Connection(server, invite, *fetched)
        if is_consented and renewed.programme != self.connection.programme:
            # The new key may belong to somebody whom the consents do not name.
            raise TrustBroken(
                "the programme changed between consent and sending",
                "The programme's terms changed while this check was under way, so nothing more was "
                "sent. Start again, and read who scores it.",
                reason="TERMS_CHANGED",
            )
        return replace(self, connection=renewed)

    def seal(
        self, content: Content, keys: Sequence[SigningKey], *, locale: Locale, report_id: bytes
    ) -> Attempt:
        """Seals a report to the server's active key; nothing is sent."""
        directory, programme_id = self.connection.directory, self.connection.invite.programme_id
        recipient = directory.active_sealing_key()
        reply_seed = self.random_bytes(REPLY_SEED_BYTES)
        reply_key = ReplyPrivateKey.from_seed(reply_seed)
        seen = self.connection.log
        report = Report(reply_key.public, locale, content, log_size=seen.head.size)
        plaintext = write_report(Header(recipient.key_id, programme_id, report_id), report, keys)
        sealed = seal_report(plaintext, recipient, programme_id=programme_id, report_id=report_id)
        return Attempt(sealed, plaintext, reply_seed, seen)

    def send(self, attempt: Attempt) -> Exchanged:
        """Sends a sealed report, for the first time or again, and opens the reply.

        Raises:
            ServerRefused: reason KEY_OUTDATED where the key it is sealed to is gone; else as
                `exchange`.
        """
        header = attempt.envelope.header
        reply_key = ReplyPrivateKey.from_seed(attempt.reply_seed)
        self._remember()
        answer = self._sent(attempt, reply_key)
        reply = _open(answer, reply_key, header.programme_id, header.report_id)
        if isinstance(reply.outcome, Refusal):
            raise SealedRefusal(
                f"the server refused: {reply.outcome.reason}",
                reply.outcome.message,
                reason=reply.outcome.reason,
            )
        connection = self._knowing_signers(reply).connection
        directory = connection.directory
        signed = connection.signed.SerializeToString(deterministic=True)
        # Sent again, the reply still continues the head that was named when it was sealed.
        bundles = logged_receipts(reply, attempt.seen, directory, signed, self.now())
        return Exchanged(
            reply, directory, bundles, len(request_of(attempt.envelope)), len(request_of(answer))
        )

    def _knowing_signers(self, reply: Reply) -> Self:
        """The same, with the current directory if a reply is signed by keys this one does not list.

        They may be younger than this directory. A key that the current one does not list either is
        not the server's, which is told where its signature is verified.
        """
        if not is_signed_by_others(reply, self.connection.directory):
            return self
        renewed = self._fetched_again(is_consented=bool(reply.consent_receipts))
        renewed._remember()
        return renewed

    def _remember(self) -> None:
        # Only a directory that was acted on is remembered: looking at a server leaves no trace.
        directory = self.connection.directory
        self.state.remember_directory_version(directory.root_fingerprint, directory.version)
        self.state.remember_log_head(directory.root_fingerprint, self.connection.log)

    def _sent(self, attempt: Attempt, reply_key: ReplyPrivateKey) -> Envelope:
        connection, header = self.connection, attempt.envelope.header
        sealed = Sealed(
            attempt.envelope,
            attempt.plaintext,
            lambda answer: _opened_or_none(answer, reply_key, header),
        )
        return recorded_exchange(
            connection.server, connection.invite.address, sealed, self.recorder
        )


def _opened_or_none(answer: Envelope, reply_key: ReplyPrivateKey, sent: Header) -> bytes | None:
    # Recorded whether or not it holds; what does not open is recorded as it came.
    try:
        return open_reply(
            answer, reply_key, programme_id=sent.programme_id, report_id=sent.report_id
        )
    except ProtocolError:
        return None


def _open(
    answer: Envelope, reply_key: ReplyPrivateKey, programme_id: str, report_id: bytes
) -> Reply:
    try:
        plaintext = open_reply(answer, reply_key, programme_id=programme_id, report_id=report_id)
        return read_reply(plaintext)
    except ProtocolError as error:
        raise TrustBroken(
            error.log,
            "The server's reply was changed on the way or is not meant for this check, so it was "
            "not shown. Try again on another network, or tell your site's contact.",
            reason="REPLY_TAMPERED",
        ) from None
