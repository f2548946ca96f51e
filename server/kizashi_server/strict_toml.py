"""Reads TOML tables into dataclasses; a key nobody knows is an error that names it.

A field declares its reader in its type, `Annotated[int, whole(1, 60)]`: a reader turns one TOML
value into the field's value or raises `BadValue`. A field without a default is required.
"""

import dataclasses
import difflib
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

from kizashi_protocol.display_text import is_displayable

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Reader = Callable[[object], Any]


class BadValue(ValueError):
    """What is wrong, worded to follow the name of a key."""


def read_table(kind: Callable[..., T], raw: object) -> T:
    """A dataclass from a TOML table.

    Raises:
        BadValue: a key is unknown, missing or has a bad value; the text starts with its name.
    """
    if not isinstance(raw, dict):
        raise BadValue("is not a table")
    hints = get_type_hints(kind, include_extras=True)
    _refuse_unknown(raw, list(hints))
    values = {}
    for each in dataclasses.fields(kind):  # type: ignore[arg-type]
        if each.name in raw:
            reader = hints[each.name].__metadata__[0]
            values[each.name] = _named(each.name, reader, raw[each.name])
        elif each.default is dataclasses.MISSING:
            raise BadValue(f"{each.name} is missing")
    return kind(**values)


def table(kind: Callable[..., T]) -> Reader:
    """A reader for one table."""
    return lambda raw: read_table(kind, raw)


def tables(kind: Callable[..., T]) -> Reader:
    """A reader for an array of one table or more."""

    def reader(raw: object) -> tuple[T, ...]:
        if not isinstance(raw, list) or not raw:
            raise BadValue("must be given once or more, as [[...]]")
        return tuple(read_table(kind, each) for each in raw)

    return reader


def text(longest: int, shortest: int = 1) -> Reader:
    """A reader for a line of displayable text with this many characters."""

    def reader(raw: object) -> str:
        if not isinstance(raw, str):
            raise BadValue("must be text in quotes")
        if not (shortest <= len(raw) <= longest and is_displayable(raw) and raw == raw.strip()):
            raise BadValue(
                f"must be one line of {shortest} to {longest} characters, without spaces around it"
            )
        return raw

    return reader


def words(most: int) -> Reader:
    """A reader for an array of one text or more, none of them empty."""

    def reader(raw: object) -> tuple[str, ...]:
        texts = [each for each in raw if isinstance(each, str)] if isinstance(raw, list) else []
        if not isinstance(raw, list) or len(texts) != len(raw) or not 1 <= len(raw) <= most:
            raise BadValue(f"must be an array of 1 to {most} texts in quotes")
        if not all(each and is_displayable(each) for each in texts):
            raise BadValue("must hold no empty text and no control character")
        return tuple(texts)

    return reader


def matching(pattern: str, meaning: str) -> Reader:
    """A reader for text of a form; `meaning` says which."""

    def reader(raw: object) -> str:
        if not isinstance(raw, str) or not re.fullmatch(pattern, raw):
            raise BadValue(f"must be {meaning}")
        return raw

    return reader


def whole(low: int, high: int) -> Reader:
    """A reader for a whole number from low to high."""

    def reader(raw: object) -> int:
        # bool is an int to Python, and to it alone.
        if type(raw) is not int or not low <= raw <= high:
            raise BadValue(f"must be a whole number from {low} to {high}")
        return raw

    return reader


def one_of(kind: type[E]) -> Callable[[object], E]:
    """A reader for a member of an enumeration of texts."""

    def reader(raw: object) -> E:
        try:
            return kind(str(raw))
        except ValueError:
            raise BadValue(f"must be one of {', '.join(kind)}") from None

    return reader


def _named(name: str, reader: Reader, raw: object) -> Any:
    try:
        return reader(raw)
    except BadValue as error:
        # "server: listen must be ..." reads as a path; a value's own complaint follows its name.
        nested = isinstance(raw, dict | list)
        raise BadValue(f"{name}: {error}" if nested else f"{name} {error}") from None


def _refuse_unknown(raw: dict[str, Any], known: Sequence[str]) -> None:
    for name in raw:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise BadValue(f"unknown key {name!r}; {hint}")
