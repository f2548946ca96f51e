"""Sharing on the server: nothing is kept for a counsellor without every one of its conditions."""

import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    CHECK_VALIDITY,
    ConsentRecipient,
    ConsentRecord,
    Erased,
    Feedback,
    Label,
    Recipient,
    RecipientRole,
    Redeemed,
    Redemption,
    Refusal,
    Reply,
    Scope,
    SealedItem,
    Share,
    Shared,
    SigningKey,
    Terms,
    certify_recipient,
    consent_text,
    read_consent,
    read_receipt,
    read_recipient,
    seal_feedback,
    seal_item,
    share_context,
    sign_consent,
)
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_share import open_feedback
from kizashi_server.consent_gate import Permission
from kizashi_server.errors import ExchangeRefused
from kizashi_server.published import listed as listed_programme
from kizashi_server.share_gate import permit_share
from kizashi_server.store.database import open_store
from kizashi_server.store.sharing_database import open_sharing
from kizashi_server.sweep import sweep_shares

from tests.server.laptop import Change, Laptop, Sent
from tests.server.memory_store import MemoryStore
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


@contextmanager
def world_in_files(folder: Path) -> Iterator[World]:
    """The same, with what is kept in files."""
    store, sharing = open_store(folder / "db"), open_sharing(folder)
    yield make_world(store, sharing=sharing, certify=lambda root: [certified(root)])
    sharing.close()
    store.close()


@pytest.fixture
def world_of_files(tmp_path: Path) -> Iterator[World]:
    """A server with one counsellor that keeps files."""
    with world_in_files(tmp_path) as made:
        yield made


@pytest.fixture
def world() -> World:
    """A server in memory with one counsellor."""
    return share_world()


