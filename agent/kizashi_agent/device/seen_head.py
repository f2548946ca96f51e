"""A head of a server's log as this laptop saw it published, and keeps it."""

from typing import Any, NamedTuple, Self

from kizashi_protocol import LogHead
from kizashi_protocol.log_head import NO_HEAD
from kizashi_protocol.merkle import HASH_BYTES, LARGEST_SIZE


class SeenHead(NamedTuple):
    """A published head, and the token in which the server signed it."""

    token: str
    head: LogHead

    def to_json(self) -> dict[str, Any]:
        """The head as JSON values; `from_json` gives back an equal one."""
        head = self.head
        return {"token": self.token, "size": head.size, "root": head.root.hex(), "time": head.time}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError, OverflowError: it is anything else.
        """
        root, size = bytes.fromhex(data["root"]), int(data["size"])
        if len(root) != HASH_BYTES or not 0 <= size <= LARGEST_SIZE:
            raise ValueError("a head of another form")
        return cls(str(data["token"]), LogHead(size, root, int(data["time"])))


NOTHING_SEEN = SeenHead("", NO_HEAD)
"""Before the first connection to a root."""
