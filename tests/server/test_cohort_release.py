"""What is released about a group: enough people, noise, the same again, and nobody who withdrew."""

import dataclasses
import math
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_protocol import Band, Scope
from kizashi_protocol.consent import FIGURES_ROUNDED_TO, SMALLEST_GROUP
from kizashi_server.errors import ReleaseRefused, StoreUnavailable
from kizashi_server.release.cohort import cohort_rows
from kizashi_server.release.cohort_release import (
    RELEASE_EPSILON,
    RELEASED_FROM,
    figures_of,
    release_month,
)
from kizashi_server.release.noise import laplace_noise
from kizashi_server.store.database import TOMBSTONES_NAME
from kizashi_server.store.holdings_contract import HoldingsStore, Subject
from kizashi_server.store.holdings_database import open_holdings, open_holdings_to_read
from kizashi_server.store.release_contract import Release, ReleaseLedger
from kizashi_server.store.standing_holdings import read_standing

from tests.server.laptop import Laptop, Person
from tests.server.memory_holdings import MemoryHoldings
from tests.server.memory_releases import MemoryReleases
from tests.server.standing_people import contribute
from tests.server.world import PROGRAMME, START, make_world

LAPTOP = make_world().laptop
MONTH = "2026-12"
"""Over at `START`, 15 January 2027."""

PEOPLE = [Person(bytes([number]) * 3) for number in range(40)]
COUNTS = st.fixed_dictionaries({band: st.integers(0, 40) for band in Band})
NOISES = st.lists(st.integers(-30, 30), min_size=3, max_size=3)


@pytest.fixture(params=["memory", "sqlite"])
def holdings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HoldingsStore]:
    """Each store of what is kept."""
    made: HoldingsStore = MemoryHoldings() if request.param == "memory" else open_holdings(tmp_path)
    yield made
    made.close()


class Noise:
    """Adds nothing or what it is told to, and remembers what it was added to."""

    def __init__(self, added: Sequence[int] = (0, 0, 0)) -> None:
        """Adds these to the three counts."""
        self.added = added
        self.seen: list[Sequence[int]] = []

    def __call__(self, counts: Sequence[int]) -> Sequence[int]:
        """See `cohort_release.Noise`."""
        self.seen.append(tuple(counts))
        return [count + more for count, more in zip(counts, self.added, strict=True)]


def released(
    holdings: HoldingsStore,
    ledger: ReleaseLedger,
    noise: Noise,
    month: str = MONTH,
    laptop: Laptop = LAPTOP,
) -> Release:
    """The release about a month, asked for at `START`."""
    return release_month(PROGRAMME, laptop.terms, month, START, holdings, ledger, noise)


def fill(
    holdings: HoldingsStore, people: Sequence[Person], month: str = MONTH
) -> Sequence[Subject]:
    """Each person had more of the movements in a month."""
    return [contribute(holdings, LAPTOP, person, month, Band.MORE) for person in people]


# --- What may be told of counts


@given(COUNTS, NOISES)
def test_nothing_is_told_of_fewer_than_eleven(counts: dict[Band, int], added: list[int]) -> None:
    """Whatever the noise; and of more only where the counts with their noise add up to enough."""
    noised = [count + more for count, more in zip(counts.values(), added, strict=True)]
    figures = figures_of(counts, Noise(added))
    if sum(counts.values()) < SMALLEST_GROUP or sum(noised) < RELEASED_FROM:
        assert figures is None
    else:
        assert figures is not None
        assert list(figures) == list(Band)


@given(COUNTS, NOISES)
def test_figures_are_noised_never_negative_and_rounded(
    counts: dict[Band, int], added: list[int]
) -> None:
    """Each is the multiple of five nearest to the noised count, or to 0 where that is below."""
    figures = figures_of(counts, Noise(added))
    for band, more in zip(Band, added, strict=True):
        if figures is not None:
            assert figures[band] % FIGURES_ROUNDED_TO == 0
            assert abs(figures[band] - max(counts[band] + more, 0)) < FIGURES_ROUNDED_TO / 2


def test_who_is_told_of_is_decided_on_noised_counts() -> None:
    """Of one and the same group the noise alone may say that it is too small."""
    counts = {Band.MORE: RELEASED_FROM}
    assert figures_of(counts, Noise((0, 0, -1))) is None
    assert figures_of(counts, Noise((0, 0, 0))) is not None


