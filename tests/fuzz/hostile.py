"""Messages changed field by field: what a field may hold, and what it must not, by its descriptor.

Nothing here names a message or a field: a kind of message that is added to the protocol is changed
like the others from then on.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message

from tests.fuzz.wire import Spoilt, flip, spoil_bytes, spoil_records, unknown_field

Field = Any
"""A field's descriptor; the library has two classes of it that its types tell apart."""

TEXTS = (
    "",
    " ",
    "\0",
    "en\n",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "ja",
    "EN",
    "../../etc/passwd",
    "%s%n{0}{self}",
    "x" * 5000,
    "\N{FULLWIDTH LATIN SMALL LETTER A}",
    "\U0010ffff",
)
FLOATS = (
    float("nan"),
    float("inf"),
    float("-inf"),
    -0.0,
    -1.0,
    -1e-6,
    1e-45,
    5.001,
    1000.5,
    3.4e38,
)
LENGTHS = (0, 1, 15, 16, 17, 31, 32, 33, 64, 1216, 5000)


def spoil_message(draw: Random, message: Message) -> str:
    """Changes one place of a message, however deep; says which and how."""
    fields: Sequence[Field] = message.DESCRIPTOR.fields
    if not fields or draw.random() < 0.04:
        message.MergeFromString(_unknown_fields(draw))
        return f"{message.DESCRIPTOR.name}: unknown field"
    present: list[Field] = [field for field, _ in message.ListFields()]
    field = draw.choice(present if present and draw.random() < 0.75 else list(fields))
    name = f"{message.DESCRIPTOR.name}.{field.name}"
    if field.is_repeated:
        return f"{name}: {_spoil_repeated(draw, message, field)}"
    if field.message_type is not None:
        return _spoil_part(draw, message, field, name)
    if draw.random() < 0.2:
        message.ClearField(field.name)
        return f"{name}: dropped"
    setattr(message, field.name, hostile_value(draw, field, getattr(message, field.name)))
    return f"{name}: another value"


def _spoil_part(draw: Random, message: Message, field: Field, name: str) -> str:
    if message.HasField(field.name):
        if draw.random() < 0.85:
            return spoil_message(draw, getattr(message, field.name))
        message.ClearField(field.name)
        return f"{name}: dropped"
    fill(draw, getattr(message, field.name))
    getattr(message, field.name).SetInParent()
    return f"{name}: made up"


def _spoil_repeated(  # noqa: PLR0911 - one a kind
    draw: Random, message: Message, field: Field
) -> str:
    values = getattr(message, field.name)
    kind = draw.randrange(6)
    if field.message_type is not None and values and kind > 3:
        return spoil_message(draw, draw.choice(values))
    if values and kind == 0:
        del values[draw.randrange(len(values))]
        return "one dropped"
    if values and kind == 1:
        values.extend([draw.choice(values)] * draw.choice((1, 1, 20)))
        return "one repeated"
    if len(values) > 1 and kind == 2:
        turned = list(values)[::-1]
        del values[:]
        values.extend(turned)
        return "turned round"
    if field.message_type is not None:
        fill(draw, values.add())
        return "one made up"
    if values and kind > 2:
        at = draw.randrange(len(values))
        values[at] = hostile_value(draw, field, values[at])
        return "one changed"
    values.append(hostile_value(draw, field, field.default_value or None))
    return "one made up"


def fill(draw: Random, message: Message, depth: int = 0) -> None:
    """Fills a message by its grammar alone: each field absent, or with any value."""
    every: Sequence[Field] = message.DESCRIPTOR.fields
    for field in every:
        if draw.random() < 0.3:
            continue
        if field.message_type is None:
            if field.is_repeated:
                values = [hostile_value(draw, field, None) for _ in range(draw.choice((1, 2, 7)))]
                getattr(message, field.name).extend(values)
            else:
                setattr(message, field.name, hostile_value(draw, field, None))
        elif depth < 3:
            part = getattr(message, field.name)
            for _ in range(draw.choice((0, 1, 3)) if field.is_repeated else 1):
                fill(draw, part.add() if field.is_repeated else part, depth + 1)
            if not field.is_repeated:
                part.SetInParent()


def made_up(draw: Random, kind: Any) -> Message:
    """A message of a kind, filled by its grammar alone."""
    message: Message = kind._concrete_class()
    fill(draw, message)
    return message


def spoil_serialised(draw: Random, message: Message) -> Spoilt:
    """A message as bytes, changed as a message, as records or as bytes; or made up by grammar."""
    kind = draw.randrange(8)
    if kind == 0:
        return spoil_bytes(draw, message.SerializeToString())
    if kind == 1:
        return spoil_records(draw, message.SerializeToString())
    if kind == 2:
        return Spoilt("made up", made_up(draw, message.DESCRIPTOR).SerializeToString())
    changed = type(message)()
    changed.CopyFrom(message)
    how = spoil_message(draw, changed)
    return Spoilt(how, changed.SerializeToString())


def hostile_value(draw: Random, field: Field, value: Any) -> Any:
    """A value that the field's type can hold, and its meaning mostly cannot."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_FLOAT | FieldDescriptor.CPPTYPE_DOUBLE:
            return draw.choice((*FLOATS, draw.uniform(-10, 1000)))
        case FieldDescriptor.CPPTYPE_BOOL:
            return draw.random() < 0.5
        case FieldDescriptor.CPPTYPE_ENUM:
            return draw.choice((0, 1, 2, 3, 99, -1, 2**31 - 1))
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return _bytes(draw, value)
        case FieldDescriptor.CPPTYPE_STRING:
            return _text(draw, value)
        case _:
            return _whole(draw, field, value)


def _bytes(draw: Random, value: bytes | None) -> bytes:
    if value and draw.random() < 0.7:
        changed = (
            flip(draw, value),
            value[:-1],
            value + b"\0",
            bytes(len(value)),
            b"\xff" * len(value),
            draw.randbytes(len(value)),
        )
        return draw.choice(changed)
    return draw.randbytes(draw.choice(LENGTHS))


def _text(draw: Random, value: str | None) -> str:
    if value and draw.random() < 0.5:
        at = draw.randrange(len(value))
        return draw.choice(
            (value[:at], value + " ", value.swapcase(), value[:at] + "\0" + value[at:], value * 2)
        )
    return draw.choice(TEXTS)


def _whole(draw: Random, field: Field, value: int | None) -> int:
    bits: int = 32 if field.type in _SHORT else 64
    signed = field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    near = value or 0
    chosen = draw.choice((low, high, 0, 1, 2, near - 1, near + 1, draw.randint(low, high)))
    return int(max(low, min(chosen, high)))


_SHORT = (
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_SINT32,
    FieldDescriptor.TYPE_FIXED32,
    FieldDescriptor.TYPE_SFIXED32,
)


def _unknown_fields(draw: Random) -> bytes:
    # A field that does not parse would fail here and not in the reader.
    while True:
        data = unknown_field(draw)
        if _parses(data):
            return data


def _parses(data: bytes) -> bool:
    try:
        Empty.FromString(data)
    except DecodeError:
        return False
    return True
