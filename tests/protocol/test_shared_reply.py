"""A share's end in a reply: a moment that every laptop can show, or no message."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import MalformedMessage, Reply, Shared, read_reply, write_reply

FIRST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
AFTER = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


@given(expire_time=st.integers(FIRST, AFTER - 1), hours=st.integers(-23, 23))
def test_an_end_that_is_read_can_be_shown(expire_time: int, hours: int) -> None:
    """In any time zone."""
    read = read_reply(write_reply(Reply(Shared(expire_time)))).outcome
    assert read == Shared(expire_time)
    zone = timezone(timedelta(hours=hours))
    assert datetime.fromtimestamp(expire_time, UTC).astimezone(zone).year in range(1999, 10_000)


@pytest.mark.parametrize(
    "expire_time", [-(2**63), -1, 0, FIRST - 1, AFTER, 569_000_000_000, 2**63 - 1]
)
def test_an_end_in_no_year_of_ours_is_refused(expire_time: int) -> None:
    """Before 2000 or after 9998, the year 20000 among them."""
    with pytest.raises(MalformedMessage):
        read_reply(write_reply(Reply(Shared(expire_time))))
