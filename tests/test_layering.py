"""What a running agent or server has loaded, which the import contracts cannot see.

`.importlinter` judges what the code says; this judges what the interpreter did, libraries of
libraries included.
"""

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
FOLDERS = {
    "kizashi_protocol": TOP / "protos" / "kizashi_protocol",
    "kizashi_models": TOP / "models" / "kizashi_models",
    "kizashi_agent": TOP / "agent" / "kizashi_agent",
    "kizashi_study": TOP / "agent" / "kizashi_study",
    "kizashi_server": TOP / "server" / "kizashi_server",
}

FACES = {"cv2", "PIL", "mediapipe", "tensorflow", "tf2onnx"}
NEVER = {"mediapipe", "tensorflow", "tf2onnx", "opentelemetry", "sentry_sdk"}
"""The first reports its use to its maker; the others belong to training, or would report too."""


def modules(package: str) -> list[str]:
    """Every module of a package that can be imported without running something."""
    folder = FOLDERS[package]
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        # Migrations are run by Alembic, and __main__ runs the command line.
        if "migrations" in parts or parts[-1] == "__main__":
            continue
        found.append(".".join((package, *(part for part in parts if part != "__init__"))))
    return found


def loaded_by(*names: str) -> set[str]:
    """Modules a fresh interpreter has loaded after importing these."""
    code = "import importlib, sys\nfor n in sys.argv[1:]: importlib.import_module(n)\n"
    code += "print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code, *names], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split("\n"))


@pytest.fixture(scope="module")
def of_server() -> set[str]:
    """What every module of the server loads."""
    return loaded_by(*modules("kizashi_server"))


@pytest.fixture(scope="module")
def of_agent() -> set[str]:
    """What every module of the agent loads, its command line among them."""
    return loaded_by(*modules("kizashi_agent"))


def test_the_walk_finds_the_programs() -> None:
    """The two command lines are among the modules that are imported here."""
    assert "kizashi_agent.cli" in modules("kizashi_agent")
    assert "kizashi_server.main" in modules("kizashi_server")


def test_a_server_loads_nothing_that_sees_faces(of_server: set[str]) -> None:
    """No camera, picture or landmark library, and no part of the agent."""
    assert not of_server & (FACES | {"kizashi_agent", "kizashi_protocol.open_reply"})
    assert {"kizashi_server.main", "kizashi_protocol.open_report"} <= of_server


def test_an_agent_loads_nothing_that_reports(of_agent: set[str]) -> None:
    """Neither the library the networks came from nor any other that speaks to its maker."""
    assert not of_agent & NEVER
    assert {"kizashi_agent.cli", "cv2"} <= of_agent


def test_an_agent_cannot_open_reports(of_agent: set[str]) -> None:
    """No part of the server is loaded, nor what opens a report."""
    assert not of_agent & {"kizashi_server", "kizashi_protocol.open_report"}
    assert "kizashi_protocol.open_reply" in of_agent


def test_a_decision_loads_no_world() -> None:
    """A pure part can be imported and used where no network, database or model session is."""
    pure = {
        "kizashi_protocol.summary",
        "kizashi_models.scorer",
        "kizashi_agent.quality",
        "kizashi_agent.summarise",
        "kizashi_server.consent_gate",
    }
    loaded = loaded_by(*pure)
    assert loaded >= pure
    assert not loaded & {"grpc", "sqlalchemy", "sqlite3", "onnxruntime", "cv2"}
