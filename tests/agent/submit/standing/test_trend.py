"""A person's own trend, fetched and shown."""

from pathlib import Path

from kizashi_agent.commands.consent import fetch_own_trend
from kizashi_agent.show.standing import show_trend
from kizashi_protocol import Band, Scope

from tests.agent.submit.standing.in_process import Person
from tests.server.world import DAY


def test_a_trend_is_shown_in_words(person: Person) -> None:
    """A line a check, the oldest first, with its day; nothing stays with the server's replies."""
    person.give(Scope.TREND)
    person.check(z=2.0)
    person.server.world.clock.seconds += DAY
    person.check(z=-2.0)
    entries = fetch_own_trend(person.invite, person.world)
    assert [each.band for each in entries] == [Band.MORE, Band.FEWER]
    person.printed()
    show_trend(person.world.console, "en", entries)
    lines = person.printed().splitlines()
    assert lines[1:3] == [
        "2027-01-15  more of these movements than the norm",
        "2027-01-16  fewer of these movements than the norm",
    ]


def test_another_laptop_has_another_trend(person: Person, tmp_path: Path) -> None:
    """A seed of its own opens nothing of somebody else's."""
    person.give(Scope.TREND)
    person.check()
    other = Person(tmp_path / "other", person.server)
    assert fetch_own_trend(other.invite, other.world) == ()
