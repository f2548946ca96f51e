"""The address that the browser is started with, which opens the page once.

It stands on a command line, and those other accounts of a laptop can read. So it holds no token,
but a ticket that the page changes for the token as soon as it is open; after that it is worth
nothing.
"""

import hmac
from dataclasses import dataclass, field

from kizashi_agent.loopback.guard import Rules


@dataclass(slots=True)
class Ticket:
    """A ticket that is good for one use; for the event loop alone.

    Attributes:
        value: URL-safe text.
    """

    value: str = field(repr=False)
    _used: bool = False

    def address(self, rules: Rules) -> str:
        """What opens the page once."""
        return f"{rules.origin}/#once={self.value}"

    def take(self, given: str) -> bool:
        """Whether this is the ticket, and the first time that it is shown."""
        holds = (
            hmac.compare_digest(given.encode("utf-8", "replace"), self.value.encode())
            and not self._used
        )
        self._used = self._used or holds
        return holds
