"""`kizashi page` as a process of its own."""

import contextlib
import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kizashi_agent.errors import InputError
from kizashi_agent.loopback.serving import bound

from tests.agent.command_line import environment, kizashi

COMMAND = [sys.executable, "-m", "kizashi_agent.cli"]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/#([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")


@contextmanager
def running(home: Path, *words: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command, and the line that it printed once it answers."""
    with subprocess.Popen(
        [*COMMAND, "page", "--no-browser", *words],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


def asked(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    """An answer of the page, read to its end."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as opened:
        opened.request("GET", path, headers=headers)
        answer = opened.getresponse()
        answer.read()
        return answer


def test_the_page_opens_by_its_address_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    """One line with the address; a token of 32 bytes opens it; nothing is logged or left."""
    with running(tmp_path) as (process, line):
        found = ADDRESS.search(line)
        assert found is not None
        port, token = int(found[1]), found[2]
        refused = asked(port, "/api/visit")
        assert refused.status == 401
        assert "default-src 'none'" in refused.headers["content-security-policy"]
        assert refused.headers["server"] is None
        tab = {"X-Kizashi-Tab": "tab-of-a-test"}
        assert asked(port, "/api/visit", Authorization=f"Bearer {token}", **tab).status == 200
        assert asked(port, "/", Host=f"evil.example:{port}").status == 421
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert rest == ""
    assert not (tmp_path / "state").exists()


def test_two_pages_have_two_tokens_and_end_by_ctrl_c_though_a_socket_is_open(
    tmp_path: Path,
) -> None:
    """Each run has a token of its own; a page still open in a browser holds nobody up."""
    with running(tmp_path) as (process, line), running(tmp_path) as (_, other):
        found, second = ADDRESS.search(line), ADDRESS.search(other)
        assert found is not None
        assert second is not None
        assert found[1] != second[1]
        assert found[2] != second[2]
        with socket.create_connection(("127.0.0.1", int(found[1]))) as idle:
            idle.sendall(b"GET / HTTP/1.1\r\n")
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    assert process.returncode == 0


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """The command says so in one line and ends as for bad input."""
    with bound(0) as taken:
        port = taken.getsockname()[1]
        done = kizashi(tmp_path, "page", "--no-browser", "--port", str(port))
    assert done.code == InputError.exit_code
    assert "--port" in done.output


def test_it_listens_on_loopback_alone() -> None:
    """No other machine can reach the page."""
    with bound(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_bad_invite_is_told_at_the_terminal(tmp_path: Path) -> None:
    """Before anything is opened."""
    done = kizashi(tmp_path, "page", "--no-browser", "--join", "https://example.com")
    assert done.code != 0
    assert done.output.startswith("kizashi: ")


def test_without_the_pages_libraries_it_says_what_to_install(tmp_path: Path) -> None:
    """Every other command works; this one names the extra."""
    hidden = (
        "import sys; sys.modules['starlette'] = None; "
        "sys.argv = ['kizashi', *sys.argv[1:]]; "
        "from kizashi_agent.cli import app; app()"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden, "page", "--no-browser"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == InputError.exit_code
    assert ".venv/bin/pip install '.[agent]'" in done.stderr
