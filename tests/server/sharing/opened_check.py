"""A check that was opened, somebody who may share it, and the counsellor of its programme."""

import dataclasses
import hashlib
import os
from dataclasses import dataclass, field

from kizashi_protocol import (
    CHECK_VALIDITY,
    ConsentRecipient,
    ConsentRecord,
    Feedback,
    Invite,
    Label,
    Recipient,
    RecipientRole,
    Redemption,
    Refusal,
    Reply,
    Scope,
    SealedItem,
    Share,
    ShareCode,
    SigningKey,
    Terms,
    certify_recipient,
    consent_text,
    read_recipient,
    seal_feedback,
    seal_item,
    share_context,
    sign_consent,
)
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_server.directory.published import listed as listed_programme

from tests.server.laptop import Change, Laptop, Sent
from tests.server.world import PROGRAMME, START, World, make_world

DAY = 24 * 3600
COUNSELLOR_KEY = ItemPrivateKey.from_seed(b"h" * 32)
NAME = "Example Counsellor"


ROOT = SigningKey.from_seed(b"r" * 32)
ROOT_FINGERPRINT = hashlib.sha256(ROOT.public).digest()
TERMS = listed_programme(PROGRAMME, ()).terms(ROOT_FINGERPRINT)
LONG_AGO = START - CHECK_VALIDITY
RECIPIENT = ConsentRecipient(NAME, hashlib.sha256(COUNSELLOR_KEY.public.raw).digest())
SEALED = seal_item(Label.SHARED_FEEDBACK, b"", COUNSELLOR_KEY.public, b"")


def record_of(
    scope: Scope,
    key: SigningKey,
    given_time: int,
    terms: Terms = TERMS,
    report_id: bytes = bytes(16),
) -> ConsentRecord:
    """A consent of somebody's for a check."""
    recipient = RECIPIENT if scope is Scope.SHARE else None
    text = consent_text(scope, "en", terms, recipient)
    return ConsentRecord(
        scope=scope,
        report_id=report_id,
        terms=terms,
        text_version=text.version,
        locale="en",
        text_digest=text.digest,
        given_time=given_time,
        expire_time=given_time + CHECK_VALIDITY,
        adult=True,
        method="interactive",
        subject=key.public,
        recipient=recipient,
    )


def certified(root: SigningKey, **change: object) -> Recipient:
    """A counsellor of the programme, for thirty days."""
    facts = {
        "role": RecipientRole.COUNSELLOR,
        "public": COUNSELLOR_KEY.public,
        "name": NAME,
        "programme_id": PROGRAMME.id,
        "start": START,
        "expire": START + 30 * DAY,
    }
    return read_recipient(
        certify_recipient(root, **(facts | change)),  # type: ignore[arg-type]
        root.public,
    )


def share_world(**change: object) -> World:
    """A server in memory, whose root has certified one recipient."""
    return make_world(certify=lambda root: [certified(root, **change)])


@dataclass
class Opened:
    """A check whose feedback was opened, and a person who may share it.

    Attributes:
        keys: by scope; those of a check are fresh for each.
        recipient: as the consent names it.
        change: alters its consents.
    """

    world: World
    sent: Sent
    feedback: Feedback
    nonce: bytes
    keys: dict[Scope, SigningKey]
    recipient: ConsentRecipient = RECIPIENT
    secret: bytes = field(default_factory=lambda: os.urandom(32))
    change: Change = lambda record: record

    @property
    def code(self) -> ShareCode:
        """What the person hands to the counsellor."""
        terms = self.laptop.terms
        invite = Invite("localhost", 8443, terms.programme_id, terms.root_fingerprint)
        return ShareCode(invite, self.secret)

    @property
    def laptop(self) -> Laptop:
        """The person's laptop."""
        return self.world.laptop

    def consent(self, scope: Scope, report_id: bytes | None = None) -> str:
        """A signed consent of the check, or of another one."""
        laptop, key = self.laptop, self.keys[scope]
        recipient = self.recipient if scope is Scope.SHARE else None
        record = record_of(scope, key, START, laptop.terms, report_id or self.sent.report_id)
        record = dataclasses.replace(
            record,
            recipient=recipient,
            text_digest=consent_text(scope, "en", laptop.terms, recipient).digest,
        )
        return sign_consent(self.change(record), key)

    def consents(self) -> tuple[str, ...]:
        """The three that sharing rests on."""
        return tuple(self.consent(scope) for scope in (Scope.SCORE, Scope.FEEDBACK, Scope.SHARE))

    def sealed(self) -> SealedItem:
        """The feedback, sealed to the counsellor."""
        return seal_feedback(self.feedback, COUNSELLOR_KEY.public, share_context(self.code))

    def share(self) -> Share:
        """The share as an honest agent makes it."""
        digest = hashlib.sha256(self.code.redemption_secret).digest()
        return Share(self.sent.report_id, self.nonce, self.consents(), self.sealed(), digest)

    def leave(self, share: Share | None = None, *signers: SigningKey) -> Reply:
        """What comes of a share, signed by its owner and its share key unless said otherwise."""
        keys = signers or (self.keys[Scope.SCORE], self.keys[Scope.SHARE])
        return self.world.reply_to(self.laptop.send(share or self.share(), keys))

    def redemption(self, key: ItemPrivateKey = COUNSELLOR_KEY) -> Sent:
        """What the counsellor sends."""
        redemption = Redemption(self.code.redemption_secret, key.public.key_id)
        return self.laptop.send(redemption, [SigningKey.from_seed(os.urandom(32))])

    def redeem(self) -> Reply:
        """What the counsellor gets."""
        return self.world.reply_to(self.redemption())


def opened(world: World, change: Change = lambda record: record) -> Opened:
    """Somebody does a check and opens its feedback; `change` may alter its consents."""
    keys = {scope: SigningKey.from_seed(os.urandom(32)) for scope in Scope}
    laptop, report_id = world.laptop, os.urandom(16)
    scopes = (Scope.SCORE, Scope.FEEDBACK)
    tokens = [laptop.consent(scope, report_id, keys[scope], change=change) for scope in scopes]
    sent = laptop.send(
        laptop.check_content(tokens), [keys[scope] for scope in scopes], report_id=report_id
    )
    reply = world.reply_to(sent)
    assert isinstance(reply.outcome, Feedback)
    assert reply.opening_nonce is not None
    return Opened(world, sent, reply.outcome, reply.opening_nonce, keys, change=change)


def refused(reply: Reply) -> str:
    """The reason of a sealed refusal."""
    assert isinstance(reply.outcome, Refusal)
    assert reply.outcome.message
    assert reply.consent_receipts == ()
    return reply.outcome.reason