# --- The noise


def test_the_noise_is_there_and_as_strong_as_stated() -> None:
    """Of 3,000 draws the shares of 0 and of 1 either way are those of the distribution.

    A share's standard deviation is below .0092; a bound of .05 fails a sound draw less than once in
    ten million runs, and noise of half or twice the strength always.
    """
    draws = np.array(laplace_noise([100] * 3000, RELEASE_EPSILON)) - 100
    shrink = math.exp(-RELEASE_EPSILON)
    nothing = (1 - shrink) / (1 + shrink)
    assert abs(np.mean(draws == 0) - nothing) < 0.05
    assert abs(np.mean(np.abs(draws) == 1) - 2 * nothing * shrink) < 0.05
    assert draws.dtype.kind == "i"


def test_the_probability_of_letting_ten_through_is_as_stated() -> None:
    """Worked out from the distribution: 8 in a million for the noise, 3 in 100,000 for delta."""
    reach = np.arange(-100, 101)
    shrink = math.exp(-RELEASE_EPSILON)
    one = (1 - shrink) / (1 + shrink) * shrink ** np.abs(reach)
    three = np.convolve(np.convolve(one, one), one)
    centre = len(three) // 2
    through = three[centre + RELEASED_FROM - (SMALLEST_GROUP - 1) :].sum()
    assert through < 8e-6
    assert (1 + math.exp(RELEASE_EPSILON)) * through < 3e-5


