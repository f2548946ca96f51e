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


def displayable(text: str) -> str:
    """The text with a replacement character for each that `is_displayable` refuses.

    For names that this laptop did not choose, such as those of files that came from elsewhere.
    """
    return "".join(each if is_displayable(each) else "\N{REPLACEMENT CHARACTER}" for each in text)
