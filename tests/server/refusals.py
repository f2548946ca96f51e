"""How a refusal reads: the sealed one to the person, the visible one to the caller."""

from collections.abc import Callable

import pytest
from kizashi_protocol import ProtocolError, Refusal, Reply
from kizashi_server.errors import ExchangeRefused

from tests.server.world import World


def refusal_of(reply: Reply) -> str:
    """The reason of a sealed refusal, which carries no receipt."""
    assert isinstance(reply.outcome, Refusal)
    assert reply.outcome.message
    assert reply.consent_receipts == ()
    return reply.outcome.reason


def refused(world: World, act: Callable[[], object]) -> str:
    """The public reason of a fault that is visible without opening."""
    with pytest.raises((ExchangeRefused, ProtocolError)) as caught:
        act()
    error = caught.value
    assert isinstance(error, ExchangeRefused | ProtocolError)
    return error.reason
