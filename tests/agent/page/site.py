"""A real server process that a test can stop and start again, and what it holds."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kizashi_protocol import Invite, RecipientRole
from kizashi_protocol.keys import expand
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_server.directory.recipient_files import (
    add_recipient,
    certify_request,
    write_certificate,
)
from kizashi_server.directory.root_key import read_root

COUNSELLOR = "Example Counsellor"
_START_LIMIT = 60.0  # seconds
_SERVER = [sys.executable, "-P", "-m", "kizashi_server"]


class Site:
    """A personal server at one port of loopback; it is not running yet.

    Attributes:
        invite: to its programme.
    """

    def __init__(self, folder: Path) -> None:
        """Makes keys, root, configuration and a counsellor whom the root certified."""
        self._folder, self._state = folder, folder / "server"
        with socket.create_server(("127.0.0.1", 0)) as free:
            listen = f"127.0.0.1:{free.getsockname()[1]}"
        words = ["init", "--state", str(self._state), "--root-dir", str(folder / "root")]
        words += ["--listen", listen, "--host", "127.0.0.1", "--owner", "Example Person"]
        done = subprocess.run(
            [*_SERVER, *words, "--jurisdiction", "JP"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        self._certify()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Starts it, at the port that it had before; returns once it answers."""
        ready = self._folder / "ready.json"
        ready.unlink(missing_ok=True)
        words = ("serve", "--config", str(self._state / "kizashi-server.toml"), "--ready-file")
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen([*_SERVER, *words, ready], stdout=log, stderr=log)
        end = time.monotonic() + _START_LIMIT
        while not ready.exists():
            assert self._process.poll() is None, (self._folder / "log.txt").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        self.invite = Invite.parse(json.loads(ready.read_bytes())["invites"][0])

    def stop(self) -> None:
        """Ends it; nobody answers at its port from now on."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def reports(self) -> list[str]:
        """The state of each message that it remembers; looks at its keys are not among them."""
        return [state for (state,) in self._read("kizashi.sqlite", "SELECT state FROM reports")]

    def holdings(self) -> int:
        """How much it holds under standing consents."""
        return len(self._read("kizashi.sqlite", "SELECT 1 FROM holdings"))

    def shares(self) -> int:
        """How many feedbacks wait for somebody."""
        return len(self._read("shares.sqlite", "SELECT 1 FROM shares"))

    def _read(self, name: str, query: str) -> list[tuple[str]]:
        with closing(sqlite3.connect(f"file:{self._state / name}?mode=ro", uri=True)) as opened:
            return opened.execute(query).fetchall()

    def _certify(self) -> None:
        now, root = int(time.time()), read_root(self._folder / "root", None)
        request = RecipientRequest(COUNSELLOR, expand(os.urandom(32))[1])
        certified = certify_request(
            root,
            request,
            role=RecipientRole.COUNSELLOR,
            programme_id="self-check",
            days=30,
            now=now,
        )
        file = self._folder / "counsellor.certificate"
        write_certificate(file, certified)
        add_recipient(self._state, file, root.public, ["self-check"], now)


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """One that runs, and is stopped in the end."""
    site = Site(folder)
    try:
        yield site
    finally:
        site.stop()
