"""Sharing on the server: nothing is kept for a counsellor without every one of its conditions."""

import dataclasses
import hashlib
import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    ConsentRecipient,
    Label,
    RecipientRole,
    Redeemed,
    Scope,
    Share,
    Shared,
    SigningKey,
    read_consent,
    seal_feedback,
    seal_item,
)
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_server.consent_gate import Permission
from kizashi_server.exchange.share_gate import permit_share
from kizashi_server.programmes import carry
from kizashi_server.serving.lapse import destinations_now, erase_void_shares

from tests.server.sharing.opened_check import (
    COUNSELLOR_KEY,
    DAY,
    LONG_AGO,
    NAME,
    RECIPIENT,
    ROOT,
    SEALED,
    TERMS,
    Opened,
    certified,
    opened,
    record_of,
    refused,
    share_world,
)
from tests.server.world import PROGRAMME, START, World


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


def test_a_counsellor_who_is_certified_no_more_fetches_nothing(any_world: World) -> None:
    """They are told as with a code that is nobody's, and certified again they fetch it."""
    person = opened(any_world)
    person.leave()
    intake = any_world.intake
    nobody = dataclasses.replace(intake.sharing, counsellors=lambda *_: ())
    any_world.intake = dataclasses.replace(intake, sharing=nobody)
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    any_world.intake = intake
    assert isinstance(person.redeem().outcome, Redeemed)


def test_a_certificate_that_has_run_out_fetches_nothing() -> None:
    """Also while the directory still lists it."""
    world = share_world(expire=START + DAY)
    person = opened(world)
    person.leave()
    world.clock.seconds += DAY
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


CHANGES: dict[str, dict[str, str]] = {
    "another operator": {"scoring_operator": "Another Lab"},
    "another owner": {"owner": "Another University"},
    "another name": {"display_name": "Another check"},
    "another root": {},
    "no such programme": {},
    "the same": {},
}


@pytest.mark.parametrize("what", CHANGES)
def test_under_other_terms_nothing_is_fetched_and_what_waits_is_erased(
    any_world: World, what: str
) -> None:
    """Whoever is named in the consent, and the root; with the same terms it waits on."""
    person = opened(any_world)
    person.leave()
    intake, root = any_world.intake, any_world.directory.root_fingerprint
    settings = dataclasses.replace(PROGRAMME, **CHANGES[what])  # type: ignore[arg-type]
    scorers = {PROGRAMME.id: intake.programmes[PROGRAMME.id].scorer}
    other_root = bytes(32) if what == "another root" else root
    programmes = carry([settings], scorers, other_root, None)
    same = what == "the same"
    if programmes[PROGRAMME.id].terms != intake.programmes[PROGRAMME.id].terms:
        any_world.intake = dataclasses.replace(intake, programmes=programmes)
        assert refused(person.redeem()) == "SHARE_UNKNOWN"
        any_world.intake = intake
    carried = {} if what == "no such programme" else programmes
    now_listed = destinations_now(any_world.directory, carried)
    assert erase_void_shares(any_world.sharing, now_listed) == (0 if same else 1)
    reply = person.redeem()
    if same:
        assert isinstance(reply.outcome, Redeemed)
    else:
        assert refused(reply) == "SHARE_UNKNOWN"
