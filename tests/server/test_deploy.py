"""The files under deploy/: each is parsed, and what it promises is looked for."""

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from kizashi_protocol.directory import Setting
from kizashi_server.config import ListenAddress, ProgrammeSettings, load, parse
from kizashi_server.errors import PUBLIC_FAULTS, ServerError, StoreUnavailable
from kizashi_server.initialise import sample_configuration
from kizashi_server.main import app
from typer.main import get_command

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
SAMPLE = DEPLOY / "kizashi-server.toml"
UNIT = DEPLOY / "kizashi-server.service"
CONTAINERFILE = DEPLOY / "Containerfile"


def test_every_file_here_is_checked_here() -> None:
    """A new file under deploy/ needs a test of its own; THREATS.md has tests/test_threats.py."""
    names = {path.name for path in DEPLOY.iterdir()}
    assert names == {SAMPLE.name, UNIT.name, CONTAINERFILE.name, "README.md", "THREATS.md"}


def test_sample_configuration_is_read() -> None:
    """As it stands."""
    configuration = load(SAMPLE)
    assert configuration.server.listen == ListenAddress("0.0.0.0", 8443)  # noqa: S104
    assert configuration.programme[0].setting is Setting.EDUCATION


def test_sample_configuration_is_what_init_writes() -> None:
    """One template makes both."""
    configuration = load(SAMPLE)
    server = configuration.server
    text = sample_configuration(
        configuration.programme[0], server.listen, str(server.state_directory)
    )
    assert SAMPLE.read_text(encoding="utf-8") == text


def test_sample_explains_every_key_there_is(tmp_path: Path) -> None:
    """With every commented key put in, it is read and no key of the configuration is missing."""
    text = SAMPLE.read_text(encoding="utf-8").replace("legal_basis = ...", 'legal_basis = "Act 1"')
    everything = re.sub(r"^# (?=\w+ = |\[(?:help|keys)\]$)", "", text, flags=re.MULTILINE)
    path = tmp_path / "everything.toml"
    path.write_text(without_all_but(everything, "passphrase_file"), encoding="utf-8")
    configuration = load(path)
    assert configuration.help is not None
    assert configuration.help.description
    assert configuration.programme[0].legal_basis == "Act 1"
    tables = (
        configuration.server,
        configuration.programme[0],
        configuration.help,
        configuration.keys,
    )
    keys = {name for each in tables for name in type(each).__dataclass_fields__}
    given = set(re.findall(r"^(\w+) =", everything, flags=re.MULTILINE))
    assert keys - given == {"en", "ja"}
    for name in KEY_SOURCES:
        path.write_text(without_all_but(everything, name), encoding="utf-8")
        read = load(path).keys
        assert [each for each in KEY_SOURCES if getattr(read, each) is not None] == [name]
    assert "[help.en]" in everything
    assert "[help.ja]" in everything


KEY_SOURCES = ("passphrase_file", "passphrase_credential", "key_command")


def without_all_but(text: str, source: str) -> str:
    """The configuration with only this key of [keys], of which one may be given."""
    others = "|".join(each for each in KEY_SOURCES if each != source)
    return re.sub(rf"^(?:{others}) = .*\n", "", text, flags=re.MULTILINE)


def test_sample_is_one_line_for_any_name() -> None:
    """Names with quotes, backslashes and Japanese come back as they were."""
    programme = ProgrammeSettings(
        id="a",
        display_name='A "quoted" \\ name',
        owner="国立\u3000大学 {x}",
        scoring_operator="b",
        setting=Setting.EDUCATION,
        jurisdiction="DE",
        legal_basis="§ 1 {y}",
    )
    text = sample_configuration(programme, ListenAddress("[::1]", 1), "/a b")
    path = Path("/nowhere/kizashi-server.toml")
    assert parse(tomllib.loads(text), path).programme == (programme,)


