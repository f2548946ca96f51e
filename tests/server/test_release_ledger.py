"""The ledger of releases: one contract, run on each store; and how much may be spent."""

import dataclasses
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import Band
from kizashi_server.errors import ReleaseRefused, StoreUnavailable
from kizashi_server.release_budget import (
    CONSENT_MONTHS,
    check_budget,
    is_month,
    is_over,
    spent_together,
)
from kizashi_server.store.database import DATABASE_NAME, open_releases
from kizashi_server.store.release_contract import Release, ReleaseLedger

from tests.server.memory_releases import MemoryReleases

FIGURES = {Band.FEWER: 5, Band.ABOUT_AS_MANY: 20, Band.MORE: 0}
OCTOBER = Release("self-check", "2026-10", 1, 1_800_000_000, FIGURES)
TOO_FEW = dataclasses.replace(OCTOBER, period="2026-09", figures=None)
MONTHS = [f"{year}-{month:02}" for year in (2025, 2026, 2027) for month in range(1, 13)]


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReleaseLedger]:
    """Each ledger that keeps the contract."""
    made: ReleaseLedger = (
        MemoryReleases() if request.param == "memory" else open_releases(tmp_path / DATABASE_NAME)
    )
    yield made
    made.close()


@pytest.mark.parametrize("release", [OCTOBER, TOO_FEW], ids=["figures", "too few"])
def test_a_release_stands_as_it_was_written(ledger: ReleaseLedger, release: Release) -> None:
    """Whatever is drawn for its month later."""
    assert ledger.find(release.programme_id, release.period) is None
    assert ledger.write(release, 1) == release
    later = dataclasses.replace(release, release_time=1, figures=dict.fromkeys(Band, 100))
    assert ledger.write(later, 13) == release
    assert ledger.find(release.programme_id, release.period) == release


def test_programmes_have_ledgers_of_their_own(ledger: ReleaseLedger) -> None:
    """What one has spent or released, another has not."""
    other = dataclasses.replace(OCTOBER, programme_id="other", figures=None)
    assert ledger.write(OCTOBER, 1) == OCTOBER
    assert ledger.write(other, 1) == other
    assert ledger.find("other", OCTOBER.period) == other


def test_what_is_over_the_budget_is_not_written(ledger: ReleaseLedger) -> None:
    """A month that was told to have too few has spent as much; a repetition spends nothing."""
    ledger.write(TOO_FEW, 1)
    with pytest.raises(ReleaseRefused) as caught:
        ledger.write(OCTOBER, 1)
    assert caught.value.reason == "BUDGET_SPENT"
    assert "release_budget" in caught.value.person
    assert ledger.find(OCTOBER.programme_id, OCTOBER.period) is None
    assert ledger.write(TOO_FEW, 1) == TOO_FEW


def test_of_many_at_once_all_are_given_the_same(ledger: ReleaseLedger) -> None:
    """Whoever draws second is given what the first drew."""
    ready, given_back = threading.Barrier(6), []

    def write(number: int) -> None:
        ready.wait()
        drawn = dataclasses.replace(OCTOBER, figures=dict.fromkeys(Band, 5 * number))
        given_back.append(ledger.write(drawn, 1))

    workers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert given_back == [ledger.find(OCTOBER.programme_id, OCTOBER.period)] * 6


def test_a_release_survives_its_process(tmp_path: Path) -> None:
    """It stands in the database, to be found by the next command."""
    first = open_releases(tmp_path / DATABASE_NAME)
    first.write(OCTOBER, 1)
    first.close()
    second = open_releases(tmp_path / DATABASE_NAME)
    assert second.find(OCTOBER.programme_id, OCTOBER.period) == OCTOBER
    second.close()


def test_a_ledger_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """And no release."""
    ledger = open_releases(tmp_path / DATABASE_NAME)
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection, connection:
        connection.execute("DROP TABLE cohort_releases")
    with pytest.raises(StoreUnavailable):
        ledger.write(OCTOBER, 1)
    ledger.close()


@given(st.lists(st.sampled_from(MONTHS), max_size=60), st.integers(1, CONSENT_MONTHS))
def test_no_thirteen_months_spend_more_than_the_budget(asked: list[str], budget: int) -> None:
    """In whatever order months are asked for; and what is refused would have been too much."""
    spent: dict[str, int] = {}

    def heaviest(months: dict[str, int]) -> int:
        windows = (MONTHS[n : n + CONSENT_MONTHS] for n in range(len(MONTHS)))
        return max(sum(months.get(each, 0) for each in window) for window in windows)

    for month in dict.fromkeys(asked):
        try:
            check_budget(spent, month, 1, budget)
        except ReleaseRefused:
            assert heaviest(spent | {month: 1}) > budget
        else:
            spent[month] = 1
    assert heaviest(spent) <= budget


def test_months_far_apart_have_budgets_of_their_own() -> None:
    """Thirteen months apart no consent is in both."""
    assert spent_together({"2025-01": 1}, "2026-01") == 1
    assert spent_together({"2025-01": 1}, "2026-02") == 0
    assert spent_together({"2026-02": 1, "2024-02": 1}, "2025-02") == 1


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "26-01", "soon", "", "2026-011"])
def test_other_texts_are_no_month(text: str) -> None:
    """Months are written as ISO 8601 writes them."""
    assert not is_month(text)
    assert is_month("2026-11")


def test_a_month_is_over_when_the_next_begins() -> None:
    """By UTC: 1 December 2026, 00:00."""
    december = 1_796_083_200
    assert not is_over("2026-11", december - 1)
    assert is_over("2026-11", december)
    assert not is_over("2027-01", december)
