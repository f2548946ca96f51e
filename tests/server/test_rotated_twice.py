"""A successor that waits is not replaced by a second `keys rotate`: it is named, with what to do."""

from pathlib import Path

import pytest

from tests.server.operator import made_server, one_line, run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A server whose sealing key has a successor that waits."""
    made = made_server(tmp_path)
    run("keys", "rotate", "--kind", "sealing", "--config", made)
    return made


def key_of(config: Path, state: str) -> str:
    """The id of the sealing key in a state."""
    table = run("keys", "list", "--config", config).stdout.splitlines()
    (row,) = (line.split() for line in table if line.startswith("sealing") and state in line)
    return row[1]


@pytest.mark.parametrize("kind", ["sealing", "all"])
@pytest.mark.parametrize("hours", ["0", "1"])
def test_second_rotation_makes_nothing(config: Path, kind: str, hours: str) -> None:
    """Not of the other kinds either, nor at once; keys, seeds and directory stay as they were."""
    waiting, before = key_of(config, "pending"), run("keys", "list", "--config", config).stdout
    seeds = {path.name for path in config.parent.glob("*.seed")}
    words = ("--kind", kind, "--announce", hours, "--config", config)
    said = one_line(run("keys", "rotate", *words, code=4))
    assert f"sealing key {waiting}" in said
    assert "Nothing was made" in said
    assert "keys retire ID" in said
    assert run("keys", "list", "--config", config).stdout == before
    assert {path.name for path in config.parent.glob("*.seed")} == seeds


def test_other_kinds_can_be_rotated_meanwhile(config: Path) -> None:
    """Named by themselves."""
    run("keys", "rotate", "--kind", "log", "--config", config)


def test_it_takes_over_now_when_the_active_key_is_retired(config: Path) -> None:
    """As the refusal says."""
    waiting = key_of(config, "pending")
    run("keys", "retire", key_of(config, "active"), "--yes", "--config", config)
    assert key_of(config, "active") == waiting


def test_it_is_replaced_when_it_is_retired_first(config: Path) -> None:
    """As the refusal says."""
    waiting = key_of(config, "pending")
    run("keys", "retire", waiting, "--yes", "--config", config)
    run("keys", "rotate", "--kind", "sealing", "--config", config)
    assert key_of(config, "pending") != waiting
    assert not (config.parent / f"sealing-{waiting}.seed").exists()
