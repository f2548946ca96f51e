"""Sharing the feedback of checks that waited: offered like any other, and one keeps no other."""

from datetime import UTC, datetime

import pytest
from kizashi_agent.commands.send import SendOutcome, send_waiting
from kizashi_agent.commands.share import offer_sharing_late
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.words import say
from kizashi_protocol import Acknowledgement, Check, Share

from tests.agent.submit.laptop import Laptop
from tests.agent.submit.sharing.person import GONE, Person, surroundings_of
from tests.protocol.values import NOW

YES = [say("en", "share_question"), say("en", "agree_question")]


def sent_late(laptop: Laptop, person: Person, checks: int = 1) -> SendOutcome:
    """Checks that found no server, sent now."""
    for _ in range(checks):
        laptop.server.faults.append(GONE)
        with pytest.raises(ServerUnreachable):
            laptop.submit()
    outcome = send_waiting(surroundings_of(laptop, person))
    assert len(outcome.sent) == checks
    return outcome


def test_a_feedback_that_came_late_can_be_shared(laptop: Laptop) -> None:
    """Asked as after a check, with the day of it; noted so that it can be taken back."""
    person = Person([True, True])
    outcome = sent_late(laptop, person)
    assert offer_sharing_late(outcome, surroundings_of(laptop, person)).failed == ()
    assert person.asked == YES
    day = datetime.fromtimestamp(NOW, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    assert say("en", "share_title", date=day) in person.words()
    assert "kizashi-share://" in person.words()
    assert laptop.contents() == [Check, Acknowledgement, Share, Acknowledgement]
    assert laptop.sent().shared


def test_a_no_shares_nothing_that_came_late(laptop: Laptop) -> None:
    """Nothing more is sent."""
    person = Person([False])
    outcome = sent_late(laptop, person)
    offer_sharing_late(outcome, surroundings_of(laptop, person))
    assert laptop.contents() == [Check, Acknowledgement]


def test_a_sharing_that_fails_keeps_no_other(laptop: Laptop) -> None:
    """The server is gone for the first; the second is still asked about, and the fault is told."""
    person = Person([True, True, True, True])
    outcome = sent_late(laptop, person, checks=2)
    laptop.server.faults.append(GONE)
    after = offer_sharing_late(outcome, surroundings_of(laptop, person))
    assert [each.reason for each in after.failed] == ["SERVER_UNREACHABLE"]
    assert person.asked == YES + YES
    assert laptop.contents().count(Share) == 1
    assert outcome.sent[0].agreed_time == NOW