def unit() -> configparser.ConfigParser:
    """The unit's sections; a key that is given twice keeps its last value."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT, encoding="utf-8")
    return parser


def test_unit_is_hardened() -> None:
    """No privileges, no core file, no swap, nothing writable but its own state."""
    service = unit()["Service"]
    expected = {
        "DynamicUser": "yes",
        "StateDirectory": "kizashi",
        "StateDirectoryMode": "0700",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "LimitCORE": "0",
        "MemorySwapMax": "0",
        "CapabilityBoundingSet": "",
        "UMask": "0077",
    }
    assert {key: service[key] for key in expected} == expected
    assert "ReadWritePaths" not in service


def test_unit_starts_the_command_there_is() -> None:
    """The command line of the unit exists, and its state is where the sample configuration says."""
    words = unit()["Service"]["ExecStart"].split()
    assert Path(words[0]).name == "kizashi-server"
    assert_is_command(words[1:])
    assert load(SAMPLE).server.state_directory == Path(
        "/var/lib", unit()["Service"]["StateDirectory"]
    )
    # The longest deadline of the configuration is 60 seconds.
    assert int(unit()["Service"]["TimeoutStopSec"]) > 60


def assert_is_command(words: list[str]) -> None:
    """The words after the program's name are a command with an option it has."""
    command = get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    if hasattr(command, "commands"):
        command = command.commands[words[1]]
    options = {name for each in command.params for name in each.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_unit_and_sample_name_the_same_credential() -> None:
    """What the unit shows how to load is what the sample shows how to use."""
    loaded = re.search(
        r"^# LoadCredentialEncrypted=([\w-]+):\S+\.cred$", UNIT.read_text(), flags=re.MULTILINE
    )
    named = re.search(
        r'^# passphrase_credential = "([\w-]+)"$', SAMPLE.read_text("utf-8"), flags=re.MULTILINE
    )
    assert loaded is not None
    assert named is not None
    assert loaded[1] == named[1]


@pytest.mark.tools
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """systemd-analyze finds no fault, and rates the exposure as low."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    # The program is not installed on the machine that tests.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE)
    path = tmp_path / UNIT.name
    path.write_text(text)
    verify = run(analyze, "verify", "--man=no", str(path))
    assert (verify.returncode, UNIT.name in verify.stderr) == (0, False), verify.stderr
    security = run(analyze, "security", "--offline=yes", "--threshold=20", str(path))
    assert security.returncode == 0, security.stdout


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A finished command with its output."""
    return subprocess.run(words, check=False, capture_output=True, text=True)


def container_stages() -> list[list[str]]:
    """The instructions of each stage, continued lines joined."""
    text = CONTAINERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_container_is_not_run_as_root_and_keeps_no_build_tools() -> None:
    """The last stage ends under a numbered account and installs nothing."""
    final = container_stages()[-1]
    (user,) = [line.split()[1] for line in final if line.startswith("USER ")]
    assert int(user) > 0
    runs = " ".join(line for line in final if line.startswith("RUN "))
    assert "pip uninstall" in runs
    for word in ("apt", "pip install", "gcc", "curl"):
        assert word not in runs


def test_container_copies_what_is_there_and_runs_commands_there_are() -> None:
    """Each source exists; entry point, command and health check name real commands."""
    build, final = container_stages()
    for line in build:
        if line.startswith("COPY "):
            assert all((TOP / source).exists() for source in line.split()[1:-1]), line
    health = next(line for line in final if line.startswith("HEALTHCHECK "))
    command = next(line for line in final if line.startswith("CMD "))
    for line, skipped in ((health, 1), (command, 0)):
        words = re.findall(r'"([^"]+)"', line)
        assert_is_command(words[skipped:])


def test_guide_names_every_public_reason_and_exit_code() -> None:
    """The table in README.md is the catalogue."""
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| reason ") : text.index("gRPC itself")]
    named = set(
        re.findall(
            r"\b[A-Z]+(?:_[A-Z]+)*\b",
            "".join(line.split("|")[1] for line in table.splitlines()[2:] if line),
        )
    )
    assert named == {*PUBLIC_FAULTS, StoreUnavailable.reason, ServerError.reason}
