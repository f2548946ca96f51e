"""The server's keys: made once, found by id, gone on their day.

A seed of 32 bytes is all that is stored of a key, in a file named after its purpose and id. What
is public about the keys, and their states, stands in the signed directory.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from kizashi_protocol.directory import Directory, KeyState, LogKeyEntry, ReceiptKeyEntry
from kizashi_protocol.keys import key_id_of
from kizashi_protocol.open_report import ReportPrivateKey
from kizashi_protocol.signing import SigningKey

from kizashi_server.errors import KeyFault
from kizashi_server.key_files import SEED_BYTES, read_seed

Random = Callable[[int], bytes]
"""Gives this many unpredictable bytes, as `os.urandom` does."""

ROOT_SEED_NAME = "root.seed"
DIRECTORY_SEED_NAME = "directory.seed"


def sealing_seed_name(key_id: bytes) -> str:
    """The file of a sealing key's seed."""
    return f"sealing-{key_id.hex()}.seed"


def receipt_seed_name(key_id: bytes) -> str:
    """The file of a receipt key's seed."""
    return f"receipt-{key_id.hex()}.seed"


def log_seed_name(key_id: bytes) -> str:
    """The file of a log key's seed."""
    return f"log-{key_id.hex()}.seed"


@dataclass(frozen=True, slots=True)
class FreshKeys:
    """Keys nobody has used yet, with the seeds they grew from."""

    root: SigningKey
    directory: SigningKey
    sealing: ReportPrivateKey
    receipt: SigningKey
    log: SigningKey
    root_seed: bytes = field(repr=False)
    state_seeds: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def make(cls, random: Random) -> Self:
        """A root and everything a server needs below it."""
        root, directory, sealing, receipt, log = (random(SEED_BYTES) for _ in range(5))
        sealing_key = ReportPrivateKey.from_seed(sealing)
        receipt_key, log_key = SigningKey.from_seed(receipt), SigningKey.from_seed(log)
        return cls(
            root=SigningKey.from_seed(root),
            directory=SigningKey.from_seed(directory),
            sealing=sealing_key,
            receipt=receipt_key,
            log=log_key,
            root_seed=root,
            state_seeds={
                DIRECTORY_SEED_NAME: directory,
                sealing_seed_name(sealing_key.key_id): sealing,
                receipt_seed_name(key_id_of(receipt_key.public)): receipt,
                log_seed_name(key_id_of(log_key.public)): log,
            },
        )


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key that opens reports until `delete_time`, in seconds since the epoch."""

    private: ReportPrivateKey
    delete_time: int


class Keyring:
    """The keys a running server holds in memory; safe to share between threads."""

    def __init__(
        self, sealing: Mapping[bytes, SealingKey], receipt: SigningKey, log: SigningKey
    ) -> None:
        """Takes sealing keys by key id, and the one key each that signs receipts and the log."""
        self._sealing = dict(sealing)
        self._lock = threading.Lock()
        self.receipt = receipt
        self.log = log

    def __repr__(self) -> str:
        return f"Keyring({len(self._sealing)} sealing keys)"

    def sealing_key(self, key_id: bytes, now: int) -> SealingKey | None:
        """The key of this id, or None when it was never here or its day has come."""
        with self._lock:
            key = self._sealing.get(key_id)
        return key if key is not None and now < key.delete_time else None

    def forget(self, key_ids: Iterable[bytes]) -> None:
        """Drops sealing keys from memory; a key that is not here is no error."""
        with self._lock:
            for key_id in key_ids:
                self._sealing.pop(key_id, None)


def load_keyring(state: Path, directory: Directory, now: int) -> Keyring:
    """The keys that a directory lists, read from the state directory.

    Raises:
        KeyFault: a seed is missing or open to other accounts, is not the listed key's, or no key
            may sign receipts or the log.
    """
    sealing = {}
    for entry in directory.sealing_keys:
        if now < entry.delete_time:
            path = state / sealing_seed_name(entry.public.key_id)
            private = ReportPrivateKey.from_seed(read_seed(path))
            _same(private.public.raw, entry.public.raw, path)
            sealing[entry.public.key_id] = SealingKey(private, entry.delete_time)
    receipt = _active(state, "receipt", directory.receipt_keys, receipt_seed_name)
    return Keyring(sealing, receipt, _active(state, "log", directory.log_keys, log_seed_name))


def _active(
    state: Path,
    kind: str,
    entries: Sequence[ReceiptKeyEntry | LogKeyEntry],
    seed_name: Callable[[bytes], str],
) -> SigningKey:
    for each in entries:
        if each.state is KeyState.ACTIVE:
            return load_signing_key(state / seed_name(key_id_of(each.public)), each.public)
    raise KeyFault(
        f"no {kind} key is active",
        f"The directory in {state} lists no active {kind} key. Make a new state directory with: "
        "kizashi-server init",
    )


def load_signing_key(path: Path, public: bytes) -> SigningKey:
    """The signing key in a seed file, which must belong to a public key (32 bytes).

    Raises:
        KeyFault: the file is missing or open to other accounts, or holds another key.
    """
    key = SigningKey.from_seed(read_seed(path))
    _same(key.public, public, path)
    return key


def _same(found: bytes, expected: bytes, path: Path) -> None:
    if found != expected:
        raise KeyFault(
            f"{path} holds another key than the directory lists",
            f"{path} holds another key than the directory lists. Put back the right file, or make "
            "a new state directory with: kizashi-server init",
        )
