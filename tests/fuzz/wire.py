"""Bytes that are nearly right: single bits, lengths, and protobuf records moved, doubled, cut."""

from random import Random
from typing import NamedTuple


class Spoilt(NamedTuple):
    """What came of a mutation, and what it was."""

    how: str
    data: bytes


def spoil_bytes(draw: Random, data: bytes) -> Spoilt:  # noqa: PLR0911 - one a kind
    """The bytes with one accident of transport; they may be what they were, rarely."""
    at = draw.randrange(len(data) + 1)
    kind = draw.randrange(8)
    if kind == 0 and data:
        return Spoilt("bit", flip(draw, data))
    if kind == 1:
        return Spoilt("cut off", data[:at])
    if kind == 2:
        return Spoilt("begun late", data[at:])
    if kind == 3:
        return Spoilt("lengthened", data + draw.randbytes(draw.choice((1, 2, 16, 300))))
    if kind == 4:
        return Spoilt("inserted", data[:at] + draw.randbytes(draw.randint(1, 8)) + data[at:])
    if kind == 5:
        other = draw.randrange(len(data) + 1)
        return Spoilt("piece moved", data[:at] + data[other : other + 40] + data[at:])
    if kind == 6:
        return Spoilt("zeros", data[:at] + bytes(min(8, len(data) - at)) + data[at + 8 :])
    return Spoilt("noise", draw.randbytes(draw.choice((0, 1, 7, 100, len(data)))))


def flip(draw: Random, data: bytes) -> bytes:
    """The bytes with one bit turned; there is at least one."""
    changed = bytearray(data)
    changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def spoil_records(draw: Random, data: bytes) -> Spoilt:
    """A serialised message with one of its records changed as no serialiser would write it."""
    pieces = records(data)
    if not pieces:
        return spoil_bytes(draw, data)
    index = draw.randrange(len(pieces))
    piece = pieces[index]
    kind = draw.randrange(9)
    if kind == 0:
        pieces.insert(draw.randrange(len(pieces) + 1), piece)
        how = "record twice"
    elif kind == 1:
        pieces.insert(draw.randrange(len(pieces) + 1), piece[:1] + flip(draw, piece))
        how = "record twice, once changed"
    elif kind == 2:
        del pieces[index]
        how = "record left out"
    elif kind == 3:
        draw.shuffle(pieces)
        how = "records in another order"
    elif kind == 4 and len(piece) > 1:
        pieces[index] = piece[:1] + bytes([piece[1] ^ (1 << draw.randrange(7))]) + piece[2:]
        how = "wrong length"
    elif kind == 5:
        pieces[index] = bytes([piece[0] ^ draw.randint(1, 7)]) + piece[1:]
        how = "another wire type"
    elif kind == 6:
        pieces[index] = bytes([piece[0] & 7 | draw.randint(0, 15) << 3]) + piece[1:]
        how = "another field number"
    elif kind == 7:
        pieces[index] = bytes([piece[0] | 0x80, 0x80, 0x00]) + piece[1:]
        how = "tag in more bytes than it needs"
    else:
        pieces.insert(index, unknown_field(draw))
        how = "unknown field"
    return Spoilt(how, b"".join(pieces))


def unknown_field(draw: Random) -> bytes:
    """A record of a field nobody knows, of any wire type, groups and reserved ones included."""
    number = draw.choice((19, 1000, 20_000, 2**29 - 1))
    kind = draw.choice((0, 1, 2, 2, 3, 5, 6))
    content = {0: b"\x01", 1: bytes(8), 2: b"\x04abcd", 3: b"\x00", 5: bytes(4)}.get(kind, b"")
    return varint(number << 3 | kind) + content


def varint(value: int) -> bytes:
    """A base-128 number, as protobuf writes it."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def records(data: bytes) -> list[bytes]:
    """The records of a serialised message, tag and length included; what does not parse is last."""
    found, at = [], 0
    while at < len(data):
        end = _end_of(data, at)
        found.append(data[at:end])
        at = end
    return found


def _end_of(data: bytes, at: int) -> int:
    tag, after = _read_varint(data, at)
    kind = tag & 7
    if kind == 0:
        end = _read_varint(data, after)[1]
    elif kind == 2:
        length, after = _read_varint(data, after)
        end = after + length
    else:
        end = after + {1: 8, 5: 4}.get(kind, len(data))
    return min(max(end, at + 1), len(data))


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            break
    return value, at
