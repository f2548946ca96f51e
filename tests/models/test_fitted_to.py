"""Whom a scorer was fitted to is known by their summaries, whatever file those stand in."""

import dataclasses

import pytest
from kizashi_models.card import Card
from kizashi_models.errors import BadCard
from kizashi_models.fitted_to import FITTED_TO, digests_of, fitted_to, seen_among
from kizashi_models.registry import find_card

from tests.models.scoring import summary_at

PEOPLE = [summary_at(z / 10) for z in range(5)]


def card_of(value: object) -> Card:
    """The prior's card, with this said of whom it was fitted to."""
    return dataclasses.replace(find_card("research_prior_1"), provenance={FITTED_TO: value})


def test_those_in_common_are_found_in_any_order() -> None:
    """Of three whom it knows, two are among the others, one of them twice."""
    card = card_of(digests_of(PEOPLE[:3]))
    assert seen_among(card, [PEOPLE[4], PEOPLE[2], PEOPLE[1], PEOPLE[1]]) == [1, 2, 3]
    assert seen_among(card, PEOPLE[3:]) == []


def test_a_digest_is_of_what_was_measured_alone_and_short() -> None:
    """Equal summaries have equal digests, and their order says nothing."""
    found = digests_of(PEOPLE)
    assert found == sorted(found) == digests_of(reversed(PEOPLE))
    assert {len(each) for each in found} == {16}
    assert len(set(found)) == len(PEOPLE)


def test_a_card_that_says_nothing_knows_nobody() -> None:
    """As the packaged prior, which no person went into."""
    assert fitted_to(find_card("research_prior_1")) == []


@pytest.mark.parametrize("value", [None, "0123", [1], {"a": 1}])
def test_what_is_no_list_of_digests_is_refused(value: object) -> None:
    """Else an overlap would pass unseen."""
    with pytest.raises(BadCard, match="fitted_to"):
        fitted_to(card_of(value))
