"""When a new head of the log is published: one pure decision.

Everybody is shown the same head for an hour, so that the size a laptop names says only in which
hour it last looked, and tells it from no other.
"""

from kizashi_server.store.log_contract import PublishedHead

HEAD_SECONDS = 3600
"""Between two published heads."""


def is_due(newest: PublishedHead | None, size: int, now: int, *, newest_is_ours: bool) -> bool:
    """Whether a head is to be published now.

    Args:
        newest: the head published last, if there is one.
        size: entries in the log.
        now: seconds since the epoch; where a clock was put back by an hour or more, a head is due
            though nothing was entered: laptops refuse one of a time still to come, and send nothing.
        newest_is_ours: whether the newest head is signed by the key in use; laptops stop believing
            another one once the directory no longer lists it.
    """
    if newest is None or not newest_is_ours:
        return True
    if newest.time - now >= HEAD_SECONDS:
        return True
    return size > newest.size and now - newest.time >= HEAD_SECONDS
