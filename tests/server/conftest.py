"""Servers: as a process of its own, made by `init` and started by `serve`; as files; in memory."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from kizashi_protocol import Directory, Invite, verify_directory
from kizashi_protocol.v1 import service_pb2, service_pb2_grpc
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.store.database import open_store
from kizashi_server.store.replay_contract import Store

from tests.forked import finished
from tests.models.scoring import write_scorer
from tests.server.initialised import Made, make
from tests.server.key_server import make_state
from tests.server.memory_store import MemoryStore
from tests.server.world import World, make_world

CIPHER = SeedCipher(b"c" * 32)

CONFIGURATION = """\
[server]
listen = "127.0.0.1:0"
state_directory = "state"
models_directory = "models"
concurrent_exchanges = 4
deadline_seconds = 5

[[programme]]
id = "self-check"
display_name = "Self-check"
owner = "Example University"
scoring_operator = "Example Lab"
setting = "education"
jurisdiction = "JP"
scorer = "even/1"

[help]
name = "Student Counselling"
phone = "000"
"""


def command(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """A finished `kizashi-server`, run in a folder."""
    return finished("kizashi-server", words, environment=os.environ, folder=folder)


def make_server(folder: Path) -> None:
    """Writes a site's scorer and configuration, and runs `init`."""
    write_scorer(folder / "models")
    (folder / "site.toml").write_text(CONFIGURATION)
    done = command(folder, "init", "--root-dir", "root", "--config", "site.toml")
    assert done.returncode == 0, done.stderr


@dataclass
class Running:
    """A server that said it is ready.

    Attributes:
        log_file: where its standard error goes.
    """

    folder: Path
    process: subprocess.Popen[str]
    invite: Invite
    log_file: Path
    channels: list[grpc.Channel] = field(default_factory=list)

    def stub(self) -> service_pb2_grpc.KizashiServiceStub:
        """The two calls, over TLS to this server's certificate."""
        return service_pb2_grpc.KizashiServiceStub(self.channel())

    def channel(self) -> grpc.Channel:
        """A connection that ends with the server."""
        credentials = grpc.ssl_channel_credentials((self.folder / "state/tls.crt").read_bytes())
        channel = grpc.secure_channel(self.invite.address, credentials)
        self.channels.append(channel)
        return channel

    def directory(self) -> Directory:
        """The directory, verified from the root in the invite."""
        signed = self.stub().GetDirectory(service_pb2.GetDirectoryRequest(), timeout=10).directory
        return verify_directory(
            signed,
            root_fingerprint=self.invite.root_fingerprint,
            now=int(time.time()),
            lowest_version=0,
        )

    def stop(self) -> int:
        """Ends it with SIGTERM; gives its exit code."""
        for channel in self.channels:
            channel.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def log(self) -> str:
        """Everything it has logged so far."""
        return self.log_file.read_text()


@contextlib.contextmanager
def served(folder: Path, program: Sequence[str] | None = None) -> Iterator[Running]:
    """Starts the server of a folder, or a program in its place; ends it if the test has not."""
    program = program or [str(Path(sys.executable).with_name("kizashi-server"))]
    ready, log_file = folder / "ready.json", folder / "log.txt"
    words = [*program, "serve", "--config", "site.toml", "--ready-file", ready.name]
    with (
        log_file.open("a") as errors,
        subprocess.Popen(
            words, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port.isdecimal(), log_file.read_text()
            told = json.loads(ready.read_text())
            assert told["port"] == int(port)
            (invite,) = told["invites"]
            running = Running(folder, process, Invite.parse(invite), log_file)
            yield running
            for channel in running.channels:
                channel.close()
        finally:
            process.kill()


@pytest.fixture(params=[None, CIPHER], ids=["clear", "encrypted"])
def cipher(request: pytest.FixtureRequest) -> SeedCipher | None:
    """Seeds in the clear, and encrypted."""
    found: SeedCipher | None = request.param
    return found


@pytest.fixture
def state(tmp_path: Path, cipher: SeedCipher | None) -> Path:
    """The state directory of a server made on one machine, a root beside it."""
    return make_state(tmp_path, cipher)


@pytest.fixture(scope="module")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that `init` made."""
    folder = tmp_path_factory.mktemp("server")
    make_server(folder)
    return folder


@pytest.fixture
def own_folder(server_folder: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test, without what a start leaves there."""
    started = shutil.ignore_patterns("*.sqlite*", "*.txt", "ready.json")
    return Path(shutil.copytree(server_folder, tmp_path / "server", ignore=started))


@pytest.fixture(scope="module")
def running(server_folder: Path) -> Iterator[Running]:
    """A server that the tests of one module share."""
    with served(server_folder) as server:
        yield server


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """What `init` made for a server on port 8443, its root in a folder of its own."""
    return make(tmp_path)


@pytest.fixture
def world() -> World:
    """A server in memory."""
    return make_world()


@pytest.fixture(params=["memory", "sqlite"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A server on each store."""
    store: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "db")
    yield make_world(store)
    store.close()
