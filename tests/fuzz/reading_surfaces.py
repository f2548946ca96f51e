"""Everything that parses what strangers write, called as it is.

Plain seeded randomness draws the inputs, not hypothesis: most take 30 to 500 microseconds here, and
hypothesis would add milliseconds to each for a shrinking that one mutation of a known good input
does not need. The properties that are about any value at all are hypothesis's, in tests/protocol.
"""

from collections.abc import Sequence

from tests.fuzz.exchange_surfaces import envelopes, replies, reports
from tests.fuzz.surface import Surface
from tests.fuzz.token_surfaces import consents, erasures, receipts
from tests.fuzz.trust_surfaces import directories, invites
from tests.server.world import make_world


def surfaces() -> Sequence[Surface]:
    """All of them."""
    laptop = make_world().laptop
    return (
        envelopes(laptop),
        reports(laptop),
        consents(),
        receipts(),
        erasures(),
        directories(),
        invites(),
        replies(),
    )
