"""`kizashi study`: what it says of itself, and how it says that something is missing."""

import os
import stat
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from kizashi_agent.attached import GROUP, attaching
from kizashi_study.errors import BadParticipants, NotInstalled
from kizashi_study.extra import from_the_extra
from kizashi_study.participants import read_participants, require_clips
from typer.testing import CliRunner

from tests.agent.command_line import environment
from tests.study.people import ROWS, write_table
from tests.study.rated import write_playable

TOP = Path(__file__).parents[2]
STUDY = EntryPoint("study", "kizashi_study.cli:study_app", GROUP)
AS_INSTALLED = (
    "import sys; {before}\n"
    "from importlib.metadata import EntryPoint\n"
    "import kizashi_agent.attached as attached\n"
    "attached.installed_commands = lambda: [EntryPoint('study', 'kizashi_study.cli:study_app', "
    "attached.GROUP)]\n"
    "from kizashi_agent.cli import app; app(prog_name='kizashi')"
)


def kizashi(folder: Path, *words: str, before: str = "") -> "subprocess.CompletedProcess[str]":
    """`kizashi` as it is with the entry point installed."""
    return subprocess.run(
        [sys.executable, "-c", AS_INSTALLED.format(before=before), *words],
        env=environment(folder) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_entry_point_is_declared() -> None:
    """The package names the same group and module that the agent looks for."""
    text = (TOP / "pyproject.toml").read_text("utf-8")
    assert f'[project.entry-points."{GROUP}"]' in text
    assert f'{STUDY.name} = "{STUDY.value}"' in text


def test_every_command_says_what_it_does() -> None:
    """In its help, with each option."""
    app = typer.Typer(cls=attaching(lambda: [STUDY]))
    app.callback()(lambda: None)
    listed = CliRunner().invoke(app, ["study", "--help"])
    assert listed.exit_code == 0
    for command, words in (
        ("extract", ("--participants", "--out", "--jobs", "--neutral", "recordings.jsonl")),
        ("rate", ("--participants", "--rater", "--out", "--seed", "silent")),
    ):
        assert command in listed.output
        said = CliRunner().invoke(app, ["study", command, "--help"], env={"COLUMNS": "200"}).output
        assert [word for word in words if word not in said] == []


def test_without_the_extra_a_command_names_it(tmp_path: Path) -> None:
    """In one line; the command line itself needs none of it."""
    hidden = "sys.modules['starlette'] = None"
    assert kizashi(tmp_path, "study", "--help", before=hidden).returncode == 0
    words = ("rate", ".", "--participants", "p.csv", "--rater", "anna", "--out", "anna.csv")
    done = kizashi(tmp_path, "study", *words, before=hidden)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert ".venv/bin/pip install '.[study]'" in done.stderr
    with pytest.raises(NotInstalled, match="nothing_of_the_kind"), from_the_extra():
        import nothing_of_the_kind  # type: ignore[import-not-found]  # noqa: F401, PLC0415


def test_the_study_kits_command_line_loads_nothing_heavy() -> None:
    """Typing any command of `kizashi` costs nothing for it, and its own lists come at once."""
    code = (
        "import sys, kizashi_agent.cli; before = set(sys.modules); import kizashi_study.cli\n"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kizashi_study']"


def test_clips_that_cannot_be_shown_are_told_before_the_page_opens(tmp_path: Path) -> None:
    """All of them, by reason, with what to do; and nothing of the rater's is made."""
    clips = tmp_path / "clips"
    clips.mkdir()
    rows = [
        ROWS[0].replace("fit.mp4", "fit.avi"),
        ROWS[1],
        ROWS[2].replace("also_fit.mp4", "b.avi"),
    ]
    table = write_table(tmp_path / "participants.csv", rows)
    for name in ("fit.avi", "b.avi"):
        (clips / name).write_bytes(b"RIFF\0\0\0\0AVI LIST")
    write_playable(clips / "short.mp4").write_bytes(b"\0\0\0\x08ftyp")
    out = tmp_path / "ratings" / "anna.csv"
    words = ("study", "rate", str(clips), "--participants", str(table), "--rater", "anna")
    done = kizashi(tmp_path, *words, "--out", str(out))
    assert done.returncode == 3
    assert done.stderr == (
        "kizashi: fit.avi, b.avi: browsers play MP4, MOV and WebM, and this is none of them; "
        "short.mp4: it seems to be damaged, or still copying. Convert each to an MP4 with H.264, and "
        "extract and rate that. [NOT_PLAYABLE]\n"
    )
    assert not out.parent.exists()


def modes(folder: Path) -> set[int]:
    """Of everything in a folder, and of itself: without what says that it is one."""
    return {stat.S_IMODE(each.stat().st_mode) & 0o677 for each in (folder, *folder.rglob("*"))}


def test_what_a_study_writes_is_closed_to_other_accounts(tmp_path: Path) -> None:
    """Summaries, totals, tables, scores and their folders, whatever the umask."""
    clips = tmp_path / "clips"
    clips.mkdir()
    write_playable(clips / "fit.mp4")
    table = write_table(tmp_path / "participants.csv", ROWS[:1])
    open_to_all = "import os; os.umask(0)"
    asked = (str(clips), "--participants", str(table), "--out")
    done = kizashi(tmp_path, "study", "extract", *asked, str(tmp_path / "out"), before=open_to_all)
    assert done.returncode == 0, done.stderr
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"tables", "recordings.jsonl"}
    assert modes(tmp_path / "out") == {0o600}
    table_of_anna = tmp_path / "ratings" / "anna.csv"
    words = ("study", "rate", *asked, str(table_of_anna), "--rater", "anna", "--no-browser")
    rating = subprocess.Popen(
        [sys.executable, "-c", AS_INSTALLED.format(before=open_to_all), *words],
        env=environment(tmp_path) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert rating.stdout is not None
        assert b"127.0.0.1" in rating.stdout.readline()
    finally:
        rating.terminate()
        rating.communicate(timeout=60)
    assert table_of_anna.with_suffix(".json").exists()
    assert modes(table_of_anna.parent) == {0o600}


def test_a_link_out_of_the_clips_folder_is_not_followed(tmp_path: Path) -> None:
    """What lies elsewhere is neither measured nor shown."""
    clips = tmp_path / "clips"
    clips.mkdir()
    (clips / "fit.mp4").symlink_to(write_playable(tmp_path / "private.mp4"))
    table = write_table(tmp_path / "participants.csv", ROWS[:1])
    people = read_participants(table)
    with pytest.raises(BadParticipants) as caught:
        require_clips(people, clips, table.name)
    assert "fit.mp4 is a link that leads out of" in caught.value.person
    linked = tmp_path / "linked"
    linked.symlink_to(clips)
    (clips / "fit.mp4").unlink()
    write_playable(clips / "fit.mp4")
    require_clips(people, linked, table.name)
