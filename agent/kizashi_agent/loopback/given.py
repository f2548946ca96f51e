"""A request's JSON object, read member by member as what each must be."""

import json
from dataclasses import dataclass, field
from typing import Any, Self

from kizashi_agent.loopback.page_errors import BadRequest


@dataclass(frozen=True, slots=True)
class Given:
    """What a request says.

    Attributes:
        members: as they came.
    """

    members: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Reads a body; an empty one says nothing.

        Raises:
            BadRequest: it is no JSON object.
        """
        try:
            members = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            raise BadRequest("a body that is no JSON") from None
        if not isinstance(members, dict):
            raise BadRequest("a body that is no JSON object")
        return cls(members)

    def flag(self, name: str) -> bool:
        """A yes or a no; what is not there is a no.

        Raises:
            BadRequest: it is something else.
        """
        value = self.members.get(name, False)
        if not isinstance(value, bool):
            raise BadRequest(f"{name} is neither true nor false")
        return value

    def text(self, name: str) -> str | None:
        """A text, or None where there is none, or an empty one.

        Raises:
            BadRequest: it is something else.
        """
        value = self.members.get(name)
        if not isinstance(value, str | None):
            raise BadRequest(f"{name} is no text")
        return value or None

    def part(self, name: str) -> Self:
        """An object inside; one that is not there says nothing.

        Raises:
            BadRequest: it is something else.
        """
        value = self.members.get(name, {})
        if not isinstance(value, dict):
            raise BadRequest(f"{name} is no object")
        return type(self)(value)
