"""Commands that other packages add to `kizashi`."""

import subprocess
import sys
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path

import pytest
import typer
from kizashi_agent.attached import GROUP, attached, attaching, installed_commands
from typer.testing import CliRunner

sound = typer.Typer()
unusable = typer.Typer()
no_typer = "a text"


@sound.callback()
def _of_sound() -> None:
    """What another package brings."""


@sound.command()
def hello(times: int = 1) -> None:
    """Says hello."""
    print("hello " * times)


@unusable.command()
def impossible(value: Path | set[int] | None = None) -> None:
    """No command line has such a parameter."""


def entry(name: str, value: str) -> EntryPoint:
    """An entry point as an installed package would have it."""
    return EntryPoint(name, value, GROUP)


def program(*entries: EntryPoint) -> typer.Typer:
    """A program with one command of its own, and those."""
    app = typer.Typer(cls=attaching(lambda: entries))

    @app.callback()
    def main() -> None:
        """With a callback it is a group, as `kizashi` is."""

    @app.command()
    def own() -> None:
        """The program's own."""
        print("own")

    return app


def test_an_entry_point_becomes_a_command() -> None:
    """It is listed and runs, options and all."""
    app = program(entry("greet", f"{__name__}:sound"))
    assert "greet" in CliRunner().invoke(app, ["--help"]).output
    done = CliRunner().invoke(app, ["greet", "hello", "--times", "2"])
    assert (done.exit_code, done.stdout) == (0, "hello hello \n")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:app", "ModuleNotFoundError"),
        (f"{__name__}:no_such_name", "AttributeError"),
        (f"{__name__}:no_typer", "TypeError"),
        (f"{__name__}:unusable", "Error"),
    ],
)
def test_a_broken_one_breaks_nothing_else(value: str, why: str) -> None:
    """Others run and are listed; typed itself, it says in one line what is wrong."""
    app = program(entry("broken", value), entry("greet", f"{__name__}:sound"))
    assert CliRunner().invoke(app, ["own"]).stdout == "own\n"
    assert CliRunner().invoke(app, ["greet", "hello"]).exit_code == 0
    listed = CliRunner().invoke(app, ["--help"])
    assert listed.exit_code == 0
    assert "greet" in listed.output
    done = CliRunner().invoke(app, ["broken", "anything", "--at-all"])
    assert done.exit_code == 3
    assert done.stderr.count("\n") == 1
    assert "The command broken of" in done.stderr
    assert why in done.stderr


class Ends(BaseException):
    """What no program should raise."""


def __getattr__(name: str) -> typer.Typer:
    """Stands for a package that is noisy, or worse, when it is loaded."""
    if name == "noisy":
        print("noise")
        return sound
    if name == "ends":
        raise Ends
    if name == "interrupted":
        raise KeyboardInterrupt
    if name == "wrong_help":
        wrong = typer.Typer(help=5)  # type: ignore[arg-type]
        wrong.command()(hello)
        wrong.command("again")(hello)
        return wrong
    raise AttributeError(name)


def test_what_a_package_does_when_loaded_stays_its_own() -> None:
    """What it prints is not in the output; what it raises ends nothing, save for a Ctrl-C."""
    app = program(
        *(entry(name, f"{__name__}:{name}") for name in ("noisy", "ends", "wrong_help")),
        entry("\x1b[31mred", f"{__name__}:sound"),
    )
    listed = CliRunner().invoke(app, ["--help"])
    assert listed.exit_code == 0
    assert "noise" not in listed.stdout
    assert "\x1b[31mred" not in listed.stdout
    assert "[31mred" in listed.stdout
    assert CliRunner().invoke(app, ["noisy", "hello"]).stdout == "hello \n"
    for name, why in (("ends", "Ends"), ("wrong_help", "Error")):
        done = CliRunner().invoke(app, [name])
        assert (done.exit_code, why in done.stderr) == (3, True)
    with pytest.raises(KeyboardInterrupt):
        attached(entry("stop", f"{__name__}:interrupted"))


@pytest.mark.parametrize(
    "text",
    [b"[kizashi.commands]\nno equals sign\n[[[", b"[kizashi.commands]\nx = \xff\xfe:app\n"],
)
def test_a_damaged_package_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    """Whatever its list of entry points holds, those of the others are found, each once."""
    for name, written in (("a_damaged", text), ("b_sound", b"[kizashi.commands]\ngreet = g:app\n")):
        for folder in (tmp_path / "first", tmp_path / "second"):
            place = folder / f"{name}-1.dist-info"
            place.mkdir(parents=True)
            (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
            (place / "entry_points.txt").write_bytes(written)
    monkeypatch.syspath_prepend(tmp_path / "second")
    monkeypatch.syspath_prepend(tmp_path / "first")
    found = [each for each in installed_commands() if each.name == "greet"]
    assert [each.value for each in found] == ["g:app"]


def test_nobody_takes_the_place_of_a_command() -> None:
    """The program's own goes before one of its name, which is not even loaded."""
    app = program(entry("own", "no_such_module:app"))
    assert CliRunner().invoke(app, ["own"]).stdout == "own\n"


def test_a_name_that_nobody_has_is_told() -> None:
    """As without any entry point."""
    app = program(entry("greet", f"{__name__}:sound"))
    assert CliRunner().invoke(app, ["nothing"]).exit_code == 2


def test_another_command_loads_none_of_them() -> None:
    """`kizashi` alone, and one of its own commands, import no study kit."""
    code = (
        "import sys; from kizashi_agent.cli import app\n"
        "from typer.testing import CliRunner\n"
        "CliRunner().invoke(app, ['extract', '--help'])\n"
        "print([name for name in sys.modules if name.startswith('kizashi_study')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "[]\n"


def installed() -> Distribution | None:
    """The package whose entry point the study kit is, where the installation has it."""
    return next((each.dist for each in entry_points(group=GROUP) if each.name == "study"), None)


@pytest.mark.skipif(installed() is None, reason="this installation is older than the study kit")
def test_the_study_kit_attaches_once_installed() -> None:
    """`kizashi study` is there by the installation's own entry point."""
    done = subprocess.run(
        [sys.executable, "-m", "kizashi_agent.cli", "study", "--help"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "rate" in done.stdout
