"""What the server counts: what anybody on the network could see of it, and nothing about people.

An exchange counts as `answered` whatever its sealed reply says: bands, abstentions, refusals,
acknowledgements and withdrawals are not told apart, because nobody has consented to be counted.
"""

import threading
from collections import Counter
from collections.abc import Mapping

ANSWERED = "answered"
DIRECTORY = "directory"


class ExchangeCounts:
    """Totals since the start; safe to share between threads."""

    def __init__(self) -> None:
        """Starts at nothing."""
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, kind: str) -> None:
        """Adds one to `ANSWERED`, `DIRECTORY` or the public reason of a fault."""
        with self._lock:
            self._counts[kind] += 1

    def totals(self) -> Mapping[str, int]:
        """Each kind seen so far, and how often."""
        with self._lock:
            return dict(sorted(self._counts.items()))
