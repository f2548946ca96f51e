"""The server's keys: made once, found by id, gone on their day.

A seed of 32 bytes is all that is stored of a key, in a file named after its purpose and id. What
is public about the keys, and their states, stands in the signed directory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from kizashi_protocol.directory import Directory, KeyState, LogKeyEntry, ReceiptKeyEntry
from kizashi_protocol.keys import key_id_of
from kizashi_protocol.open_report import ReportPrivateKey
from kizashi_protocol.signing import SigningKey

from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import read_seed
from kizashi_server.keys.seed_cipher import SEED_BYTES, SeedCipher
from kizashi_server.keys.states import KeyKind, Schedule, announce, seed_name

Random = Callable[[int], bytes]
"""Gives this many unpredictable bytes, as `os.urandom` does."""

ROOT_SEED_NAME = "root.seed"


def directory_seed_name(public: bytes) -> str:
    """The file of a directory key's seed, by its public key (32 bytes)."""
    return f"directory-{key_id_of(public).hex()}.seed"


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
                directory_seed_name(SigningKey.from_seed(directory).public): directory,
                seed_name(KeyKind.SEALING, sealing_key.key_id): sealing,
                seed_name(KeyKind.RECEIPT, key_id_of(receipt_key.public)): receipt,
                seed_name(KeyKind.LOG, key_id_of(log_key.public)): log,
            },
        )

    def schedule(self, *, now: int, seal_until: int) -> Schedule:
        """Each key active from now on; `seal_until` is the end of the directory."""
        schedule = Schedule(())
        for kind, public in (
            (KeyKind.SEALING, self.sealing.public.raw),
            (KeyKind.RECEIPT, self.receipt.public),
            (KeyKind.LOG, self.log.public),
        ):
            schedule = announce(
                schedule, kind, public, now=now, active_time=now, seal_until=seal_until
            )
        return schedule


def public_key_of(kind: KeyKind, seed: bytes) -> bytes:
    """The public key that grows from a seed: 1,216 bytes of a sealing key, 32 of the others."""
    if kind is KeyKind.SEALING:
        return ReportPrivateKey.from_seed(seed).public.raw
    return SigningKey.from_seed(seed).public


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key that opens reports until `delete_time`, in seconds since the epoch."""

    private: ReportPrivateKey
    delete_time: int


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys a running server works with; one that changes is replaced as a whole.

    Attributes:
        sealing: opens reports, by key id.
        receipt: signs consent and erasure receipts.
        log: signs heads of the log.
    """

    sealing: Mapping[bytes, SealingKey] = field(repr=False)
    receipt: SigningKey
    log: SigningKey

    def sealing_key(self, key_id: bytes, now: int) -> SealingKey | None:
        """The key of this id, or None when it was never here or its day has come."""
        key = self.sealing.get(key_id)
        return key if key is not None and now < key.delete_time else None


def load_keyring(
    state: Path, directory: Directory, now: int, cipher: SeedCipher | None = None
) -> Keyring:
    """The keys that a directory lists, read from the state directory.

    Raises:
        KeyFault: a seed is missing or open to other accounts, does not open, is not the listed
            key's, or no key may sign receipts or the log.
    """
    sealing = {}
    for entry in directory.sealing_keys:
        if now < entry.delete_time:
            path = state / seed_name(KeyKind.SEALING, entry.public.key_id)
            private = ReportPrivateKey.from_seed(read_seed(path, cipher))
            _same(private.public.raw, entry.public.raw, path)
            sealing[entry.public.key_id] = SealingKey(private, entry.delete_time)
    receipt = _active(state, KeyKind.RECEIPT, directory.receipt_keys, cipher)
    log = _active(state, KeyKind.LOG, directory.log_keys, cipher)
    return Keyring(sealing, receipt, log)


def _active(
    state: Path,
    kind: KeyKind,
    entries: Sequence[ReceiptKeyEntry | LogKeyEntry],
    cipher: SeedCipher | None,
) -> SigningKey:
    for each in entries:
        if each.state is KeyState.ACTIVE:
            path = state / seed_name(kind, key_id_of(each.public))
            return load_signing_key(path, each.public, cipher)
    raise KeyFault(
        f"no {kind} key is active",
        f"The directory in {state} lists no active {kind} key. Make one with: "
        f"kizashi-server keys rotate --kind {kind} --config FILE",
    )


def load_signing_key(path: Path, public: bytes, cipher: SeedCipher | None = None) -> SigningKey:
    """The signing key in a seed file, which must belong to a public key (32 bytes).

    Raises:
        KeyFault: the file is missing or open to other accounts, does not open, or holds another
            key.
    """
    key = SigningKey.from_seed(read_seed(path, cipher))
    _same(key.public, public, path)
    return key


def _same(found: bytes, expected: bytes, path: Path) -> None:
    if found != expected:
        raise KeyFault(
            f"{path} holds another key than the directory lists",
            f"{path} holds another key than the directory lists. Put back the right file, or make "
            "a new state directory: kizashi-server init --help tells how.",
        )
