"""How figures are written: a value with its interval, or that there is none."""

from __future__ import annotations

from kizashi_server.validation.intervals import Measured

NOT_ESTABLISHED = "not established"


def rate(measured: Measured | None) -> str:
    """A share and its interval in percent, such as "38.7 % (31.1 to 46.9)"."""
    if measured is None:
        return NOT_ESTABLISHED
    estimate = measured.estimate
    low, high = (100 * each for each in (estimate.low, estimate.high))
    return f"{percent(estimate.value)} ({low:.1f} to {high:.1f})"


def number(measured: Measured | None, digits: int = 2) -> str:
    """A figure and its interval, such as "0.77 (0.73 to 0.81)"."""
    if measured is None:
        return NOT_ESTABLISHED
    value, low, high = (
        f"{each:.{digits}f}"
        for each in (measured.estimate.value, measured.estimate.low, measured.estimate.high)
    )
    return f"{value} ({low} to {high})"


def percent(share: float) -> str:
    """A share in percent, such as "14.3 %", that no line breaks apart."""
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"
