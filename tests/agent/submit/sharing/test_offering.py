"""Sharing from the laptop: who is asked, when, and with which words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.commands.share import offer_sharing
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.submit.checking import Submitted, submit_check
from kizashi_agent.words import say
from kizashi_protocol import (
    Acknowledgement,
    Check,
    Recipient,
    Scope,
    Share,
    consent_text,
    read_consent,
)
from kizashi_protocol.consent import readable_fingerprint

from tests.agent.submit.laptop import AGREEMENT, Laptop
from tests.agent.submit.sharing.person import (
    OTHER,
    Person,
    laptop_of,
    offered,
    share_of,
    surroundings_of,
)
from tests.protocol.values import (
    NOW,
    TERMS,
    counsellor,
    summary,
)


def test_consent_names_the_counsellor_before_it_is_asked(laptop: Laptop) -> None:
    """The text signed is the text shown, with name and fingerprint."""
    _, person = offered(laptop, True, True)
    share, _ = share_of(laptop)
    record = read_consent(share.consents[2])
    assert record.recipient is not None
    text = consent_text(Scope.SHARE, "en", TERMS, record.recipient)
    assert record.text_digest == text.digest
    assert " ".join(text.text.split()) in person.words()
    assert counsellor().name in person.words()
    assert readable_fingerprint(counsellor().fingerprint) in person.words()
    assert person.asked == [say("en", "share_question"), say("en", "agree_question")]


@pytest.mark.parametrize("answers", [(False,), (True, False)])
def test_a_no_shares_nothing(laptop: Laptop, answers: tuple[bool, ...]) -> None:
    """To the offer or to the consent: nothing is sent and nothing noted."""
    left, _ = offered(laptop, *answers)
    assert left is None
    assert laptop.contents() == [Check, Acknowledgement]
    assert not laptop.sent().shared


def test_each_counsellor_is_asked_about_apart(tmp_path: Path) -> None:
    """A no to the first leads to the second; only who was agreed to can open it."""
    laptop = laptop_of(tmp_path / "state", OTHER, counsellor())
    left, person = offered(laptop, True, False, True)
    assert left is not None
    share, _ = share_of(laptop)
    assert share.sealed.key_id == counsellor().public.key_id
    assert person.words().count("Second Counsellor") > 1


def agreed_by_command(laptop: Laptop) -> Submitted:
    """A check that a command line consented to."""
    agreement = replace(AGREEMENT, method="command_line")
    return submit_check(summary(), agreement, laptop.exchanger)


NOBODY: dict[str, Callable[[Laptop, Person], tuple[Submitted, Surroundings]]] = {
    "nobody at a terminal": lambda laptop, _: (
        laptop.submit(),
        surroundings_of(laptop, None),
    ),
    "no account": lambda laptop, person: (
        laptop.submit(),
        surroundings_of(laptop, person, account=False),
    ),
    "agreed to on a command line": lambda laptop, person: (
        agreed_by_command(laptop),
        surroundings_of(laptop, person),
    ),
    "no proof of opening": lambda laptop, person: (
        replace(laptop.submit(), opening_nonce=None),
        surroundings_of(laptop, person),
    ),
}


@pytest.mark.parametrize("case", NOBODY)
def test_nobody_is_asked_where_nothing_could_be_shared(laptop: Laptop, case: str) -> None:
    """And nothing is sent without having been asked."""
    person = Person([])
    submitted, world = NOBODY[case](laptop, person)
    assert offer_sharing(submitted, laptop.exchanger, world) is None
    assert person.asked == []
    assert Share not in laptop.contents()


@pytest.mark.parametrize(
    "recipients",
    [(), (counsellor(start=NOW + 1),), (counsellor(programme_id="autumn-check"),)],
    ids=["none", "not yet", "another programme"],
)
def test_without_a_counsellor_nobody_is_asked(
    tmp_path: Path, recipients: tuple[Recipient, ...]
) -> None:
    """There is nothing to choose."""
    _, person = offered(laptop_of(tmp_path / "state", *recipients))
    assert person.asked == []
