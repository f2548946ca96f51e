"""One sealed report out, one sealed reply back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kizashi_protocol import (
    Check,
    Content,
    Directory,
    Envelope,
    Header,
    Locale,
    ProtocolError,
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

from kizashi_agent.errors import AgentError, SealedRefusal, ServerRefused, TrustBroken
from kizashi_agent.ledger.entry import Call
from kizashi_agent.submit.device_state import DeviceState
from kizashi_agent.submit.recorder import Recorder, bytes_of
from kizashi_agent.submit.trust import Connection, fetch_directory

REPLY_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A reply, the directory it was given under, and each sealed message's size in bytes."""

    reply: Reply
    directory: Directory
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
            TrustBroken: the reply does not open or parse, the new directory does not hold, or its
                programme is no longer what the person consented to.
        """
        try:
            return self._once(self.connection, content, keys, locale, report_id)
        except ServerRefused as error:
            if error.reason != "KEY_OUTDATED":
                raise
        invite, server = self.connection.invite, self.connection.server
        renewed = replace(
            self.connection,
            directory=fetch_directory(server, invite, self.state, self.now, self.recorder),
        )
        if isinstance(content, Check | Share) and renewed.programme != self.connection.programme:
            # What the consents name may now be somebody else, who holds the new key.
            raise TrustBroken(
                "the programme changed between consent and sending",
                "The programme's terms changed while this check was under way, so nothing more was "
                "sent. Start again, and read who scores it.",
                reason="TERMS_CHANGED",
            )
        return self._once(renewed, content, keys, locale, report_id)

    def _once(
        self,
        connection: Connection,
        content: Content,
        keys: Sequence[SigningKey],
        locale: Locale,
        report_id: bytes,
    ) -> Exchanged:
        directory, programme_id = connection.directory, connection.invite.programme_id
        recipient = directory.active_sealing_key()
        reply_key = ReplyPrivateKey.from_seed(self.random_bytes(REPLY_SEED_BYTES))
        report = Report(reply_key.public, directory.version, locale, content)
        plaintext = write_report(Header(recipient.key_id, programme_id, report_id), report, keys)
        sealed = seal_report(plaintext, recipient, programme_id=programme_id, report_id=report_id)
        # Only a directory that was acted on is remembered: looking at a server leaves no trace.
        self.state.remember_directory_version(directory.root_fingerprint, directory.version)
        answer = self._send(connection, sealed, plaintext, reply_key)
        reply = _open(answer, reply_key, programme_id, report_id)
        if isinstance(reply.outcome, Refusal):
            raise SealedRefusal(
                f"the server refused: {reply.outcome.reason}",
                reply.outcome.message,
                reason=reply.outcome.reason,
            )
        return Exchanged(reply, directory, _size(sealed), _size(answer))

    def _send(
        self,
        connection: Connection,
        sealed: Envelope,
        plaintext: bytes,
        reply_key: ReplyPrivateKey,
    ) -> Envelope:
        ticket = self.recorder.sending(
            Call.EXCHANGE, connection.invite.address, bytes_of(sealed), plaintext
        )
        try:
            answer = connection.server.exchange(sealed)
        except AgentError as error:
            self.recorder.failed(ticket, error.reason)
            raise
        opened = _opened_or_none(answer, reply_key, sealed.header)
        self.recorder.received(ticket, bytes_of(answer), opened)
        return answer


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


def _size(envelope: Envelope) -> int:
    return envelope.to_message().ByteSize()
