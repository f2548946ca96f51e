"""Whether an answer's receipts are for what was asked; each asker says in its own words if not."""

from collections.abc import Callable, Sequence

from kizashi_protocol import (
    ConsentRecord,
    Directory,
    Erased,
    ErasureReceipt,
    InvalidConsent,
    read_erasure,
    read_receipt,
)

from kizashi_agent.errors import TrustBroken
from kizashi_agent.submit.exchange import Exchanged

Untrue = Callable[[str], TrustBroken]
"""From what is wrong, for the log, to the error that a person is told."""


def erasure_in(answer: Exchanged, untrue: Untrue) -> ErasureReceipt:
    """The erasure receipt in an answer, signed by the server; the caller compares it with its own.

    Raises:
        TrustBroken: there is none, or its signature does not hold.
    """
    outcome = answer.reply.outcome
    if not isinstance(outcome, Erased):
        raise untrue("a withdrawal was answered with something else")
    try:
        return read_erasure(outcome.receipt, answer.directory.receipt_key_by_id())
    except InvalidConsent as error:
        raise untrue(error.log) from None


def check_receipts(
    receipts: tuple[str, ...], given: Sequence[ConsentRecord], directory: Directory, untrue: Untrue
) -> None:
    """Returns when the receipts are the server's, for just these consents in this order.

    Raises:
        TrustBroken: they are not.
    """
    keys = directory.receipt_key_by_id()
    try:
        received = [read_receipt(each, keys).consent for each in receipts]
    except InvalidConsent as error:
        raise untrue(error.log) from None
    if received != list(given):
        raise untrue("the receipts are not for the consents given")
