"""What a command wrote and whom it called, read from a system-call trace."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TRACED = (
    "open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "mkdir,mkdirat,mknod,mknodat,truncate,"
    "connect,sendto,sendmsg,sendmmsg,bind,memfd_create"
)
_CALL = re.compile(r"^(?:\d+\s+)?(?P<name>\w+)\((?P<arguments>.*)\)\s+=\s+(?P<result>-?\d+)")
_UNFINISHED = re.compile(r"^(?P<pid>\d+)\s+(?P<start>\w+\(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(?P<pid>\d+)\s+<\.\.\. \w+ resumed>(?P<rest>.*)$")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_INTERNET = re.compile(
    r"sin6?_port=htons\((?P<port>\d+)\).*?(?:inet_addr\(\"(?P<v4>[^\"]+)\"\)"
    r"|inet_pton\(AF_INET6, \"(?P<v6>[^\"]+)\")"
)
_LOCAL = re.compile(r'sun_path=@?"([^"]+)"')
_FOR_WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND")
_MAKING = re.compile(r"creat|rename(at2?)?|link(at)?|symlink(at)?|mkdir(at)?|mknod(at)?|truncate")


@dataclass(frozen=True, slots=True)
class Trace:
    """What was traced.

    Attributes:
        written: every path that was opened for writing, made, renamed or linked.
        local: every local socket that was connected or sent to.
        called: every internet address (host, port) that was connected or sent to.
        anonymous: how many files without a name were made in memory.
        calls: how many system calls were read in all.
    """

    written: frozenset[str]
    called: frozenset[tuple[str, int]]
    local: frozenset[str]
    anonymous: int
    calls: int


def traced(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    into: Path,
    limit: float,
    keyboard: int | None = None,
) -> tuple[subprocess.CompletedProcess[bytes], Trace]:
    """Runs a command and all its threads and children under strace.

    Args:
        command: the program and its words.
        environment: all of it.
        into: file for strace's output.
        limit: in seconds.
        keyboard: file descriptor of its standard input; this process's own unless given.
    """
    strace = ["strace", "-f", "-qq", "-s", "4096", "-e", f"trace={_TRACED}", "-o", str(into)]
    done = subprocess.run(
        [*strace, *command],
        env=dict(environment),
        stdin=keyboard,
        capture_output=True,
        timeout=limit,
        check=False,
    )
    return done, read_trace(into.read_text("utf-8", "replace").splitlines())


def read_trace(lines: Sequence[str]) -> Trace:
    """The trace in strace's output."""
    written: set[str] = set()
    called: set[tuple[str, int]] = set()
    local: set[str] = set()
    anonymous = calls = 0
    for line in _joined(lines):
        match = _CALL.match(line)
        if match is None:
            continue
        calls += 1
        name, arguments, result = match["name"], match["arguments"], int(match["result"])
        if name in {"connect", "sendto", "sendmsg", "sendmmsg"}:
            # A failed attempt is an attempt: its result does not matter.
            called.update(_addresses(arguments))
            local.update(_LOCAL.findall(arguments))
        elif result < 0:
            continue
        elif name == "memfd_create":
            anonymous += 1
        elif _MAKING.fullmatch(name) or (
            name.startswith("open") and any(flag in arguments for flag in _FOR_WRITING)
        ):
            written.update(_QUOTED.findall(arguments))
    return Trace(frozenset(written), frozenset(called), frozenset(local), anonymous, calls)


def _addresses(arguments: str) -> Iterator[tuple[str, int]]:
    for match in _INTERNET.finditer(arguments):
        # IPv4 through an IPv6 socket is IPv4 all the same.
        host = match["v4"] or match["v6"].removeprefix("::ffff:")
        yield host, int(match["port"])


def _joined(lines: Sequence[str]) -> Iterator[str]:
    pending: dict[str, str] = {}
    for line in lines:
        if start := _UNFINISHED.match(line):
            pending[start["pid"]] = start["start"]
        elif rest := _RESUMED.match(line):
            yield f"{rest['pid']} {pending.pop(rest['pid'], '')}{rest['rest']}"
        else:
            yield line