def test_without_the_library_the_error_says_how_to_install_it() -> None:
    """In an interpreter that cannot import it."""
    code = (
        "import sys; sys.modules['opendp'] = None\n"
        "from kizashi_server.release.noise import laplace_noise\n"
        "from kizashi_server.errors import ReleaseRefused\n"
        "try: laplace_noise([1, 2, 3], 1)\n"
        "except ReleaseRefused as error: print(error.reason, error.person)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("EXTRA_MISSING")
    assert "pip install '.[server,cohort]'" in done.stdout


def test_nothing_else_of_the_server_loads_the_library() -> None:
    """A site that releases no figures need not have it."""
    code = "import sys, kizashi_server.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "kizashi_server.command_line.cohort" in loaded
    assert not [name for name in loaded if name.startswith("opendp")]


# --- A month's release


def test_people_are_counted_once_by_the_band_of_the_month(holdings: HoldingsStore) -> None:
    """The last of a month counts, other months and programmes do not."""
    ledger, noise = MemoryReleases(), Noise()
    fill(holdings, PEOPLE)
    fill(holdings, PEOPLE[:5], "2026-11")
    for person in PEOPLE[:10]:
        contribute(holdings, LAPTOP, person, MONTH, Band.FEWER)
    release = released(holdings, ledger, noise)
    assert noise.seen == [(10, 0, 30)]
    assert release.figures == {Band.FEWER: 10, Band.ABOUT_AS_MANY: 0, Band.MORE: 30}
    assert (release.epsilon, release.release_time) == (RELEASE_EPSILON, START)


def test_asked_again_the_same_release_is_told(holdings: HoldingsStore) -> None:
    """There is no second draw, so that repeating tells nothing."""
    ledger = MemoryReleases()
    fill(holdings, PEOPLE)
    first = released(holdings, ledger, Noise((1, 2, 3)))
    again = Noise((30, 30, 30))
    assert released(holdings, ledger, again) == first
    assert again.seen == []


def test_too_few_stays_too_few(holdings: HoldingsStore) -> None:
    """A draw that said so is not drawn again until it says otherwise."""
    ledger = MemoryReleases()
    fill(holdings, PEOPLE[: SMALLEST_GROUP - 1])
    assert released(holdings, ledger, Noise((0, 0, 30))).figures is None
    fill(holdings, PEOPLE)
    assert released(holdings, ledger, Noise()).figures is None


def test_whoever_withdraws_is_in_no_later_release(holdings: HoldingsStore) -> None:
    """What was released before stays as it is."""
    ledger, noise = MemoryReleases(), Noise()
    fill(holdings, PEOPLE)
    subjects = fill(holdings, PEOPLE, "2026-11")
    before = released(holdings, ledger, noise)
    for each in subjects[:15]:
        holdings.withdraw(each.digest, each.scope, each.programme_id, START)
    later = released(holdings, ledger, noise, "2026-11").figures
    assert later == {Band.FEWER: 0, Band.ABOUT_AS_MANY: 0, Band.MORE: 25}
    assert noise.seen == [(0, 0, 40), (0, 0, 25)]
    assert released(holdings, ledger, noise) == before


FATES = st.lists(
    st.sampled_from(["holds", "withdrawn", "expired", "another programme", "another operator"]),
    max_size=30,
)


@settings(max_examples=20, deadline=None)
@given(FATES)
def test_exactly_those_count_whose_consent_holds(fates: list[str]) -> None:
    """Whatever became of the others' consents."""
    holdings, noise = MemoryHoldings(), Noise()
    other = dataclasses.replace(LAPTOP.terms, scoring_operator="Another Lab")
    for person, fate in zip(PEOPLE, fates, strict=False):
        changes: dict[str, dict[str, Any]] = {
            "expired": {"given_time": START - 10, "expire_time": START},
            "another programme": {"terms": dataclasses.replace(LAPTOP.terms, programme_id="other")},
            "another operator": {"terms": other},
        }
        whose = contribute(
            holdings,
            LAPTOP,
            person,
            MONTH,
            Band.MORE,
            change=partial(dataclasses.replace, **changes.get(fate, {})),
        )
        if fate == "withdrawn":
            holdings.withdraw(whose.digest, whose.scope, whose.programme_id, START)
    released(holdings, MemoryReleases(), noise)
    assert noise.seen == [(0, 0, fates.count("holds"))]


def test_who_has_a_tombstone_is_not_counted_before_a_server_clears_it(tmp_path: Path) -> None:
    """As when a backup was restored, or a withdrawal was cut off, and no server has started since."""
    holdings = open_holdings(tmp_path)
    whose = contribute(holdings, LAPTOP, PEOPLE[0], MONTH, Band.MORE)
    holdings.close()
    with closing(sqlite3.connect(tmp_path / TOMBSTONES_NAME)) as connection, connection:
        connection.execute(
            "INSERT INTO tombstones VALUES (?, 'cohort', 'self-check', ?, ?)",
            (whose.digest, whose.recovery_digest, START),
        )
    read, noise = open_holdings_to_read(tmp_path), Noise()
    assert read.held(whose.digest) is not None
    released(read, MemoryReleases(), noise)
    read.close()
    assert noise.seen == [(0, 0, 0)]


@pytest.mark.parametrize("month", ["2027-01", "2027-02", "9999-12"])
def test_a_month_that_is_not_over_is_not_released(month: str) -> None:
    """Who checks on its last day is to be counted, and it is released once."""
    ledger, noise = MemoryReleases(), Noise()
    with pytest.raises(ReleaseRefused) as caught:
        released(MemoryHoldings(), ledger, noise, month)
    assert caught.value.reason == "MONTH_NOT_OVER"
    assert noise.seen == []
    assert ledger.find(PROGRAMME.id, month) is None


def test_nothing_is_told_that_does_not_stand_in_the_ledger() -> None:
    """Where it cannot be written, the draw is thrown away."""

    class Full(MemoryReleases):
        """Has no room."""

        def write(self, release: Release, budget: int) -> Release:
            raise StoreUnavailable("the disk is full")

    with pytest.raises(StoreUnavailable):
        released(MemoryHoldings(), Full(), Noise())


def test_the_budget_of_the_programme_is_kept() -> None:
    """Seven months within thirteen are one too many for six."""
    ledger = MemoryReleases()
    for number in range(1, 1 + PROGRAMME.release_budget):
        released(MemoryHoldings(), ledger, Noise(), f"2026-{number:02}")
    with pytest.raises(ReleaseRefused) as caught:
        released(MemoryHoldings(), ledger, Noise(), "2026-12")
    assert caught.value.reason == "BUDGET_SPENT"
    assert released(MemoryHoldings(), ledger, Noise(), "2026-01").figures is None


def test_what_is_read_shows_nobody(holdings: HoldingsStore) -> None:
    """Neither key, nor consent, nor result is in a repr."""
    whose = contribute(holdings, LAPTOP, PEOPLE[0], MONTH, Band.MORE)
    (found,) = read_standing(holdings, Scope.COHORT, PROGRAMME.id)
    (row,) = cohort_rows(holdings, PROGRAMME.id)
    for text in (repr(found), repr(row)):
        assert "more" not in text
        assert repr(whose.digest) not in text
        assert whose.consent not in text
