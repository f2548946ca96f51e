"""The head of the log: how many entries there are and the root over them, signed by a log key.

A head binds whoever signed it: two heads of which neither is the beginning of the other are proof
that somebody was shown another log.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kizashi_protocol.errors import InvalidConsent, UntrustedLog
from kizashi_protocol.merkle import EMPTY_ROOT, HASH_BYTES
from kizashi_protocol.signing import SigningKey
from kizashi_protocol.tokens import (
    decode,
    encode,
    listed_signer,
    moment,
    read_token,
    whole,
    write_token,
)

LOG_HEAD_TYPE = "kizashi-log-head+jws"


@dataclass(frozen=True, slots=True)
class LogHead:
    """A log as it stood.

    Attributes:
        size: entries.
        root: Merkle root over them, 32 bytes.
        time: seconds since the epoch, by the server's clock.
    """

    size: int
    root: bytes
    time: int


NO_HEAD = LogHead(0, EMPTY_ROOT, 0)
"""What is known of a log before any head was seen: every log begins with nothing."""


def sign_log_head(head: LogHead, key: SigningKey) -> str:
    """The head as a compact JWS. Runs on the server."""
    payload = {"size": head.size, "root": encode(head.root), "time": head.time}
    return write_token(LOG_HEAD_TYPE, payload, key, name_key=False)


def read_log_head(token: str, log_keys: Mapping[bytes, bytes]) -> LogHead:
    """The head in a token.

    Args:
        token: the compact JWS.
        log_keys: public keys (32 bytes) by key id (16 bytes), of a directory's `log_key_by_id`.

    Raises:
        UntrustedLog: the signature or a field does not hold, or the key is not listed (reason
            LOG_HEAD).
    """
    try:
        payload, _ = read_token(LOG_HEAD_TYPE, token, listed_signer(log_keys))
        size, time = whole(payload["size"]), moment(payload["time"])
        root = decode(payload["root"], HASH_BYTES)
    except InvalidConsent as error:
        raise UntrustedLog(f"a log head: {error.log}", reason="LOG_HEAD") from None
    except (KeyError, ValueError):
        raise UntrustedLog("a log head does not parse", reason="LOG_HEAD") from None
    return LogHead(size, root, time)
