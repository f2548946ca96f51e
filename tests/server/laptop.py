"""A laptop for the server's tests: signs, seals and opens with the real protocol, and can lie."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from kizashi_protocol import (
    CHECK_VALIDITY,
    NAMING_A_RECIPIENT,
    STANDING,
    Acknowledgement,
    Check,
    ConsentRecipient,
    ConsentRecord,
    Content,
    Directory,
    Envelope,
    Header,
    Locale,
    Recovery,
    Reply,
    Report,
    ResearchItem,
    Scope,
    ScopeWithdrawal,
    SealedItem,
    SigningKey,
    Summary,
    Terms,
    TrendRequest,
    Withdrawal,
    consent_text,
    fingerprint,
    read_reply,
    research_context,
    seal_for_research,
    seal_report,
    sign_consent,
    write_report,
)
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_reply import ReplyPrivateKey, open_reply

from tests.models.scoring import summary_at

RESEARCH_KEY = ItemPrivateKey.from_seed(b"research key of the programme...")
RESEARCHER = ConsentRecipient("Example Research Group", fingerprint(RESEARCH_KEY.public.raw))

Change = Callable[[ConsentRecord], ConsentRecord]


@dataclass(frozen=True)
class Sent:
    """A sealed report, and what only the laptop knows of it."""

    envelope: Envelope
    reply_key: ReplyPrivateKey = field(repr=False)
    score_key: SigningKey = field(repr=False)

    @property
    def report_id(self) -> bytes:
        """The report's id, 16 bytes."""
        return self.envelope.header.report_id

    def open(self, sealed: Envelope) -> Reply:
        """The reply inside a sealed one."""
        header = self.envelope.header
        plaintext = open_reply(
            sealed, self.reply_key, programme_id=header.programme_id, report_id=header.report_id
        )
        return read_reply(plaintext)


@dataclass(frozen=True)
class Person:
    """Somebody whose keys outlast a check."""

    seed: bytes = field(repr=False)

    def key(self, scope: Scope) -> SigningKey:
        """The key of a standing scope."""
        return SigningKey.from_seed(hashlib.sha256(self.seed + scope.encode()).digest())

    @property
    def trend_key(self) -> ItemPrivateKey:
        """What trend entries are sealed to."""
        return ItemPrivateKey.from_seed(hashlib.sha256(self.seed + b"entries").digest())


def recovery_secret(key: SigningKey) -> bytes:
    """The secret that takes back consents of a key."""
    return hashlib.sha256(b"recovery of " + key.public).digest()


