"""Counts of a cohort: each person once a period, and nobody without a consent that holds."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import Band
from kizashi_protocol.consent import ConsentRecord, Scope, Terms, consent_text
from kizashi_server.release.cohort import (
    CohortRow,
    Contribution,
    cohort_counts,
    contribution_at,
    parse_contribution,
)

TERMS = Terms("self-check", "Self-check", "Campus", "Lab", b"f" * 32)
TEXT = consent_text(Scope.COHORT, "en", TERMS)
GIVEN, EXPIRE = 1_800_000_000, 1_800_003_600
CONSENT = ConsentRecord(
    scope=Scope.COHORT,
    report_id=None,
    terms=TERMS,
    text_version=TEXT.version,
    locale="en",
    text_digest=TEXT.digest,
    given_time=GIVEN,
    expire_time=EXPIRE,
    adult=True,
    method="interactive",
    subject=b"k" * 32,
    recovery_digest=b"v" * 32,
)

CONTRIBUTIONS = st.builds(
    Contribution, st.sampled_from(["2026-11", "2026-12"]), st.sampled_from(Band)
)
ROWS = st.lists(
    st.builds(
        CohortRow,
        st.sampled_from([b"a", b"b", b"c"]),
        st.just(CONSENT) | st.just(dataclasses.replace(CONSENT, expire_time=GIVEN)),
        st.none() | st.sampled_from([GIVEN - 1, GIVEN]),
        CONTRIBUTIONS,
    ),
    max_size=20,
)


def row(person: bytes, period: str, band: Band) -> CohortRow:
    """A contribution under a consent that holds."""
    return CohortRow(person, CONSENT, None, Contribution(period, band))


def test_people_are_counted_by_period_and_band() -> None:
    """Each once a period, by the last of theirs."""
    rows = [
        row(b"a", "2026-11", Band.MORE),
        row(b"a", "2026-11", Band.FEWER),
        row(b"a", "2026-12", Band.MORE),
        row(b"b", "2026-11", Band.FEWER),
    ]
    assert cohort_counts(rows, TERMS, GIVEN) == {
        "2026-11": {Band.FEWER: 2},
        "2026-12": {Band.MORE: 1},
    }


@given(ROWS)
def test_nobody_counts_twice_or_without_consent(rows: list[CohortRow]) -> None:
    """In every period exactly those count who have a row whose consent holds, each once."""
    counts = cohort_counts(rows, TERMS, GIVEN)
    for period in ("2026-11", "2026-12"):
        people = {
            each.person
            for each in rows
            if each.contribution.period == period
            and each.consent == CONSENT
            and each.withdrawn_time != GIVEN
        }
        assert sum(counts.get(period, {}).values()) == len(people)


@pytest.mark.parametrize("now", [EXPIRE, EXPIRE + 1])
def test_the_expired_are_left_out(now: int) -> None:
    """A later count has no place for whose consent has ended."""
    assert cohort_counts([row(b"a", "2026-11", Band.MORE)], TERMS, now) == {}


def test_a_change_of_terms_leaves_everybody_out() -> None:
    """Nobody consented to the new operator's figures."""
    other = dataclasses.replace(TERMS, scoring_operator="Another")
    assert cohort_counts([row(b"a", "2026-11", Band.MORE)], other, GIVEN) == {}


@given(CONTRIBUTIONS)
def test_a_contribution_comes_back(contribution: Contribution) -> None:
    """As it was kept."""
    assert parse_contribution(contribution.to_bytes()) == contribution


@given(st.integers(0, 2**33), st.sampled_from(Band))
def test_a_moment_falls_in_a_month(now: int, band: Band) -> None:
    """Year and month are all that is kept of the time, and one size whatever they are."""
    made = contribution_at(now, band)
    assert parse_contribution(made.to_bytes()) == made
    assert len(made.period) == 7


@pytest.mark.parametrize("data", [b"", b"2026-13 more", b"2026-11 most", b"2026-1 more", b"\xff"])
def test_other_bytes_are_no_contribution(data: bytes) -> None:
    """A month that is none, or a band that is none."""
    with pytest.raises(ValueError):  # noqa: PT011 - any misfit
        parse_contribution(data)


def test_a_contribution_shows_no_band() -> None:
    """Neither it nor its row names the result or the person in a repr."""
    text = repr(row(b"somebody", "2026-11", Band.MORE))
    assert "more" not in text
    assert "somebody" not in text
