"""Which part of a file a request asks for (RFC 9110, 14)."""

import re

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """No byte of the file is asked for."""


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and end of the one range asked for; None for the whole: none, several, or unreadable.

    Raises:
        Unsatisfiable: it begins behind the end.
    """
    found = None if header is None else _ONE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if last == "" else min(int(last) + 1, size)
        if last != "" and int(last) < start:
            return None
    if start >= size or start >= end:
        raise Unsatisfiable
    return start, end
