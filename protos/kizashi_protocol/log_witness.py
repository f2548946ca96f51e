"""A head of the log with the signature of somebody else: a witness.

A server could keep two logs and show each person the one that suits. Whoever sees only one of them
cannot tell; a witness who is not the server, and whose signed heads everybody can read, can show
that a head is of the log it sees too. The witness's key is handed out by the witness, not by the
server's directory.
"""

from dataclasses import dataclass

from kizashi_protocol.errors import InvalidConsent, UntrustedLog
from kizashi_protocol.keys import key_id_of
from kizashi_protocol.log_head import LogHead
from kizashi_protocol.merkle import HASH_BYTES
from kizashi_protocol.signing import SigningKey
from kizashi_protocol.tokens import (
    decode,
    encode,
    listed_signer,
    moment,
    read_token,
    whole,
    words,
    write_token,
)

WITNESSED_HEAD_TYPE = "kizashi-witnessed-head+jws"


@dataclass(frozen=True, slots=True)
class WitnessedHead:
    """A head that a witness found consistent with all it saw of the log before.

    Attributes:
        root_fingerprint: the root of the server whose log it is, 32 bytes.
        head: as the server signed it.
        token: the server's signed head itself.
        witnessed_time: seconds since the epoch, by the witness's clock.
    """

    root_fingerprint: bytes
    head: LogHead
    token: str
    witnessed_time: int


def cosign(witnessed: WitnessedHead, key: SigningKey) -> str:
    """The head as a compact JWS of the witness, the server's own signature inside."""
    payload = {
        "root": encode(witnessed.root_fingerprint),
        "size": witnessed.head.size,
        "tree": encode(witnessed.head.root),
        "time": witnessed.head.time,
        "head": witnessed.token,
        "witnessed": witnessed.witnessed_time,
    }
    return write_token(WITNESSED_HEAD_TYPE, payload, key, name_key=False)


def read_witnessed_head(token: str, witness_public: bytes) -> WitnessedHead:
    """The witnessed head in a token.

    The server's signature inside is evidence against the server, and not needed to believe the
    witness; it is not checked here.

    Args:
        token: the compact JWS.
        witness_public: the witness's public key, 32 bytes.

    Raises:
        UntrustedLog: the signature or a field does not hold (reason WITNESS_INVALID).
    """
    keys = {key_id_of(witness_public): witness_public}
    try:
        payload, _ = read_token(WITNESSED_HEAD_TYPE, token, listed_signer(keys))
        size, time = whole(payload["size"]), moment(payload["time"])
        head = LogHead(size, decode(payload["tree"], HASH_BYTES), time)
        root = decode(payload["root"], HASH_BYTES)
        inner, witnessed_time = words(payload["head"]), moment(payload["witnessed"])
    except (InvalidConsent, KeyError, ValueError):
        raise UntrustedLog(
            "a witnessed head does not hold",
            "The witness's file does not hold: it was changed, or signed by another key. Fetch it "
            "again from where the witness publishes it, with the witness's key.",
            reason="WITNESS_INVALID",
        ) from None
    return WitnessedHead(root, head, inner, witnessed_time)
