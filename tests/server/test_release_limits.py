"""What releases tell at most, stated where an operator and a person read it, is what they tell."""

import math
import re
from pathlib import Path

import pytest
from kizashi_protocol import LOCALES, Band, Locale, Scope, consent_text
from kizashi_protocol.consent import SMALLEST_GROUP
from kizashi_server.release.cohort_release import RELEASE_EPSILON, RELEASED_FROM, release_month
from kizashi_server.release_budget import CONSENT_MONTHS

from tests.server.laptop import Person
from tests.server.memory_holdings import MemoryHoldings
from tests.server.memory_releases import MemoryReleases
from tests.server.standing_people import contribute
from tests.server.world import PROGRAMME, START, make_world

DEPLOY = Path(__file__).parents[2] / "deploy"
DELTA = 3e-5
"""Of one release, as stated; tests/server/test_cohort_release.py works it out."""

STATED = re.compile(r"epsilon (\d+),? (?:and )?delta below (\d+) in 10,000")


def added_up(releases: int, keys: int) -> tuple[int, float]:
    """Epsilon and delta of so many releases for a person counted under one or two keys.

    Dwork and Roth (2014), theorem 3.16: both add up. Two keys are two steps between neighbours:
    e^epsilon times the delta of one comes to that of the other.
    """
    one = DELTA if keys == 1 else (1 + math.exp(RELEASE_EPSILON)) * DELTA
    return releases * keys * RELEASE_EPSILON, releases * one


def test_what_releases_add_up_to_is_as_stated() -> None:
    """For the default budget and the largest, one key and two; rounded up and no further."""
    sums = [
        added_up(releases, keys)
        for releases in (PROGRAMME.release_budget, CONSENT_MONTHS)
        for keys in (1, 2)
    ]
    rounded_up = [(epsilon, math.ceil(delta * 10_000)) for epsilon, delta in sums]
    for name, expected in (("README.md", rounded_up), ("THREATS.md", rounded_up[:2])):
        told = STATED.findall((DEPLOY / name).read_text("utf-8"))
        assert [(int(epsilon), int(delta)) for epsilon, delta in told] == expected


@pytest.mark.parametrize("locale", LOCALES)
def test_the_person_is_told_what_is_counted_and_how_well_it_is_covered(locale: Locale) -> None:
    """Keys and not people, the limit of one release, and that limits add up."""
    text = consent_text(Scope.COHORT, locale, make_world().laptop.terms).text
    said = {
        "en": (
            f"fewer than {SMALLEST_GROUP} who agreed, as far as the server can tell",
            "counts keys and not people",
            f"epsilon {RELEASE_EPSILON}, delta below 3 in 100,000",
            "add up",
            "two keys",
        ),
        "ja": (
            f"サーバーに分かる範囲で {SMALLEST_GROUP} 人",
            "人ではなく鍵",
            f"イプシロン{RELEASE_EPSILON}、デルタ10万分の3未満",
            "足し合わされ",
            "2つの鍵",
        ),
    }
    assert [each for each in said[locale] if each not in text] == []


def test_made_up_keys_lift_a_small_group_over_the_least() -> None:
    """One person's check among keys that somebody else made: the server cannot tell them apart."""
    holdings, laptop = MemoryHoldings(), make_world().laptop
    contribute(holdings, laptop, Person(b"one"), "2026-12", Band.FEWER)
    for number in range(RELEASED_FROM):
        contribute(holdings, laptop, Person(bytes([number]) * 3), "2026-12", Band.MORE)
    released = release_month(
        PROGRAMME, laptop.terms, "2026-12", START, holdings, MemoryReleases(), lambda counts: counts
    )
    assert released.figures is not None
