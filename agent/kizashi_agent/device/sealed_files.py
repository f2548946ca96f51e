"""Files that the person keeps for themselves: each sealed with AES-256-GCM and bound to its name.

A file that is damaged, put in another's place or sealed with another seed is named, and the others
are read all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kizashi_protocol.context import framed

from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.participant import history_key
from kizashi_agent.device.state_folder import StateFolder
from kizashi_agent.errors import StateError

NAME_BYTES = 16
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: random, one key seals far fewer than 2^32
_SUFFIX = ".sealed"


class KeptUnreadable(StateError):
    """Something the person kept for themselves does not open.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"kept file {path.name} does not open",
            f"The file {path} is damaged, or belongs to another seed, so what it held is not "
            "shown. The others are not affected. Put it back from a backup of yours, or erase it.",
            reason="KEPT_UNREADABLE",
        )
        self.path = path


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds.

    Attributes:
        name: of the file, without its ending.
    """

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """A folder of sealed files.

    Attributes:
        files: how the folder is kept.
        folder: made when first written to.
        label: what its files are; a file of another label does not open.
        read_key: gives the 32-byte key, or None where there is no seed.
        write_key: gives the 32-byte key, and makes the seed where there is none.
        random_bytes: gives that many unpredictable bytes.
    """

    files: StateFolder
    folder: Path
    label: bytes
    read_key: Callable[[], bytes | None] = field(repr=False)
    write_key: Callable[[], bytes] = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(repr=False)

    def add(self, content: bytes, name: str | None = None) -> str:
        """Seals something into a file and returns its name; a random one where none is given.

        What was kept under that name is replaced.

        Raises:
            StateError: the seed is missing or out of reach.
            OSError: it cannot be written.
        """
        name = name or self.random_bytes(NAME_BYTES).hex()
        nonce = self.random_bytes(_NONCE_BYTES)
        # In one step: nothing beside it finds the seed unused and forgets it.
        with self.files.sole():
            sealed = AESGCM(self.write_key()).encrypt(nonce, content, self._bound(name))
            self.files.write(self.path(name), nonce + sealed)
        return name

    def read(self) -> tuple[list[Kept], list[KeptUnreadable]]:
        """What opens, by name, and an error for each file that does not.

        Raises:
            StateError: the seed is out of reach.
        """
        found, damaged = [], []
        paths = self.files.files(self.folder)
        key = self.read_key() if paths else None
        for path in paths:
            content = None if key is None else self._opened(path, key)
            if content is None:
                damaged.append(KeptUnreadable(path))
            else:
                found.append(Kept(path.stem, content))
        return found, damaged

    def remove(self, name: str) -> bool:
        """Erases a file, readable or not; returns whether it was there."""
        with self.files.sole():
            here = [
                path for path in self.files.files(self.folder) if name in (path.stem, path.name)
            ]
            for path in here:
                self.files.remove(path)
            return bool(here)

    def clear(self) -> int:
        """Erases every file, damaged ones too; returns how many there were."""
        with self.files.sole():
            paths = self.files.files(self.folder)
            for path in paths:
                self.files.remove(path)
            return len(paths)

    def path(self, name: str) -> Path:
        """The file of a name."""
        return self.folder / f"{name}{_SUFFIX}"

    def count(self) -> int:
        """How many files there are, readable or not."""
        return len(self.files.files(self.folder))

    def _opened(self, path: Path, key: bytes) -> bytes | None:
        sealed = self.files.read(path) or b""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, rest, self._bound(path.stem))
        except (InvalidTag, ValueError):
            return None

    def _bound(self, name: str) -> bytes:
        return framed(self.label, name.encode())


def sealed_files(state: DeviceState, folder: str, label: bytes) -> SealedFiles:
    """A folder of a laptop's state, sealed with a key grown from its seed."""

    def read_key() -> bytes | None:
        seed = state.seeds.read()
        return None if seed is None else history_key(seed)

    return SealedFiles(
        state.files,
        state.folder / folder,
        label,
        read_key,
        lambda: history_key(state.seed()),
        state.random_bytes,
    )
