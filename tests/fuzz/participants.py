"""People who have dealt with a server before: what is there of them, and what only they know."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from kizashi_protocol import STANDING, Label, Scope, SealedItem, SigningKey, seal_item

from tests.server.laptop import Person, recovery_secret
from tests.server.sharing.opened_check import COUNSELLOR_KEY


@dataclass(frozen=True)
class Participant:
    """Somebody with two checks on a server, both with feedback; that of one is shared.

    Attributes:
        person: the keys of the scopes that outlast a check.
        owner: the score key of both checks.
        opened: the check that came with every consent, and is not shared yet, 16 bytes.
        shared: the check whose feedback waits for a counsellor, 16 bytes.
        nonce: from beside the feedback of `opened`, 32 bytes.
        redemption: the secret that fetches what waits, 32 bytes.
        sealed: what waits.
        recovery: the secret by which a recovery code reaches both checks, 32 bytes.
    """

    person: Person
    owner: SigningKey
    opened: bytes
    shared: bytes
    nonce: bytes = field(repr=False)
    redemption: bytes = field(repr=False)
    sealed: SealedItem
    recovery: bytes = field(repr=False)


def somebody(draw: Random) -> Participant:
    """Somebody of whom no server has heard."""
    return Participant(
        Person(draw.randbytes(32)),
        SigningKey.from_seed(draw.randbytes(32)),
        opened=draw.randbytes(16),
        shared=draw.randbytes(16),
        nonce=draw.randbytes(32),
        redemption=draw.randbytes(32),
        sealed=seal_item(Label.SHARED_FEEDBACK, draw.randbytes(9), COUNSELLOR_KEY.public, b""),
        recovery=draw.randbytes(32),
    )


@dataclass(frozen=True)
class Facts:
    """What is on a server before a report comes: all that a judge has to go by.

    Attributes:
        owners: of each check, the key that owns it.
        nonces: of each check that can be shared, what lay beside its feedback.
        held: scopes and keys under which something is kept.
        kept: of each check, those of `held` that something of it is kept under.
        recoveries: secret -> what it takes back, one of `held`.
        reached: secret -> the checks that it takes back.
        waiting: secret -> the check whose feedback waits under it, and what waits.
        entries: trend keys that have a trend -> how many entries it has.
    """

    owners: Mapping[bytes, bytes]
    nonces: Mapping[bytes, bytes] = field(repr=False)
    held: frozenset[tuple[Scope, bytes]]
    kept: Mapping[bytes, frozenset[tuple[Scope, bytes]]]
    recoveries: Mapping[bytes, tuple[Scope, bytes]] = field(repr=False)
    reached: Mapping[bytes, tuple[bytes, ...]] = field(repr=False)
    waiting: Mapping[bytes, tuple[bytes, SealedItem]] = field(repr=False)
    entries: Mapping[bytes, int]

    def is_owned(self, check: bytes, signers: frozenset[bytes]) -> bool:
        """Whether a check is there, and one of these keys owns it."""
        return self.owners.get(check) in signers

    def waits(self, check: bytes) -> bool:
        """Whether its feedback waits for a counsellor."""
        return any(each == check for each, _ in self.waiting.values())


def facts_of(people: Iterable[Participant]) -> Facts:
    """What is on a server that these people, and nobody else, have dealt with."""
    people = list(people)
    keys = [(scope, each.person.key(scope)) for each in people for scope in STANDING]
    return Facts(
        owners={
            check: each.owner.public for each in people for check in (each.opened, each.shared)
        },
        nonces={each.opened: each.nonce for each in people},
        held=frozenset((scope, key.public) for scope, key in keys),
        kept={
            each.opened: frozenset((scope, each.person.key(scope).public) for scope in STANDING)
            for each in people
        },
        recoveries={recovery_secret(key): (scope, key.public) for scope, key in keys},
        reached={each.recovery: (each.opened, each.shared) for each in people},
        waiting={each.redemption: (each.shared, each.sealed) for each in people},
        entries={each.person.key(Scope.TREND).public: 1 for each in people},
    )


def digest_of(secret: bytes) -> bytes:
    """What a share says of the secret that fetches it (SHA-256)."""
    return hashlib.sha256(secret).digest()