@dataclass(frozen=True)
class Laptop:
    """Somebody's laptop that has verified a directory."""

    directory: Directory
    programme_id: str
    now: int

    @property
    def terms(self) -> Terms:
        """What its consents bind."""
        return self.directory.programme(self.programme_id).terms(self.directory.root_fingerprint)

    def consent(
        self,
        scope: Scope,
        report_id: bytes,
        key: SigningKey,
        *,
        locale: Locale = "en",
        change: Change = lambda record: record,
    ) -> str:
        """A signed consent record; `change` may spoil it before it is signed."""
        recipient = RESEARCHER if scope in NAMING_A_RECIPIENT else None
        text = consent_text(scope, locale, self.terms, recipient)
        stands = scope in STANDING
        record = ConsentRecord(
            scope=scope,
            report_id=None if stands else report_id,
            terms=self.terms,
            text_version=text.version,
            locale=locale,
            text_digest=text.digest,
            given_time=self.now,
            expire_time=self.now + CHECK_VALIDITY,
            adult=True,
            method="interactive",
            subject=key.public,
            recovery_digest=hashlib.sha256(recovery_secret(key)).digest() if stands else None,
            recipient=recipient,
        )
        return sign_consent(change(record), key)

    def check(
        self,
        scopes: Sequence[Scope] = (Scope.SCORE, Scope.FEEDBACK),
        *,
        summary: Summary | None = None,
        scorer_id: str | None = None,
        locale: Locale = "en",
        report_id: bytes | None = None,
        change: Change = lambda record: record,
        unsigned: Sequence[Scope] = (),
        person: Person | None = None,
        log_size: int = 0,
    ) -> Sent:
        """A check with a consent for each scope; those in `unsigned` do not sign the report."""
        report_id = report_id or os.urandom(16)
        somebody = person or Person(os.urandom(32))
        keys = {
            scope: somebody.key(scope)
            if scope in STANDING
            else SigningKey.from_seed(os.urandom(32))
            for scope in (Scope.SCORE, *scopes)
        }
        tokens = [
            self.consent(scope, report_id, keys[scope], locale=locale, change=change)
            for scope in scopes
        ]
        measured = summary or summary_at(2.0)
        content = replace(
            self.check_content(tokens, measured, scorer_id),
            trend_key=somebody.trend_key.public if Scope.TREND in scopes else None,
            research=self.for_research(measured) if Scope.RESEARCH in scopes else None,
        )
        signers = [key for scope, key in keys.items() if scope not in unsigned]
        return self.send(
            content,
            signers,
            locale=locale,
            report_id=report_id,
            owner=keys[Scope.SCORE],
            log_size=log_size,
        )

    def for_research(self, summary: Summary) -> SealedItem:
        """A summary, sealed to the programme's research key."""
        context = research_context(self.directory.root_fingerprint, self.programme_id)
        return seal_for_research(ResearchItem(summary), RESEARCH_KEY.public, context)

    def withdraw_scope(self, person: Person, scope: Scope, given_time: int = 0) -> Sent:
        """A standing consent taken back by its key."""
        return self.send(ScopeWithdrawal(scope, given_time), [person.key(scope)])

    def recover(self, secret: bytes, scope: Scope = Scope.SCORE) -> Sent:
        """Checks, or a standing consent, taken back by their secret, from another laptop."""
        return self.send(Recovery(secret, scope), [SigningKey.from_seed(os.urandom(32))])

    def ask_trend(self, person: Person) -> Sent:
        """A request for somebody's own trend, owned by a one-time key."""
        once = SigningKey.from_seed(os.urandom(32))
        return self.send(TrendRequest(), [person.key(Scope.TREND), once], owner=once)

    def check_content(
        self, tokens: Sequence[str], summary: Summary | None = None, scorer_id: str | None = None
    ) -> Check:
        """A check with these consents, by the programme's scorer unless said otherwise."""
        return Check(
            tuple(tokens),
            scorer_id or self.directory.programme(self.programme_id).scorer_id,
            summary or summary_at(2.0),
        )

    def acknowledge(self, sent: Sent, key: SigningKey | None = None) -> Sent:
        """The acknowledgement of a check, signed by its score key or by another."""
        return self.send(Acknowledgement(sent.report_id), [key or sent.score_key])

    def withdraw(self, sent: Sent, key: SigningKey | None = None) -> Sent:
        """The withdrawal of a check, signed by its score key or by another."""
        return self.send(Withdrawal(sent.report_id), [key or sent.score_key])

    def send(
        self,
        content: Content,
        keys: Sequence[SigningKey],
        *,
        locale: Locale = "en",
        report_id: bytes | None = None,
        owner: SigningKey | None = None,
        log_size: int = 0,
    ) -> Sent:
        """Any content, signed by these keys and sealed."""
        recipient = self.directory.active_sealing_key()
        report_id = report_id or os.urandom(16)
        reply_key = ReplyPrivateKey.from_seed(os.urandom(32))
        report = Report(reply_key.public, locale, content, log_size=log_size)
        header = Header(recipient.key_id, self.programme_id, report_id)
        plaintext = write_report(header, report, keys)
        return Sent(self.seal(plaintext, report_id), reply_key, owner or keys[0])

    def seal(self, plaintext: bytes, report_id: bytes) -> Envelope:
        """Any plaintext, sealed to the server."""
        recipient = self.directory.active_sealing_key()
        return seal_report(
            plaintext, recipient, programme_id=self.programme_id, report_id=report_id
        )


def tampered(envelope: Envelope) -> Envelope:
    """The envelope with one bit of its ciphertext turned."""
    flipped = bytearray(envelope.ciphertext)
    flipped[-1] ^= 1
    return replace(envelope, ciphertext=bytes(flipped))
