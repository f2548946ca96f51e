"""A server made by `initialise` in a temporary folder, as the command makes it."""

import dataclasses
import os
import stat
from pathlib import Path

from kizashi_server.command_line.options import ProgrammeFlags, configuration_of
from kizashi_server.config import Configuration
from kizashi_server.directory.published import Published, read_published
from kizashi_server.initialise import Initialised, initialise

NOW = 1_800_000_000
EXTRACTORS = {"self-check": ("test-extractor/1",)}
FLAGS = ProgrammeFlags(owner="Me", jurisdiction="JP", listen="127.0.0.1:8443")


@dataclasses.dataclass
class Made:
    """A server made in a temporary folder."""

    folder: Path
    configuration: Configuration
    result: Initialised

    @property
    def state(self) -> Path:
        """Its state directory."""
        return self.folder / "state"

    def published(self, now: int = NOW) -> Published:
        """Its directory, as read back."""
        return read_published(self.state, now)


def make(folder: Path, flags: ProgrammeFlags = FLAGS) -> Made:
    """Runs `initialise` as the command does."""
    configuration, text = configuration_of(None, folder / "state", flags)
    hosts = ["check.example.org", "127.0.0.1"]
    result = initialise(
        configuration, text, EXTRACTORS, hosts, folder / "root", now=NOW, random=os.urandom
    )
    return Made(folder, configuration, result)


def modes(folder: Path) -> set[int]:
    """The modes of every file in a folder."""
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
