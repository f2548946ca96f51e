"""One sealed report out, one sealed reply back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    SigningKey,
    read_reply,
    seal_report,
    write_report,
)
from kizashi_protocol.open_reply import ReplyPrivateKey, open_reply

from kizashi_agent.errors import SealedRefusal, ServerRefused, TrustBroken
from kizashi_agent.submit.device_state import DeviceState
from kizashi_agent.submit.log_trust import logged_receipts
from kizashi_agent.submit.trust import Connection, fetch_directory

REPLY_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A reply, and what came with it.

    Attributes:
        directory: the one it was given under.
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
    """

    connection: Connection
    state: DeviceState
    random_bytes: Callable[[int], bytes]
    now: Callable[[], int]

    def exchange(
        self, content: Content, keys: Sequence[SigningKey], *, locale: Locale, report_id: bytes
    ) -> Exchanged:
        """Seals, sends, opens. Seals again, once, when the server's keys have changed.

        Raises:
            SealedRefusal: the server said no inside the envelope.
            ServerRefused: somebody said no outside it.
            ServerUnreachable: no answer.
            TrustBroken: the reply does not open or parse, a receipt in it is not in the log, the
                new directory does not hold, or its programme is no longer what the person
                consented to.
        """
        try:
            return self._once(self.connection, content, keys, locale, report_id)
        except ServerRefused as error:
            if error.reason != "KEY_OUTDATED":
                raise
        invite, server = self.connection.invite, self.connection.server
        fetched = fetch_directory(server, invite, self.state, self.now)
        renewed = Connection(server, invite, *fetched)
        if isinstance(content, Check) and renewed.programme != self.connection.programme:
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
        log = connection.log
        report = Report(
            reply_key.public, directory.version, locale, content, log_size=log.head.size
        )
        plaintext = write_report(Header(recipient.key_id, programme_id, report_id), report, keys)
        sealed = seal_report(plaintext, recipient, programme_id=programme_id, report_id=report_id)
        # Only a directory that was acted on is remembered: looking at a server leaves no trace.
        self.state.remember_directory_version(directory.root_fingerprint, directory.version)
        self.state.remember_log_head(directory.root_fingerprint, log)
        answer = connection.server.exchange(sealed)
        reply = _open(answer, reply_key, programme_id, report_id)
        if isinstance(reply.outcome, Refusal):
            raise SealedRefusal(
                f"the server refused: {reply.outcome.reason}",
                reply.outcome.message,
                reason=reply.outcome.reason,
            )
        signed = connection.signed.SerializeToString(deterministic=True)
        bundles = logged_receipts(reply, log, directory, signed)
        return Exchanged(reply, directory, bundles, _size(sealed), _size(answer))


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
