"""Heads of a time still to come: by such a date a fork would never be due, so none is accepted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.errors import TrustBroken
from kizashi_protocol import Reply
from kizashi_protocol.moments import CLOCK_TOLERANCE, LATEST
from kizashi_server.log.head_schedule import HEAD_SECONDS, is_due
from kizashi_server.store.log_contract import PublishedHead

from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.test_published_log import OTHERS, Given, log_of, looked_again, set_clock
from tests.protocol.values import LOG_KEY, NOW

AHEAD = (NOW + CLOCK_TOLERANCE + 1, LATEST)
"""The first time refused, and the last that can be written."""


def padded(time: int) -> Callable[[Reply], Reply]:
    """Puts a reply's receipts into a longer log made for it alone, whose head has this time."""
    fork = log_of([*OTHERS, *(bytes([number]) * 32 for number in range(99, 199))], time)
    return lambda reply: fork.entered(reply._replace(log=None), len(OTHERS), LOG_KEY)


def laptop_before(folder: Path) -> Laptop:
    """A laptop that saw the log as others see it."""
    laptop = connected_laptop(folder)
    laptop.server.receipt_log = log_of(OTHERS)
    return looked_again(laptop)


@pytest.mark.parametrize("time", AHEAD)
def test_a_fork_dated_far_ahead_is_not_accepted(tmp_path: Path, time: int) -> None:
    """It would count as not yet published for as long; its receipts are not kept."""
    laptop = laptop_before(tmp_path)
    laptop.server.on_the_log = padded(time)
    error = laptop.error()
    assert isinstance(error, TrustBroken)
    assert error.reason == "LOG_AHEAD"
    assert not (laptop.state.folder / "receipts").exists()


@pytest.mark.parametrize("time", AHEAD)
def test_a_log_dated_ahead_is_not_talked_to(tmp_path: Path, time: int) -> None:
    """Told as a matter of clocks, before anything is sent."""
    laptop = connected_laptop(tmp_path)
    laptop.server.receipt_log = log_of(OTHERS, time)
    with pytest.raises(TrustBroken) as caught:
        looked_again(laptop)
    assert caught.value.reason == "LOG_AHEAD"
    set_clock(laptop, NOW)
    assert looked_again(laptop).exchanger.connection.log.head.time == NOW


def test_clocks_may_differ_by_a_day(tmp_path: Path) -> None:
    """A reply's head a day ahead is taken."""
    laptop = laptop_before(tmp_path)
    laptop.server.on_the_log = padded(NOW + CLOCK_TOLERANCE)
    assert laptop.submit().receipt_files


def test_a_receipt_dated_ahead_is_a_fault_and_never_not_yet(tmp_path: Path) -> None:
    """One that was taken while the laptop's own clock ran ahead."""
    laptop = laptop_before(tmp_path)
    late = replace(laptop.exchanger, now=lambda: NOW + CLOCK_TOLERANCE)
    laptop.server.on_the_log = padded(NOW + 2 * CLOCK_TOLERANCE)
    (receipt, *_) = replace(laptop, exchanger=late).submit().receipt_files
    with pytest.raises(TrustBroken) as caught:
        Given(laptop, receipt).ask(NOW)
    assert caught.value.reason == "LOG_AHEAD"


@pytest.mark.parametrize(("back", "due"), [(HEAD_SECONDS - 1, False), (HEAD_SECONDS, True)])
def test_a_clock_put_back_publishes_anew(back: int, *, due: bool) -> None:
    """Though nothing was entered since: laptops refuse the head of before, and send nothing."""
    head = PublishedHead(0, 5, bytes(32), NOW, "")
    assert is_due(head, 5, NOW - back, newest_is_ours=True) is due
