"""Commands that list when they are typed alone, and what a wrong word after them is told."""

from pathlib import Path

import pytest
from kizashi_agent.cli import app
from typer.testing import CliRunner


@pytest.mark.parametrize(("group", "has"), [("consent", "give"), ("ledger", "clear")])
def test_a_wrong_word_is_told_what_lists(tmp_path: Path, group: str, has: str) -> None:
    """Whoever types `list` reads that the group alone lists, and what else there is."""
    folder = tmp_path / "state"
    done = CliRunner().invoke(
        app, ["--state", str(folder), "--seed", "file", group, "list"], prog_name="kizashi"
    )
    said = " ".join(done.output.replace("│", " ").split())
    assert done.exit_code == 2
    assert f"kizashi {group} alone lists what there is; after it may stand: {has}." in said
    assert not folder.exists()


@pytest.mark.parametrize(
    ("group", "words"), [("consent", "No consent on this laptop"), ("ledger", "is empty")]
)
def test_the_group_alone_lists(tmp_path: Path, group: str, words: str) -> None:
    """As the error says; on an empty laptop there is nothing, and nothing is left."""
    folder = tmp_path / "state"
    done = CliRunner().invoke(app, ["--state", str(folder), "--seed", "file", group])
    assert (done.exit_code, words in done.output) == (0, True)
    assert not folder.exists()
