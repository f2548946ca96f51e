"""The history on the laptop: kept once chosen, sealed, and erased by the person alone."""

import os
import stat
from pathlib import Path

import pytest
from kizashi_agent.commands.history import clear_own
from kizashi_agent.commands.identity import back_up, restore
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.seed_store import SeedPlace
from kizashi_agent.errors import StateError
from kizashi_agent.history.store import History, HistoryOutcome, history_of, keep_check
from kizashi_protocol import Feedback, Locale, Summary

from tests.agent.history.entries import START, entry, feedback
from tests.agent.submit.standing.in_process import InProcess, Person
from tests.models.scoring import summary_at
from tests.server.world import make_world

LOCALE: Locale = "en"


@pytest.fixture
def state(tmp_path: Path) -> DeviceState:
    """A laptop's empty state."""
    return DeviceState(tmp_path / "state", os.urandom)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody at a laptop, and a server."""
    return Person(tmp_path / "laptop", InProcess(make_world()))


def turned_on(state: DeviceState) -> History:
    """The history of somebody who chose it."""
    history = history_of(state)
    history.turn(on=True)
    return history


def files(state: DeviceState) -> list[Path]:
    """Of the history."""
    return state.files.files(state.folder / "history")


def test_nothing_is_kept_until_it_is_chosen(state: DeviceState) -> None:
    """Neither a file, nor a lock, nor a seed comes of a check."""
    assert not history_of(state).is_on()
    assert keep_check(state, summary_at(), feedback(), START) is not HistoryOutcome.KEPT
    assert not state.folder.exists()
    assert state.seeds.read() is None


def test_what_is_kept_comes_back_the_oldest_first(state: DeviceState) -> None:
    """After another start of the program too."""
    history = turned_on(state)
    for day in (3, 1, 2):
        history.keep(entry(day, z=day / 10))
    again = history_of(DeviceState(state.folder, os.urandom)).read()
    assert again.entries == [entry(day, z=day / 10) for day in (1, 2, 3)]
    assert again.damaged == []


def test_turned_off_it_keeps_no_more_and_what_is_there_stays(state: DeviceState) -> None:
    """The switch is about the next checks."""
    history = turned_on(state)
    assert history.keep(entry(1))
    history.turn(on=False)
    assert not history.keep(entry(2))
    assert history.read().entries == [entry(1)]


def test_no_file_says_what_it_holds(state: DeviceState) -> None:
    """Figures, words and band are under seal, and other accounts cannot read even that."""
    turned_on(state).keep(entry(1, z=1.0))
    (path,) = files(state)
    data = path.read_bytes()
    for plain in (b"headline", entry(1, z=1.0).summary.serialise()[:16], b"extractor", b"summary"):
        assert plain not in data
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("how", ["changed", "cut", "empty", "of another name"])
def test_a_damaged_file_is_named_and_keeps_no_other(state: DeviceState, how: str) -> None:
    """It can be removed by its name; what can be read is read."""
    history = turned_on(state)
    history.keep(entry(1))
    (path,) = files(state)
    history.keep(entry(2))
    data = path.read_bytes()
    path.unlink()
    bad = path.with_name("0" * 32 + ".sealed") if how == "of another name" else path
    damage = {"changed": data[:-1] + bytes([data[-1] ^ 1]), "cut": data[:20], "empty": b""}
    bad.write_bytes(damage.get(how, data))
    kept = history.read()
    assert kept.entries == [entry(2)]
    assert [each.path for each in kept.damaged] == [bad]
    assert str(bad) in kept.damaged[0].person
    assert history.remove(bad.stem)
    assert history.read().damaged == []


def test_sealed_bytes_that_hold_no_check_are_damaged(state: DeviceState) -> None:
    """Though they open."""
    history = turned_on(state)
    history.sealed.add(b"no check")
    assert len(history.read().damaged) == 1


def test_another_seed_opens_nothing(state: DeviceState) -> None:
    """Every file is named, and none is lost by reading; the right seed opens them again."""
    turned_on(state).keep(entry(1))
    seed = state.seed()
    state.replace_seed(b"o" * 32)
    assert len(history_of(state).read().damaged) == 1
    state.replace_seed(seed)
    assert history_of(state).read().entries == [entry(1)]


def test_without_a_seed_nothing_is_made_by_reading(state: DeviceState) -> None:
    """The files are named as not opening."""
    turned_on(state).keep(entry(1))
    state.seeds.delete()
    assert len(history_of(state).read().damaged) == 1
    assert state.seeds.read() is None


def test_the_seed_stays_while_the_history_needs_it(state: DeviceState) -> None:
    """And goes with the last of it."""
    history = turned_on(state)
    history.keep(entry(1))
    state.drop_unused_seed()
    assert history.read().entries == [entry(1)]
    history.clear()
    state.drop_unused_seed()
    assert state.seeds.read() is None


def test_one_can_be_removed(state: DeviceState) -> None:
    """The others stay; a name that is not there removes nothing."""
    history = turned_on(state)
    for day in (1, 2):
        history.keep(entry(day))
    first = history.read().checks[0]
    assert history.remove(first.name)
    assert not history.remove(first.name)
    assert not history.remove("../seed")
    assert history.read().entries == [entry(2)]


def test_a_full_disk_costs_nobody_their_feedback(state: DeviceState) -> None:
    """Keeping says that it did not, and raises nothing."""
    turned_on(state)
    (state.folder / "history").write_text("in the way")
    assert keep_check(state, summary_at(), feedback(), START) is not HistoryOutcome.KEPT


def test_a_seed_out_of_reach_costs_nobody_their_feedback(state: DeviceState) -> None:
    """As a locked keyring is."""
    turned_on(state)

    class Locked:
        place = SeedPlace.KEYRING

        def read(self) -> bytes | None:
            raise StateError("locked", "Unlock it.", reason="KEYRING_UNUSABLE")

        def write(self, seed: bytes) -> None:
            raise AssertionError("nothing is written")

        def delete(self) -> None:
            raise AssertionError("nothing is deleted")

    state.seeds = Locked()
    assert keep_check(state, summary_at(), feedback(), START) is not HistoryOutcome.KEPT


def test_a_check_that_a_server_scored_is_kept_once(person: Person) -> None:
    """With the summary that was sent and the words that came back; again is the same."""
    history = turned_on(person.world.state)
    person.check(z=1.5)
    ((check,)) = history.read().checks
    kept = check.entry
    assert kept.summary == summary_at(1.5)
    assert kept.report_id == person.world.state.checks()[0].report_id
    assert (
        keep_check(person.world.state, *parts(kept.summary, kept.feedback), kept.report_id)
        is HistoryOutcome.KEPT
    )
    assert len(history.read().checks) == 1


def parts(summary: Summary, words: Feedback) -> tuple[Summary, Feedback, int]:
    """Of a check."""
    return summary, words, START


def test_without_an_account_nothing_is_kept(person: Person) -> None:
    """Though the history is on: such a check leaves nothing on the laptop."""
    history = turned_on(person.world.state)
    passing = person.world.without_account(person.invite)
    assert keep_check(passing.state, summary_at(), feedback(), START) is not HistoryOutcome.KEPT
    assert history.read().checks == []


def test_withdrawing_leaves_it_and_clearing_erases_it(person: Person) -> None:
    """It is the person's own: no server has it, and no withdrawal touches it."""
    history = turned_on(person.world.state)
    person.check()
    withdraw_all(person.world, ledger=True)
    assert len(history.read().checks) == 1
    assert clear_own(person.world).checks == 1
    assert history.read().checks == []
    assert person.world.state.seeds.read() is None


def test_a_restored_seed_opens_it(person: Person, tmp_path: Path) -> None:
    """Where the files are there; the backup itself holds none of them."""
    history = turned_on(person.world.state)
    person.check()
    back_up(person.world, tmp_path / "backup", "several words that belong nowhere")
    person.world.state.seeds.delete()
    assert history.read().checks == []
    restore(person.world, tmp_path / "backup", "several words that belong nowhere", replace=False)
    assert len(history.read().checks) == 1
