"""What each column says of a person; every column of every database declares it.

A test walks the databases, has somebody withdraw everything, and fails where a column is not
declared, or where what is declared to be erased is still there.
"""

from enum import Enum

REFERS = "refers_to_a_person"
"""The key in a column's `info`."""


class Refers(Enum):
    """How a column relates to a person."""

    NOT = "says nothing about anybody"
    ERASED = "about somebody; gone once they withdraw"
    REMAINS = "a random name or a digest that stays after withdrawal, for what its comment says"


NOT = {REFERS: Refers.NOT}
ERASED = {REFERS: Refers.ERASED}
REMAINS = {REFERS: Refers.REMAINS}
