"""The participant's keys: all grown from one seed that stays on the laptop.

Each key is bound to a root, a programme, a scope and a check, so that two checks, or two
programmes, cannot be linked by the keys they show.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from kizashi_protocol import Scope, SigningKey
from kizashi_protocol.context import framed

SEED_BYTES = 32

_LABEL = b"kizashi/v1 participant key"
_WAITING_LABEL = b"kizashi/v1 waiting checks"


def participant_key(
    seed: bytes, *, root_fingerprint: bytes, programme_id: str, scope: Scope, report_id: bytes
) -> SigningKey:
    """The signing key of one scope of one check, by HKDF-SHA256 (RFC 5869).

    Args:
        seed: 32 secret bytes.
        root_fingerprint: the pinned root, 32 bytes.
        programme_id: the programme joined.
        scope: what the key consents to.
        report_id: the check, 16 bytes.
    """
    parts = (_LABEL, root_fingerprint, programme_id.encode(), scope.encode(), report_id)
    return SigningKey.from_seed(_derived(seed, *parts))


def waiting_key(seed: bytes) -> bytes:
    """The 32-byte key that waiting checks are encrypted with on the laptop."""
    return _derived(seed, _WAITING_LABEL)


def _derived(seed: bytes, *parts: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=framed(*parts)).derive(seed)
