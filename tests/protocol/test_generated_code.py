"""The generated code is what the .proto files say, and the .proto files keep their promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PROTOS = TOP / "protos"
BUF = Path(sys.executable).with_name("buf")


def generated_files(folder: Path) -> dict[str, str]:
    """Generated code by its path below a folder."""
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*_pb2*"))
        if "__pycache__" not in path.parts
    }


def output_of(*command: str | Path, cwd: Path = PROTOS) -> str:
    """What a command that must succeed says."""
    done = subprocess.run(
        [str(each) for each in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The code as protos/generate writes it today."""
    folder = tmp_path_factory.mktemp("generated")
    output_of(PROTOS / "generate", sys.executable, folder)
    return generated_files(folder)


def test_the_committed_code_is_what_is_generated(fresh: dict[str, str]) -> None:
    """Nobody edited it, and nobody forgot to run protos/generate."""
    committed = generated_files(PROTOS)
    assert sorted(committed) == sorted(fresh)
    assert [name for name in fresh if fresh[name] != committed[name]] == []


def test_every_proto_file_has_its_code(fresh: dict[str, str]) -> None:
    """Each .proto gives a module and its types."""
    for path in PROTOS.glob("kizashi_protocol/v1/*.proto"):
        for suffix in ("_pb2.py", "_pb2.pyi"):
            assert f"kizashi_protocol/v1/{path.stem}{suffix}" in fresh


def test_buf_has_nothing_to_say() -> None:
    """The .proto files pass buf's standard rules, with a comment on every element."""
    assert output_of(BUF, "lint") == ""


def test_no_message_breaks_an_older_reader(capsys: pytest.CaptureFixture[str]) -> None:
    """Since the last tag no field, number or type was taken away."""
    tags = output_of("git", "tag", "--merged", "HEAD", "--sort=-creatordate", cwd=TOP).split()
    if not tags:
        # Passes rather than skips: before a first release there is nobody to break.
        with capsys.disabled():
            sys.stdout.write("no tag yet: nothing to compare the .proto files with\n")
        return
    against = f"{TOP / '.git'}#tag={tags[0]},subdir=protos"
    output_of(BUF, "breaking", "--against", against)


def test_the_lower_bounds_are_those_the_generated_code_asks_for() -> None:
    """The generated code refuses older libraries than pyproject.toml would let in."""
    project = (TOP / "pyproject.toml").read_text("utf-8")
    folder = PROTOS / "kizashi_protocol" / "v1"
    grpc_code = (folder / "service_pb2_grpc.py").read_text("utf-8")
    (grpcio,) = re.findall(r"GRPC_GENERATED_VERSION = '([0-9.]+)'", grpc_code)
    (checked,) = re.findall(
        r"Domain\.PUBLIC,\s+(\d+),\s+(\d+),\s+(\d+)", (folder / "service_pb2.py").read_text("utf-8")
    )
    assert f'"grpcio>={grpcio}"' in project
    assert f'"protobuf>={".".join(checked)}"' in project
