"""What the root is asked to sign: shown, and compared by a person or a script, before it signs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kizashi_protocol.context import Label
from kizashi_protocol.moments import DAY

from kizashi_server.command_line.asking import agree, require_terminal
from kizashi_server.errors import KeyFault

_INSTEAD = "give the digits that were shown where the key was made: --expect DIGITS"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a certificate will say once the root has signed it.

    Attributes:
        label: of the signature; names the protocol's version and what is certified.
        whose: whose key it is, as the question names them.
        party: whom it is about, in one line.
        digits: of their key, as they are shown where it was made.
        start_time: from when it holds, in seconds since the epoch.
        expire_time: when it ends, in seconds since the epoch.
    """

    label: Label
    whose: str
    party: str
    digits: str
    start_time: int
    expire_time: int

    def as_text(self) -> str:
        """The statement as lines of text."""
        days = (self.expire_time - self.start_time) // DAY
        return "\n".join(
            (
                "The root is asked to sign, and has not signed yet:",
                f"  what    {self.label.value.decode()}",
                f"  for     {self.party}",
                f"  digits  {self.digits}",
                f"  from    {_written(self.start_time)}",
                f"  until   {_written(self.expire_time)} ({days} days)",
            )
        )


def let_sign(statement: Statement, expected: str | None, say: Callable[[str], None]) -> None:
    """Shows a statement and returns when the root may sign it.

    Args:
        statement: what is to be signed.
        expected: the digits it must have, spaces and case aside; None to ask a person.
        say: prints a text.

    Raises:
        Declined: the person said no.
        KeyFault: the digits are others than those expected.
        NobodyToAsk: no digits were expected, and there is no terminal.
    """
    if expected is None:
        require_terminal("a comparison of digits", _INSTEAD)
    say(statement.as_text())
    if expected is None:
        agree(
            f"Is this key {statement.whose}'s, with the digits shown where it was made, and may the "
            "root sign?",
            declined="Nothing was signed.",
            instead=_INSTEAD,
        )
    elif _bare(expected) != _bare(statement.digits):
        raise KeyFault(
            "the digits are others than those expected",
            "The digits are others than those of --expect, so nothing was signed. Have the "
            "request made and carried again, and compare it with whoever made it.",
        )


def _bare(digits: str) -> str:
    return "".join(digits.split()).lower()


def _written(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%MZ}"
