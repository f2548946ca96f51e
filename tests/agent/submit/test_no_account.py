"""A check without an account: answered like any other, with nothing kept and nothing to resume."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import ServerUnreachable, TrustBroken
from kizashi_agent.submit.checking import submit_check
from kizashi_agent.submit.trust import fetch_directory
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import read_consent

from tests.agent.submit.laptop import AGREEMENT, Laptop
from tests.agent.submit.test_withdraw_all import surroundings
from tests.protocol.values import NOW, feedback, summary

GONE = ServerUnreachable("gone", "Gone.", reason="SERVER_UNREACHABLE")


def without(laptop: Laptop) -> Surroundings:
    """The laptop's surroundings for one such check."""
    return surroundings(laptop).without_account(laptop.exchanger.connection.invite)


def test_it_is_answered_and_leaves_nothing(laptop: Laptop) -> None:
    """Feedback and acknowledgement come, and the agent's folder is not made."""
    world = without(laptop)
    done = submit_check(summary(), AGREEMENT, world.exchanger(laptop.exchanger.connection))
    assert done.feedback == feedback()
    assert done.acknowledged
    assert not laptop.state.folder.exists()


def test_two_of_them_share_no_key(laptop: Laptop) -> None:
    """Each has a seed of its own, which ends with it."""
    for _ in range(2):
        submit_check(summary(), AGREEMENT, without(laptop).exchanger(laptop.exchanger.connection))
    checks = [report.content for _, report in laptop.server.reports][::2]
    subjects = [read_consent(each).subject for check in checks for each in check.consents]  # type: ignore[union-attr]
    assert len(set(subjects)) == 4


def test_it_does_not_wait_on_the_laptop(laptop: Laptop) -> None:
    """A server that is away ends it, and nobody is told of a later try."""
    world = without(laptop)
    laptop.server.faults.append(GONE)
    with pytest.raises(ServerUnreachable) as caught:
        submit_check(summary(), AGREEMENT, world.exchanger(laptop.exchanger.connection))
    assert caught.value.person == GONE.person
    assert not laptop.state.folder.exists()


def test_tried_again_at_once_it_is_the_same_report(laptop: Laptop) -> None:
    """The very envelope, so that a check whose answer was lost is not scored twice."""
    exchanger = without(laptop).exchanger(laptop.exchanger.connection)
    report_id = os.urandom(16)
    laptop.server.faults.append(GONE)
    with pytest.raises(ServerUnreachable):
        submit_check(summary(), AGREEMENT, exchanger, report_id=report_id)
    submit_check(summary(), AGREEMENT, exchanger, report_id=report_id)
    first, again, *_ = laptop.server.envelopes
    assert first == again
    assert first.header.report_id == report_id
    assert waiting_checks(exchanger.state).paths() == []


def test_an_older_directory_is_refused_all_the_same(laptop: Laptop) -> None:
    """What this laptop has seen protects such a check too."""
    connection = laptop.exchanger.connection
    root = connection.invite.root_fingerprint
    laptop.state.remember_directory_version(root, connection.directory.version + 1)
    world = without(laptop)
    with pytest.raises(TrustBroken):
        fetch_directory(
            connection.server, connection.invite, world.state, lambda: NOW, world.recorder
        )


def test_an_account_stays_as_it_is(laptop: Laptop) -> None:
    """No file of it changes, and no message is recorded."""
    laptop.submit()
    before = {path: path.read_bytes() for path in laptop.state.folder.rglob("*") if path.is_file()}
    world = replace(without(laptop), random_bytes=os.urandom)
    submit_check(summary(), AGREEMENT, world.exchanger(laptop.exchanger.connection))
    after = {path: path.read_bytes() for path in laptop.state.folder.rglob("*") if path.is_file()}
    assert after == before


def test_no_stray_path_leads_to_the_disk(laptop: Laptop) -> None:
    """Its folder is below a file, where none can be made."""
    assert without(laptop).state.folder.parent == Path(os.devnull)
