"""The participant's keys: one seed, and nothing by which two uses could be linked."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.device.participant import (
    RECOVERY_CODE_BYTES,
    SEED_BYTES,
    ledger_key,
    participant_key,
    recovery_code,
    recovery_secret,
    standing_key,
    trend_seed,
    waiting_key,
)
from kizashi_protocol import Scope, SigningKey

from tests.protocol.strategies import PROGRAMME_IDS, REPORT_IDS

SEED = bytes(range(SEED_BYTES))
ROOT = b"\xaa" * 32
CHECK = bytes(range(16))


def key_of(
    seed: bytes = SEED,
    root: bytes = ROOT,
    programme: str = "spring-check",
    scope: Scope = Scope.SCORE,
    report_id: bytes = CHECK,
) -> SigningKey:
    """A participant's key."""
    return participant_key(
        seed, root_fingerprint=root, programme_id=programme, scope=scope, report_id=report_id
    )


PLACES = st.tuples(
    st.binary(min_size=32, max_size=32), PROGRAMME_IDS, st.sampled_from(Scope), REPORT_IDS
)


@given(place=PLACES, other=PLACES)
def test_keys_are_the_same_only_in_the_same_place(
    place: tuple[bytes, str, Scope, bytes], other: tuple[bytes, str, Scope, bytes]
) -> None:
    """Root, programme, scope and check decide the key, and nothing else does."""
    assert (key_of(SEED, *place).public == key_of(SEED, *other).public) == (place == other)


def test_each_part_alone_changes_the_key() -> None:
    """Another seed, root, programme, scope or check is another key."""
    keys = {
        key_of().public,
        key_of(seed=bytes(SEED_BYTES)).public,
        key_of(root=bytes(32)).public,
        key_of(programme="autumn-check").public,
        key_of(report_id=bytes(16)).public,
        *(key_of(scope=scope).public for scope in Scope),
    }
    assert len(keys) == 4 + len(Scope)


def test_a_key_can_be_made_again() -> None:
    """Withdrawing needs the same key that consented, after any number of starts."""
    assert key_of().public == key_of().public


def test_the_derivation_is_this_one() -> None:
    """HKDF-SHA256 (RFC 5869) worked out by hand gives the same key, so that it never drifts."""
    parts = (b"kizashi/v1 participant key", ROOT, b"spring-check", b"score", CHECK)
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    extracted = hmac.digest(bytes(32), SEED, hashlib.sha256)
    seed = hmac.digest(extracted, bound + b"\x01", hashlib.sha256)
    assert key_of().public == SigningKey.from_seed(seed).public
    # The public key itself, for somebody who writes the derivation anew.
    expected = "cd52e47cd980bebdc50c6efa129d3b77fd9ea8e052dede367b54bbd17cd227b1"
    assert key_of().public.hex() == expected


def test_standing_keys_are_the_same_only_in_the_same_place() -> None:
    """Another seed, root, programme or scope is another key, and none is a key of a check."""
    keys = {
        standing_key(SEED, ROOT, "spring-check", Scope.TREND).public,
        standing_key(SEED, ROOT, "spring-check", Scope.COHORT).public,
        standing_key(SEED, ROOT, "spring-check", Scope.RESEARCH).public,
        standing_key(SEED, ROOT, "autumn-check", Scope.TREND).public,
        standing_key(SEED, bytes(32), "spring-check", Scope.TREND).public,
        standing_key(bytes(32), ROOT, "spring-check", Scope.TREND).public,
        key_of(scope=Scope.TREND).public,
        key_of(scope=Scope.TREND, report_id=b"").public,
    }
    assert len(keys) == 8
    again = standing_key(SEED, ROOT, "spring-check", Scope.TREND).public
    assert again in keys


@pytest.mark.parametrize("scope", [Scope.SCORE, Scope.FEEDBACK, Scope.SHARE])
def test_a_scope_of_one_check_has_no_standing_key(scope: Scope) -> None:
    """Two checks would be linked by it."""
    with pytest.raises(ValueError, match=scope):
        standing_key(SEED, ROOT, "spring-check", scope)


def test_no_two_purposes_share_a_secret() -> None:
    """What one purpose gives away tells nothing of another."""
    code = recovery_code(SEED)
    secrets = [
        ledger_key(SEED),
        waiting_key(SEED),
        trend_seed(SEED, ROOT, "spring-check"),
        trend_seed(SEED, ROOT, "autumn-check"),
        recovery_secret(code, ROOT, "spring-check", Scope.TREND),
        recovery_secret(code, ROOT, "spring-check", Scope.COHORT),
        recovery_secret(code, ROOT, "autumn-check", Scope.TREND),
        recovery_secret(code, bytes(32), "spring-check", Scope.TREND),
        recovery_secret(bytes(20), ROOT, "spring-check", Scope.TREND),
    ]
    assert len(set(secrets)) == len(secrets)
    assert {len(each) for each in secrets} == {32}
    assert len(code) == RECOVERY_CODE_BYTES
    assert not any(each.startswith(code) for each in secrets)


GROWN: dict[str, tuple[bytes, bytes, tuple[bytes, ...]]] = {
    "ledger": (ledger_key(SEED), SEED, (b"kizashi/v1 ledger key",)),
    "trend": (
        trend_seed(SEED, ROOT, "p"),
        SEED,
        (b"kizashi/v1 trend sealing seed", ROOT, b"p"),
    ),
    "recovery": (
        recovery_secret(bytes(20), ROOT, "p", Scope.TREND),
        bytes(20),
        (b"kizashi/v1 recovery secret", ROOT, b"p", b"trend"),
    ),
}


@pytest.mark.parametrize("name", GROWN)
def test_each_derivation_is_this_one(name: str) -> None:
    """HKDF-SHA256 worked out by hand gives the same bytes, so that no label ever drifts."""
    grown, secret, parts = GROWN[name]
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    extracted = hmac.digest(bytes(32), secret, hashlib.sha256)
    assert grown == hmac.digest(extracted, bound + b"\x01", hashlib.sha256)


def test_the_standing_derivation_is_this_one() -> None:
    """The same for the key that outlasts a check."""
    parts = (b"kizashi/v1 standing participant key", ROOT, b"spring-check", b"trend")
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    extracted = hmac.digest(bytes(32), SEED, hashlib.sha256)
    seed = hmac.digest(extracted, bound + b"\x01", hashlib.sha256)
    found = standing_key(SEED, ROOT, "spring-check", Scope.TREND)
    assert found.public == SigningKey.from_seed(seed).public
