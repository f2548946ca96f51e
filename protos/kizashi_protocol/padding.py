"""One size for all plaintexts of a kind: length (4 bytes), plaintext, zeros."""

from kizashi_protocol.context import framed
from kizashi_protocol.errors import MalformedMessage, UnreadableEnvelope

LENGTH_BYTES = 4


def padded(plaintext: bytes, size: int) -> bytes:
    """The plaintext after its length, with zeros up to `size` bytes.

    Raises:
        MalformedMessage: it does not fit.
    """
    if len(plaintext) > size - LENGTH_BYTES:
        raise MalformedMessage(f"{len(plaintext)} bytes do not fit in {size}")
    return framed(plaintext).ljust(size, b"\0")


def unpadded(data: bytes, size: int) -> bytes:
    """What `padded` was given.

    Raises:
        UnreadableEnvelope: not so padded; only its own sealer can cause this.
    """
    length = int.from_bytes(data[:LENGTH_BYTES], "big")
    plaintext, filling = data[LENGTH_BYTES:][:length], data[LENGTH_BYTES:][length:]
    if len(data) != size or len(plaintext) != length or filling.strip(b"\0"):
        raise UnreadableEnvelope("the padding is not as it should be")
    return plaintext
