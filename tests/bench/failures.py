"""How long each failed opening takes, against the others; prints figures and asserts nothing.

usage: python -m tests.bench.failures [ROUNDS]

Each round sends one envelope of every cause, in an order drawn anew, to an intake in memory; what
is timed is the intake's whole work, in processor time of the thread. Beside each median stand two
distances from "tag flipped": the share of pairs in which this cause took longer (rank-sum effect
size; 0.50 is no difference) and Welch's t after the slowest twentieth is left out, as dudect does
(Reparaz, Balasch and Verbauwhede 2017), whose rule of thumb is that 4.5 and more, and growing with
the rounds, is a difference. The last rows are controls that must show: the same cause twice, which
differs from itself by chance alone; one more SHA-256 over the envelope (some 20 microseconds); and
a refusal that opens nothing.

An X25519 share of low order is refused before the text is decrypted, and shows. Whoever sends one
chose it, and the time depends on those public bytes alone, so that it tells nobody anything.
"""

import dataclasses
import hashlib
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from random import Random

import numpy as np
from kizashi_protocol import Envelope, ProtocolError
from kizashi_server.errors import ExchangeRefused
from numpy.typing import NDArray

from tests.server.failures import FAILURES, Failing, failing
from tests.server.world import PROGRAMME, World, make_world

ROUNDS = 1500
FIRST = "tag flipped"
CROPPED = 0.95

Figures = NDArray[np.float64]


def main(rounds: int) -> None:
    """Prints a line for each cause."""
    world = make_world(programme=dataclasses.replace(PROGRAMME, exchanges_per_minute=100_000))
    times = measured(world, rounds)
    base = times[FIRST]
    print(f"{rounds} rounds; microseconds of the thread's processor time")
    print(f"{'cause':30}{'median':>8}{'longer':>8}{'t':>8}")
    for name, mine in times.items():
        median = statistics.median(mine)
        print(f"{name:30}{median:8.0f}{longer(mine, base):8.2f}{welch_t(mine, base):8.1f}")


def measured(world: World, rounds: int) -> Mapping[str, Figures]:
    """Microseconds of each round, by cause."""
    causes: dict[str, Callable[[Failing], Envelope]] = {
        **FAILURES,
        "control: tag flipped, again": FAILURES[FIRST],
        "control: one more hash": FAILURES[FIRST],
        "control: unknown key": _unknown_key,
    }
    draw = Random(1)  # noqa: S311 - the order of a round
    found: dict[str, list[float]] = {name: [] for name in causes}
    report = failing(world.laptop)
    for _ in range(rounds):
        envelopes = {name: make(report) for name, make in causes.items()}
        for name in draw.sample(list(causes), len(causes)):
            found[name].append(_microseconds(world, envelopes[name], hashed="hash" in name))
    return {name: np.array(values) for name, values in found.items()}


def longer(mine: Figures, base: Figures) -> float:
    """The share of pairs in which `mine` is longer; ties count half (Mann and Whitney 1947)."""
    ordered = np.sort(base)
    below = np.searchsorted(ordered, mine, "left") + np.searchsorted(ordered, mine, "right")
    return float(below.mean() / 2 / base.size)


def welch_t(mine: Figures, base: Figures) -> float:
    """Welch's t of two samples, each without its slowest twentieth; 0 for two constants."""
    one, two = (each[each <= np.quantile(each, CROPPED)] for each in (mine, base))
    spread = one.var(ddof=1) / one.size + two.var(ddof=1) / two.size
    return float((one.mean() - two.mean()) / np.sqrt(spread)) if spread else 0.0


def _microseconds(world: World, envelope: Envelope, *, hashed: bool) -> float:
    begun = time.thread_time_ns()
    try:
        world.exchange(envelope)
    except (ExchangeRefused, ProtocolError):
        if hashed:
            hashlib.sha256(envelope.ciphertext).digest()
        return (time.thread_time_ns() - begun) / 1000
    raise SystemExit("an envelope opened that should not have")


def _unknown_key(report: Failing) -> Envelope:
    envelope = report.sent.envelope
    return dataclasses.replace(
        envelope, header=dataclasses.replace(envelope.header, key_id=bytes(16))
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
