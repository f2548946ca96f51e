"""Answers that were kept: sealed beside the history, and opened by nothing else."""

import os
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.history.store import history_of
from kizashi_agent.questionnaire.kept import KeptQuestionnaires, kept_questionnaires
from kizashi_agent.questionnaire.phq9 import Answers

ANSWERS = Answers.parse([2, 1, 0, 3, 1, 0, 2, 1, 0], 1)
OTHERS = Answers.parse([0] * 9, None)


@pytest.fixture
def state(tmp_path: Path) -> DeviceState:
    """A laptop's empty state."""
    return DeviceState(tmp_path / "state", os.urandom)


@pytest.fixture
def kept(state: DeviceState) -> KeptQuestionnaires:
    """What is kept there."""
    return kept_questionnaires(state)


def test_what_is_kept_comes_back_the_oldest_first(kept: KeptQuestionnaires) -> None:
    """With the time, and a name to remove it by."""
    kept.keep(OTHERS, 200)
    first = kept.keep(ANSWERS, 100)
    found, damaged = kept.read()
    assert [(each.time, each.answers) for each in found] == [(100, ANSWERS), (200, OTHERS)]
    assert damaged == []
    assert kept.remove(first)
    assert [each.answers for each in kept.read()[0]] == [OTHERS]


def test_no_file_says_what_was_answered(state: DeviceState, kept: KeptQuestionnaires) -> None:
    """Nor is an answer in what the program would print of it."""
    kept.keep(ANSWERS, 100)
    (path,) = state.files.files(state.folder / "questionnaire")
    assert b"items" not in path.read_bytes()
    assert "2, 1, 0" not in repr(kept.read())


def test_a_damaged_file_is_named_and_keeps_no_other(
    state: DeviceState, kept: KeptQuestionnaires
) -> None:
    """Whether it does not open, or opens and holds something else."""
    kept.keep(ANSWERS, 100)
    kept.sealed.add(b'{"time": 1, "items": [9], "difficulty": null}')
    (state.folder / "questionnaire" / "x.sealed").write_bytes(b"damaged")
    found, damaged = kept.read()
    assert [each.answers for each in found] == [ANSWERS]
    assert len(damaged) == 2


def test_a_file_of_the_history_is_no_answers(state: DeviceState, kept: KeptQuestionnaires) -> None:
    """One key seals both, each under its own label: moved, it does not open."""
    name = history_of(state).sealed.add(b'{"time": 1, "items": [0,0,0,0,0,0,0,0,0]}')
    from_there = (state.folder / "history" / f"{name}.sealed").read_bytes()
    kept.keep(ANSWERS, 100)
    (state.folder / "questionnaire" / f"{name}.sealed").write_bytes(from_there)
    found, damaged = kept.read()
    assert (len(found), len(damaged)) == (1, 1)


def test_the_seed_stays_while_answers_need_it(state: DeviceState, kept: KeptQuestionnaires) -> None:
    """And goes with the last of them."""
    kept.keep(ANSWERS, 100)
    state.drop_unused_seed()
    assert len(kept.read()[0]) == 1
    kept.clear()
    state.drop_unused_seed()
    assert state.seeds.read() is None
