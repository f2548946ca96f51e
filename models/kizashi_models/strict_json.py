"""Takes values of a JSON document, and complains of what they cannot be.

A key that is missing, not known or there twice is a fault, since a misspelt key would otherwise be
a fact silently lost, and of two that differ a reader would choose one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kizashi_models.errors import ModelError

HIGHEST_COUNT = 10_000_000
"""Of people, cases or clips: more than any site has, so that a slip of the hand is seen."""

_MOST_DIGITS = 18
"""Of a whole number, sign included: such as 64 bits hold, and every float can be made of."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one document.

    Attributes:
        where: names the document in errors.
        error: makes the error, of `where` and what is wrong.
    """

    where: str
    error: Callable[[str, str], ModelError]

    def fault(self, what: str) -> ModelError:
        """The error that says what is wrong with this document."""
        return self.error(self.where, what)

    def document(self, text: str | bytes) -> object:
        """The value that a JSON text stands for."""
        try:
            return json.loads(text, object_pairs_hook=_each_key_once, parse_int=_whole)
        except (ValueError, RecursionError) as error:
            raise self.fault(f"not JSON ({error})") from error

    def table(self, value: object, name: str, keys: str, optional: str = "") -> dict[str, Any]:
        """An object with all of `keys`, any of `optional` and no other; names between spaces."""
        if not isinstance(value, dict):
            raise self.fault(f"{name} is not an object")
        required, found = set(keys.split()), set(value)
        if missing := required - found:
            raise self.fault(f"{name} has no {sorted(missing)}")
        if unknown := found - required - set(optional.split()):
            raise self.fault(f"{name} has unknown keys {sorted(unknown)}")
        return value

    def words(self, value: object, name: str) -> str:
        """A text that is more than white space."""
        if not isinstance(value, str) or not value.strip():
            raise self.fault(f"{name} is not a text")
        return value

    def count(self, value: object, name: str, low: int = 1) -> int:
        """A whole number from `low` to `HIGHEST_COUNT`."""
        if type(value) is not int or not low <= value <= HIGHEST_COUNT:
            raise self.fault(f"{name} is not a whole number from {low} to {HIGHEST_COUNT:,}")
        return value

    def number(self, value: object, name: str, low: float, high: float) -> float:
        """A number from `low` to `high`, both included."""
        number = float(value) if type(value) in (int, float) else math.nan  # type: ignore[arg-type]
        if not low <= number <= high:
            raise self.fault(f"{name} is not a number from {low:g} to {high:g}")
        return number


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"an object has {twice} more than once")
    return table


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a whole number has more than {_MOST_DIGITS} digits")
    return int(digits)
