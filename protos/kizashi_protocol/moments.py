"""Which points in time a message may name: those that every reader can write as a date."""

EARLIEST = 946_684_800
"""2000-01-01T00:00:00Z, in seconds since the epoch."""
LATEST = 32_503_679_999
"""2999-12-31T23:59:59Z. RFC 3339 (section 5.6) ends with the year 9999, but the C library of Windows
with the year 3000 (_gmtime64_s), in any time zone; what is beyond cannot be shown to a person there."""

DAY = 24 * 3600
"""Seconds."""

CLOCK_TOLERANCE = DAY
"""One machine's clock may run ahead of another's by this much."""


def is_moment(seconds: int) -> bool:
    """Whether seconds since the epoch lie in the years 2000 to 2999, UTC."""
    return EARLIEST <= seconds <= LATEST
