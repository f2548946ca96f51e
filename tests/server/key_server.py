"""The state directory of a server made on one machine, with a clock that is set."""

import os
from pathlib import Path

from kizashi_protocol import Directory
from kizashi_protocol.directory_chain import DIRECTORY_KEY_VALIDITY
from kizashi_server.command_line.options import ProgrammeFlags, configuration_of
from kizashi_server.directory.key_rotation import rotate
from kizashi_server.directory.published import read_published
from kizashi_server.initialise import initialise
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.states import KeyKind

NOW = 1_800_000_000
HOUR, DAY = 3600, 24 * 3600
END = NOW + DIRECTORY_KEY_VALIDITY
FLAGS = ProgrammeFlags(owner="Me", jurisdiction="JP", listen="127.0.0.1:0")


def make_state(folder: Path, cipher: SeedCipher | None = None) -> Path:
    """Makes a server at `NOW`; its root lies beside the state directory."""
    state = folder / "state"
    configuration, text = configuration_of(None, state, FLAGS)
    initialise(
        configuration,
        text,
        {"self-check": ("test-extractor/1",)},
        ["localhost"],
        folder / "root",
        now=NOW,
        random=os.urandom,
        cipher=cipher,
    )
    return state


def rotate_keys(
    state: Path, cipher: SeedCipher | None, *kinds: KeyKind, now: int = NOW, pause: int = 0
) -> None:
    """Rotates keys of these kinds, or all; the new ones are pending for so many seconds."""
    rotate(
        state,
        kinds or list(KeyKind),
        now=now,
        announce_seconds=pause,
        random=os.urandom,
        cipher=cipher,
    )


def do_rotate(
    state: Path, cipher: SeedCipher | None, *kinds: KeyKind, now: int = NOW, pause: int = 0
) -> Directory:
    """As `rotate_keys`, where nobody else does; gives the directory afterwards."""
    rotate_keys(state, cipher, *kinds, now=now, pause=pause)
    return read_published(state, now).directory
