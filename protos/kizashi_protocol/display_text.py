"""Text that may be put before a person.

A server must not write to a person's terminal as it likes, so nothing it sends may hold control
characters, line breaks, or the invisible characters that turn the direction of writing.
"""

import unicodedata

_REFUSED = ("C", "Zl", "Zp")
"""Unicode general categories: control, format, surrogate, private, unassigned; line, paragraph."""


def is_displayable(text: str) -> bool:
    """Whether a text is one line of visible characters and spaces.

    Unlike `str.isprintable` it takes every space, the full-width one of Japanese among them.
    """
    return not any(unicodedata.category(each).startswith(_REFUSED) for each in text)
