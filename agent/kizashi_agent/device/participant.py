"""The participant's keys: all grown from one seed that stays on the laptop.

A key for one check is bound to a root, a programme, a scope and the check; a key that outlasts a
check to a root, a programme and a scope. So neither two checks nor two programmes can be linked by
the keys they show. Every key comes from HKDF-SHA256 (RFC 5869), whose info begins with a label of
its own and has each part after its length.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from kizashi_protocol import STANDING, Scope, SigningKey
from kizashi_protocol.context import Label, framed

SEED_BYTES = 32
RECOVERY_CODE_BYTES = 20
"""160 bits: nobody guesses it, and it is 32 letters in base 32 (RFC 4648)."""

_CHECK_LABEL = b"kizashi/v1 participant key"
_STANDING_LABEL = b"kizashi/v1 standing participant key"
_TREND_LABEL = b"kizashi/v1 trend sealing seed"
_LEDGER_LABEL = b"kizashi/v1 ledger key"
_CODE_LABEL = b"kizashi/v1 recovery code"
_WAITING_LABEL = b"kizashi/v1 waiting checks"
_HISTORY_LABEL = b"kizashi/v1 history"


def participant_key(
    seed: bytes, *, root_fingerprint: bytes, programme_id: str, scope: Scope, report_id: bytes
) -> SigningKey:
    """The signing key of one scope of one check.

    Args:
        seed: 32 secret bytes.
        root_fingerprint: the pinned root, 32 bytes.
        programme_id: the programme joined.
        scope: what the key consents to.
        report_id: the check, 16 bytes.
    """
    parts = (_CHECK_LABEL, root_fingerprint, programme_id.encode(), scope.encode(), report_id)
    return SigningKey.from_seed(_grown(seed, *parts))


def standing_key(
    seed: bytes, root_fingerprint: bytes, programme_id: str, scope: Scope
) -> SigningKey:
    """The signing key of a scope that outlasts a check, the same in every check of a programme.

    Args:
        seed: 32 secret bytes.
        root_fingerprint: the pinned root, 32 bytes.
        programme_id: the programme joined.
        scope: trend, cohort or research.

    Raises:
        ValueError: the scope is one of a single check.
    """
    if scope not in STANDING:
        raise ValueError(f"{scope} has a key of its own in each check")
    parts = (_STANDING_LABEL, root_fingerprint, programme_id.encode(), scope.encode())
    return SigningKey.from_seed(_grown(seed, *parts))


def trend_seed(seed: bytes, root_fingerprint: bytes, programme_id: str) -> bytes:
    """The seed (32 bytes) of the X-Wing key pair that trend entries are sealed to.

    Args:
        seed: 32 secret bytes.
        root_fingerprint: the pinned root, 32 bytes.
        programme_id: the programme joined.
    """
    return _grown(seed, _TREND_LABEL, root_fingerprint, programme_id.encode())


def ledger_key(seed: bytes) -> bytes:
    """The AES-256 key (32 bytes) that the ledger is encrypted with."""
    return _grown(seed, _LEDGER_LABEL)


def waiting_key(seed: bytes) -> bytes:
    """The AES-256 key (32 bytes) that waiting checks are encrypted with on the laptop."""
    return _grown(seed, _WAITING_LABEL)


def history_key(seed: bytes) -> bytes:
    """The AES-256 key (32 bytes) of what the person has kept on the laptop: history and answers."""
    return _grown(seed, _HISTORY_LABEL)


def recovery_code(seed: bytes) -> bytes:
    """The code (20 bytes) that withdraws everything sent with this seed when the laptop is lost.

    It tells nothing about the seed, and takes back consents without being able to give any.
    """
    return _grown(seed, _CODE_LABEL, length=RECOVERY_CODE_BYTES)


def recovery_secret(code: bytes, root_fingerprint: bytes, programme_id: str, scope: Scope) -> bytes:
    """The secret (32 bytes) by which the code's owner takes back one scope.

    Args:
        code: 20 secret bytes.
        root_fingerprint: the root that was pinned, 32 bytes.
        programme_id: the programme joined.
        scope: one that outlasts a check, or score for every check.
    """
    parts = (Label.RECOVERY.value, root_fingerprint, programme_id.encode(), scope.encode())
    return _grown(code, *parts)


def _grown(secret: bytes, *parts: bytes, length: int = 32) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=framed(*parts)).derive(secret)
