"""Where the seed of the participant's keys is: keyring, file, or memory for a check without one.

The file is for laptops without a usable keyring. Whoever can read the account's files can then
read the seed too, which is said to the person when it happens.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from kizashi_agent.device.keyring_backend import PasswordKeeper
from kizashi_agent.device.participant import SEED_BYTES
from kizashi_agent.device.state_errors import KeyringUnusable, SeedElsewhere, StateUnreadable
from kizashi_agent.device.state_folder import StateFolder

SERVICE = "kizashi"
"""What the keyring's entry is listed under."""

_ACCOUNT_BYTES = 16


class SeedPlace(StrEnum):
    """Where a seed is."""

    KEYRING = "keyring"
    FILE = "file"
    MEMORY = "memory"


class SeedStore(Protocol):
    """Keeps one seed. What reads and then writes does so in the folder's `sole`."""

    @property
    def place(self) -> SeedPlace | None:
        """Where the seed is, or None while there is none."""
        ...

    def read(self) -> bytes | None:
        """The seed, 32 bytes, or None while there is none.

        Raises:
            StateError: it is damaged, or where it is cannot be reached now.
        """
        ...

    def write(self, seed: bytes) -> None:
        """Keeps a seed in place of the one before."""
        ...

    def delete(self) -> None:
        """Forgets the seed; forgetting twice is no error."""
        ...


@dataclass(frozen=True, slots=True)
class SeedInFile:
    """A seed in a file with mode 0600.

    Attributes:
        folder: where the file is kept.
        path: the file.
        marker: the file that says that the seed is in the keyring instead.
    """

    folder: StateFolder
    path: Path
    marker: Path

    @property
    def place(self) -> SeedPlace | None:
        """See `SeedStore`."""
        return None if self.folder.read(self.path) is None else SeedPlace.FILE

    def read(self) -> bytes | None:
        """See `SeedStore`.

        Raises:
            SeedElsewhere: this folder's seed is in the keyring; a second one would own nothing.
            StateUnreadable: it is no seed.
        """
        if self.folder.read(self.marker) is not None:
            raise SeedElsewhere
        seed = self.folder.read(self.path)
        if seed is not None and len(seed) != SEED_BYTES:
            raise StateUnreadable(self.path)
        return seed

    def write(self, seed: bytes) -> None:
        """See `SeedStore`."""
        self.folder.write(self.path, seed)

    def delete(self) -> None:
        """See `SeedStore`."""
        self.folder.remove(self.path)


@dataclass(frozen=True, slots=True)
class SeedInKeyring:
    """A seed in the operating system's keyring, under an account of this folder's own.

    The account's name is random and kept in a file, so that two folders of one person never share
    or delete each other's seed.

    Attributes:
        folder: where that file is kept.
        marker: the file.
        keeper: opens the keyring; `KeyringUnusable` where there is none.
        random_bytes: gives that many unpredictable bytes.
        seen: what was read in this process, by account: a keyring may ask the person each time.
    """

    folder: StateFolder
    marker: Path
    keeper: Callable[[], PasswordKeeper] = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(repr=False)
    seen: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> SeedPlace | None:
        """See `SeedStore`; a keyring that cannot be reached still holds it."""
        return None if self.folder.read(self.marker) is None else SeedPlace.KEYRING

    def read(self) -> bytes | None:
        """See `SeedStore`.

        Raises:
            KeyringUnusable: it cannot be reached now.
            StateUnreadable: marker or seed is damaged.
        """
        account = self._account()
        if account is None:
            return None
        if account not in self.seen:
            kept = self.keeper().get_password(SERVICE, account)
            if kept is None:
                return None
            self.seen[account] = self._parsed(kept)
        return self.seen[account]

    def write(self, seed: bytes) -> None:
        """See `SeedStore`.

        Raises:
            KeyringUnusable: it was not kept.
        """
        before = self._account()
        account = self.random_bytes(_ACCOUNT_BYTES).hex()
        keeper = self.keeper()
        keeper.set_password(SERVICE, account, seed.hex())
        # A keyring that takes a secret and loses it is worse than none.
        if keeper.get_password(SERVICE, account) != seed.hex():
            raise KeyringUnusable("it does not give back what it was given")
        self.folder.write(self.marker, account.encode())
        self.seen[account] = seed
        if before is not None:
            self._forget(before, keeper)

    def delete(self) -> None:
        """See `SeedStore`.

        Raises:
            KeyringUnusable: it cannot be reached, so the seed stays.
        """
        account = self._account()
        if account is None:
            return
        self._forget(account, self.keeper())
        self.folder.remove(self.marker)

    def _forget(self, account: str, keeper: PasswordKeeper) -> None:
        self.seen.pop(account, None)
        if keeper.get_password(SERVICE, account) is not None:
            keeper.delete_password(SERVICE, account)

    def _account(self) -> str | None:
        kept = self.folder.read(self.marker)
        if kept is None:
            return None
        account = kept.decode("ascii", "replace")
        if len(account) != 2 * _ACCOUNT_BYTES:
            raise StateUnreadable(self.marker)
        return account

    def _parsed(self, kept: str) -> bytes:
        try:
            seed = bytes.fromhex(kept)
        except ValueError:
            raise StateUnreadable(self.marker) from None
        if len(seed) != SEED_BYTES:
            raise StateUnreadable(self.marker)
        return seed


@dataclass(frozen=True, slots=True)
class SeedInKeyringOrFile:
    """The keyring, and the file where no keyring can be used.

    Attributes:
        keyring: where a seed goes.
        file: where it goes otherwise.
        told: called with the reason when a seed goes to the file.
    """

    keyring: SeedInKeyring
    file: SeedInFile
    told: Callable[[str], None] = field(repr=False)

    @property
    def place(self) -> SeedPlace | None:
        """See `SeedStore`."""
        return self.keyring.place or self.file.place

    def read(self) -> bytes | None:
        """See `SeedStore`; a keyring out of reach is an error and never a reason for a new seed."""
        return self.file.read() if self.keyring.place is None else self.keyring.read()

    def write(self, seed: bytes) -> None:
        """See `SeedStore`."""
        try:
            self.keyring.write(seed)
        except KeyringUnusable as error:
            self.file.write(seed)
            self.file.folder.remove(self.keyring.marker)
            self.told(error.why)
        else:
            self.file.delete()

    def delete(self) -> None:
        """See `SeedStore`."""
        self.keyring.delete()
        self.file.delete()


@dataclass(slots=True)
class SeedInMemory:
    """A seed that ends with the process."""

    _seed: bytes | None = field(default=None, repr=False)

    @property
    def place(self) -> SeedPlace | None:
        """See `SeedStore`."""
        return None if self._seed is None else SeedPlace.MEMORY

    def read(self) -> bytes | None:
        """See `SeedStore`."""
        return self._seed

    def write(self, seed: bytes) -> None:
        """See `SeedStore`."""
        self._seed = seed

    def delete(self) -> None:
        """See `SeedStore`."""
        self._seed = None