@pytest.fixture(params=["memory", "sqlite"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same on each store."""
    if request.param == "memory":
        yield share_world()
        return
    with world_in_files(tmp_path) as made:
        yield made


@dataclass
class Opened:
    """A check whose feedback was opened, and a person who may share it.

    Attributes:
        keys: by scope; those of a check are fresh for each.
        recipient: as the consent names it.
    """

    world: World
    sent: Sent
    feedback: Feedback
    nonce: bytes
    keys: dict[Scope, SigningKey]
    recipient: ConsentRecipient = RECIPIENT
    secret: bytes = field(default_factory=lambda: os.urandom(32))

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
        return sign_consent(record, key)

    def consents(self) -> tuple[str, ...]:
        """The three that sharing rests on."""
        return tuple(self.consent(scope) for scope in (Scope.SCORE, Scope.FEEDBACK, Scope.SHARE))

    def sealed(self) -> SealedItem:
        """The feedback, sealed to the counsellor."""
        terms = self.laptop.terms
        context = share_context(terms.root_fingerprint, terms.programme_id)
        return seal_feedback(self.feedback, COUNSELLOR_KEY.public, context)

    def share(self) -> Share:
        """The share as an honest agent makes it."""
        digest = hashlib.sha256(self.secret).digest()
        return Share(self.sent.report_id, self.nonce, self.consents(), self.sealed(), digest)

    def leave(self, share: Share | None = None, *signers: SigningKey) -> Reply:
        """What comes of a share, signed by its owner and its share key unless said otherwise."""
        keys = signers or (self.keys[Scope.SCORE], self.keys[Scope.SHARE])
        return self.world.reply_to(self.laptop.send(share or self.share(), keys))

    def redemption(self) -> Sent:
        """What the counsellor sends."""
        return self.laptop.send(Redemption(self.secret), [SigningKey.from_seed(os.urandom(32))])

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
    return Opened(world, sent, reply.outcome, reply.opening_nonce, keys)


def refused(reply: Reply) -> str:
    """The reason of a sealed refusal."""
    assert isinstance(reply.outcome, Refusal)
    assert reply.outcome.message
    assert reply.consent_receipts == ()
    return reply.outcome.reason


# --- The whole way


def test_a_feedback_reaches_the_counsellor(any_world: World) -> None:
    """Left with a receipt for the consent, fetched, opened: the same words."""
    person = opened(any_world)
    reply = person.leave()
    assert reply.outcome == Shared(START + CHECK_VALIDITY)
    (receipt,) = reply.consent_receipts
    consent = read_receipt(receipt, any_world.directory.receipt_key_by_id()).consent
    assert (consent.scope, consent.recipient) == (Scope.SHARE, person.recipient)
    redeemed = person.redeem().outcome
    assert isinstance(redeemed, Redeemed)
    terms = person.laptop.terms
    context = share_context(terms.root_fingerprint, terms.programme_id)
    assert open_feedback(redeemed.sealed, COUNSELLOR_KEY, context) == person.feedback


def test_it_is_handed_out_once(any_world: World) -> None:
    """The same envelope gets the same sealed reply, another finds nothing."""
    person = opened(any_world)
    person.leave()
    redemption = person.redemption()
    first = any_world.exchange(redemption.envelope)
    assert any_world.exchange(redemption.envelope) == first
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_an_acknowledged_redemption_leaves_nothing(any_world: World) -> None:
    """The counsellor's tool has the sealed reply dropped, too."""
    person = opened(any_world)
    person.leave()
    redemption = person.redemption()
    any_world.reply_to(redemption)
    any_world.reply_to(person.laptop.acknowledge(redemption))
    found = any_world.store.find(redemption.report_id)
    assert found is not None
    assert found.sealed_reply is None


def test_what_was_fetched_is_in_no_file(world_of_files: World, tmp_path: Path) -> None:
    """Neither as it was left nor its secret; before, it was there."""
    world = world_of_files
    person = opened(world)
    share = person.share()
    person.leave(share)

    def files() -> bytes:
        return b"".join(each.read_bytes() for each in tmp_path.iterdir())

    assert share.sealed.ciphertext[:100] in files()
    assert person.secret not in files()
    person.redeem()
    assert share.sealed.ciphertext[:100] not in files()
    assert share.redemption_digest not in files()


def test_the_server_keeps_ciphertext_alone(world_of_files: World, tmp_path: Path) -> None:
    """No word of the feedback, no name and no nonce."""
    world = world_of_files
    person = opened(world)
    person.leave()
    data = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    clear = (person.feedback.headline, *person.feedback.paragraphs, NAME)
    assert not [words for words in clear if words.encode() in data]
    assert person.nonce not in data


def test_every_answer_has_the_one_size(world: World) -> None:
    """A share, a redemption and each refusal look like any other exchange."""
    person = opened(world)
    sent = person.laptop.send(person.share(), [person.keys[Scope.SCORE], person.keys[Scope.SHARE]])
    answers = [world.exchange(each.envelope) for each in (sent, person.redemption())]
    answers += [world.exchange(person.redemption().envelope)]
    assert len({each.to_message().ByteSize() for each in answers}) == 1


# --- Nothing is kept without every condition


def without(*scopes: Scope) -> Callable[[Opened], Share]:
    """A share that lacks consents."""

    def make(person: Opened) -> Share:
        kept = [token for token in person.consents() if read_consent(token).scope not in scopes]
        return dataclasses.replace(person.share(), consents=tuple(kept))

    return make


def for_another_check(scope: Scope) -> Callable[[Opened], Share]:
    """A share in which one consent is for another check."""

    def make(person: Opened) -> Share:
        consents = [
            person.consent(each, b"x" * 16 if each is scope else None)
            for each in (Scope.SCORE, Scope.FEEDBACK, Scope.SHARE)
        ]
        return dataclasses.replace(person.share(), consents=tuple(consents))

    return make


def changed(**parts: object) -> Callable[[Opened], Share]:
    """A share with other parts."""
    return lambda person: dataclasses.replace(person.share(), **parts)  # type: ignore[arg-type]


def to_a_stranger(person: Opened) -> Share:
    """Consent names the counsellor; what is sealed is for somebody else."""
    stranger = ItemPrivateKey.from_seed(os.urandom(32)).public
    return dataclasses.replace(
        person.share(), sealed=seal_feedback(person.feedback, stranger, b"anywhere")
    )


def naming_a_stranger(person: Opened) -> Share:
    """Consent and seal agree on somebody whom the root has not certified."""
    stranger = ItemPrivateKey.from_seed(os.urandom(32)).public
    person.recipient = ConsentRecipient(NAME, hashlib.sha256(stranger.raw).digest())
    return to_a_stranger(person)


def by_another_name(person: Opened) -> Share:
    """The certified key under a name that the root did not certify."""
    person.recipient = dataclasses.replace(person.recipient, name="Somebody Else")
    return person.share()


def too_short(person: Opened) -> Share:
    """An item of a smaller kind."""
    item = seal_item(Label.TREND_ENTRY, b"x", COUNSELLOR_KEY.public, b"anywhere")
    return dataclasses.replace(person.share(), sealed=item)


def of_another_check(person: Opened) -> Share:
    """The nonce of one check, everything else of another of the same person."""
    return dataclasses.replace(person.share(), opening_nonce=opened(person.world).nonce)


REFUSED: dict[str, tuple[Callable[[Opened], Share], str]] = {
    "no nonce": (changed(opening_nonce=bytes(32)), "SHARE_NOT_OPENED"),
    "the nonce of another check": (of_another_check, "SHARE_NOT_OPENED"),
    "no consent to share": (without(Scope.SHARE), "SHARE_CONSENT_MISSING"),
    "no consent for feedback": (without(Scope.FEEDBACK), "SHARE_CONSENT_MISSING"),
    "no consent to score": (without(Scope.SCORE), "SHARE_CONSENT_MISSING"),
    "no consent": (without(*Scope), "SHARE_CONSENT_MISSING"),
    "a consent that is none": (changed(consents=("x",)), "SHARE_CONSENT_INVALID"),
    "sharing of another check": (for_another_check(Scope.SHARE), "SHARE_CONSENT_OTHER_REPORT"),
    "feedback of another check": (for_another_check(Scope.FEEDBACK), "SHARE_CONSENT_OTHER_REPORT"),
    "scoring of another check": (for_another_check(Scope.SCORE), "SHARE_CONSENT_OTHER_REPORT"),
    "another check": (changed(report_id=b"x" * 16), "SHARE_CONSENT_OTHER_REPORT"),
    "sealed to a stranger": (to_a_stranger, "SHARE_RECIPIENT_UNKNOWN"),
    "a stranger named": (naming_a_stranger, "SHARE_RECIPIENT_UNKNOWN"),
    "another name": (by_another_name, "SHARE_RECIPIENT_UNKNOWN"),
    "another size": (too_short, "SHARE_SIZE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_is_kept_that_lacks_something(any_world: World, case: str) -> None:
    """It is refused for its reason, nothing can be fetched, and the person may still share."""
    make, reason = REFUSED[case]
    person = opened(any_world)
    share = make(person)
    assert refused(person.leave(share)) == reason
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    person.recipient = RECIPIENT
    assert isinstance(person.leave().outcome, Shared)


@pytest.mark.parametrize("scope", [Scope.SCORE, Scope.SHARE])
def test_both_keys_must_sign(world: World, scope: Scope) -> None:
    """The check's own and that of the consent to share."""
    person = opened(world)
    reply = person.leave(person.share(), person.keys[scope])
    assert refused(reply) == "SIGNATURE_INVALID"


def test_nobody_else_shares_a_persons_feedback(world: World) -> None:
    """Whoever learnt nonce and number still lacks the key that owns the check."""
    person = opened(world)
    thief = dataclasses.replace(
        person, keys={scope: SigningKey.from_seed(os.urandom(32)) for scope in Scope}
    )
    assert refused(thief.leave()) == "SHARE_NOT_OPENED"


@pytest.mark.parametrize(
    "change",
    [
        {"role": RecipientRole.RESEARCH},
        {"programme_id": "another"},
        {"expire": START + 1},
        {"start": START + DAY},
    ],
    ids=str,
)
def test_only_a_counsellor_of_this_programme_and_day_receives(change: dict[str, object]) -> None:
    """Research, another programme, and one whose certificate has run out or not begun do not."""
    person = opened(share_world(**change))
    person.world.clock.seconds += 1
    assert refused(person.leave()) == "SHARE_RECIPIENT_UNKNOWN"


def test_a_feedback_is_shared_once(any_world: World) -> None:
    """Neither while it waits nor after it was fetched is it taken again, with whatever secret."""
    person = opened(any_world)
    person.leave()
    person.secret = os.urandom(32)
    assert refused(person.leave()) == "SHARE_NOT_OPENED"
    person = opened(any_world)
    person.leave()
    person.redeem()
    assert refused(person.leave()) == "SHARE_NOT_OPENED"


def test_a_secret_that_is_taken_already_is_refused(world: World) -> None:
    """Two shares cannot wait under one secret; the first stays."""
    person, other = opened(world), opened(world)
    person.leave()
    other.secret = person.secret
    assert refused(other.leave()) == "SHARE_ALREADY_LEFT"
    assert isinstance(person.redeem().outcome, Redeemed)


SHARING_SCOPES = (Scope.SCORE, Scope.FEEDBACK, Scope.SHARE)


@given(
    given_scopes=st.sets(st.sampled_from(SHARING_SCOPES)),
    signing=st.sets(st.sampled_from(SHARING_SCOPES)),
    late=st.sampled_from([None, *SHARING_SCOPES]),
    listed=st.booleans(),
)
def test_a_share_is_permitted_exactly_when_everything_holds(
    given_scopes: set[Scope], signing: set[Scope], late: Scope | None, listed: bool
) -> None:
    """Over every subset of consents and signatures, each consent's expiry, and the list."""
    keys = {scope: SigningKey.from_seed(bytes([number]) * 32) for number, scope in enumerate(Scope)}
    share = Share(bytes(16), bytes(32), (), SEALED, bytes(32))
    records = [
        record_of(scope, keys[scope], LONG_AGO if scope is late else START)
        for scope in given_scopes
    ]
    found = permit_share(
        share,
        records,
        signers={keys[scope].public for scope in signing},
        terms=TERMS,
        counsellors=[certified(ROOT)] if listed else [],
        now=START,
    )
    whole = given_scopes == set(SHARING_SCOPES) and late is None
    holds = whole and listed and {Scope.SCORE, Scope.SHARE} <= signing
    assert isinstance(found, Permission) is holds


# --- Taking back, and running out


def test_withdrawing_the_check_erases_what_waits(any_world: World) -> None:
    """The person gets an erasure receipt, the counsellor nothing."""
    person = opened(any_world)
    person.leave()
    withdrawal = person.laptop.withdraw(person.sent, person.keys[Scope.SCORE])
    assert isinstance(any_world.reply_to(withdrawal).outcome, Erased)
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    assert refused(person.leave()) == "SHARE_NOT_OPENED"


def test_withdrawing_erases_what_waits_though_the_check_is_forgotten(world: World) -> None:
    """As after a restore of the replay memory, which knows nothing of the check."""
    person = opened(world)
    person.leave()
    assert isinstance(world.store, MemoryStore)
    world.store.forget(person.sent.report_id)
    withdrawal = person.laptop.withdraw(person.sent, person.keys[Scope.SCORE])
    assert refused(world.reply_to(withdrawal)) == "REPORT_UNKNOWN"
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_a_withdrawal_at_the_same_moment_wins(world: World) -> None:
    """A share that is kept while its check is erased is taken back at once."""
    person = opened(world)
    leave = world.sharing.leave
    owner = {hashlib.sha256(person.keys[Scope.SCORE].public).digest()}

    class Overtaken:
        """A store on which the withdrawal falls between two steps of the share."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.sharing, name)

        def leave(self, share: object) -> bool:
            world.store.erase(person.sent.report_id, PROGRAMME.id, owner)
            return leave(share)  # type: ignore[arg-type]

    sharing = dataclasses.replace(world.intake.sharing, store=Overtaken())  # type: ignore[arg-type]
    person.world = dataclasses.replace(
        world, intake=dataclasses.replace(world.intake, sharing=sharing)
    )
    assert refused(person.leave()) == "SHARE_NOT_OPENED"
    person.world = world
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_what_waits_runs_out_with_its_consent(any_world: World) -> None:
    """On its last second it is fetched, afterwards it is not, swept or not."""
    person, late = opened(any_world), opened(any_world)
    person.leave()
    late.leave()
    any_world.clock.seconds = START + CHECK_VALIDITY - 1
    sweep_shares(any_world.sharing, any_world.clock.wall())
    assert isinstance(person.redeem().outcome, Redeemed)
    any_world.clock.seconds = START + CHECK_VALIDITY
    assert refused(late.redeem()) == "SHARE_UNKNOWN"
    assert any_world.sharing.purge(any_world.clock.wall()) == 1


def test_a_site_may_keep_it_for_less(tmp_path: Path) -> None:
    """The configuration's days count where they are fewer than the consent's."""
    programme = dataclasses.replace(PROGRAMME, share_retention_days=2)
    world = make_world(programme=programme, certify=lambda root: [certified(root)])
    assert opened(world).leave().outcome == Shared(START + 2 * DAY)


def test_an_expired_consent_shares_nothing(world: World) -> None:
    """After a week the check cannot be shared any more."""
    person = opened(world)
    share = person.share()
    world.clock.seconds = START + CHECK_VALIDITY
    assert refused(person.leave(share)) == "SHARE_CONSENT_EXPIRED"


def test_a_redemption_whose_answer_was_lost_is_answered_again(world: World) -> None:
    """The worker dies before the answer is kept: the same envelope still gets it, another never."""
    person = opened(world)
    person.leave()
    redemption = person.redemption()
    taken = world.sharing.take(
        hashlib.sha256(person.secret).digest(), PROGRAMME.id, redemption.report_id, START
    )
    assert taken is not None
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    assert world.reply_to(redemption).outcome == Redeemed(taken)


def test_another_programmes_counsellor_gets_nothing(world: World) -> None:
    """A secret counts for its own programme; the directory of the other is another server's part."""
    person = opened(world)
    person.leave()
    digest = hashlib.sha256(person.secret).digest()
    assert world.sharing.take(digest, "another", b"t" * 16, START) is None


def test_the_gate_gives_the_records_in_order(world: World) -> None:
    """Share, feedback, score, whatever order they came in."""
    person = opened(world)
    share = person.share()
    terms, now = person.laptop.terms, START
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        consents = [read_consent(share.consents[each]) for each in order]
        permission = permit_share(
            share,
            consents,
            signers={person.keys[Scope.SCORE].public, person.keys[Scope.SHARE].public},
            terms=terms,
            counsellors=world.directory.counsellors(PROGRAMME.id, now),
            now=now,
        )
        scopes = [each.scope for each in getattr(permission, "records", ())]
        assert scopes == [Scope.SHARE, Scope.FEEDBACK, Scope.SCORE]


def test_a_replayed_share_is_answered_and_not_kept_twice(any_world: World) -> None:
    """The same envelope gets the same bytes, also after the share was fetched."""
    person = opened(any_world)
    sent = person.laptop.send(person.share(), [person.keys[Scope.SCORE], person.keys[Scope.SHARE]])
    first = any_world.exchange(sent.envelope)
    person.redeem()
    assert any_world.exchange(sent.envelope) == first
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    other = person.laptop.check(report_id=sent.report_id)
    with pytest.raises(ExchangeRefused):
        any_world.exchange(other.envelope)
