"""The operating system's own keyring, chosen by name, and never waited for without an end.

`keyring.get_keyring` would take any backend that an installed package offers, and one named in a
configuration file or the environment; among those in circulation are clouds and plain text. So the
platform's own is named here: Keychain, Credential Manager, or the Secret Service of a Linux
desktop (GNOME, and KDE since its wallet speaks it). On Linux it is reached through the session bus,
over which this library speaks to local sockets alone.
"""

import importlib
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from kizashi_agent.device.state_errors import KeyringUnusable

LOOKING_LIMIT = 5.0
"""Seconds to find out whether there is a keyring at all."""

UNLOCKING_LIMIT = 60.0
"""Seconds for one call: the person may be typing the keyring's password."""

_BACKENDS = {
    "darwin": ("keyring.backends.macOS", "Keyring"),
    "win32": ("keyring.backends.Windows", "WinVaultKeyring"),
}
_DESKTOP = ("keyring.backends.SecretService", "Keyring")

_Answer = TypeVar("_Answer")


class PasswordKeeper(Protocol):
    """A keyring, as `keyring.backend.KeyringBackend` has it."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None where there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keeps a secret in place of the one before."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forgets a secret that is there."""
        ...


@dataclass(frozen=True, slots=True)
class LimitedKeeper:
    """A keyring that answers in time or not at all.

    Attributes:
        keeper: may wait for ever, for a person who is not there or a service that hangs.
        limit: seconds for each call.
    """

    keeper: PasswordKeeper
    limit: float = UNLOCKING_LIMIT

    def get_password(self, service: str, username: str) -> str | None:
        """See `PasswordKeeper`; `KeyringUnusable` when it fails."""
        return within(self.limit, lambda: self.keeper.get_password(service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """See `PasswordKeeper`; `KeyringUnusable` when it fails."""
        within(self.limit, lambda: self.keeper.set_password(service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        """See `PasswordKeeper`; `KeyringUnusable` when it fails."""
        within(self.limit, lambda: self.keeper.delete_password(service, username))


def platform_keyring() -> PasswordKeeper:
    """The keyring of this operating system.

    Raises:
        KeyringUnusable: there is none, as on a machine without a desktop.
    """
    return LimitedKeeper(within(LOOKING_LIMIT, _platform_keyring))


def within(seconds: float, call: Callable[[], _Answer]) -> _Answer:
    """What a call into a keyring returns.

    Raises:
        KeyringUnusable: it failed, or did not return in time; its thread ends with the process.
    """
    answers: queue.SimpleQueue[tuple[_Answer] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((call(),))
        except Exception as error:  # noqa: BLE001 - each platform raises errors of its own
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise KeyringUnusable(f"no answer within {seconds:.0f} seconds") from None
    if isinstance(answer, KeyringUnusable):
        raise answer
    if isinstance(answer, Exception):
        # Its kind and not its text, which is another's.
        raise KeyringUnusable(type(answer).__name__) from None
    return answer[0]


def _platform_keyring() -> PasswordKeeper:
    module, name = _BACKENDS.get(sys.platform, _DESKTOP)
    # Imported only now: what needs no seed, or has it in a file, loads no keyring at all.
    backend: Any = getattr(importlib.import_module(module), name)
    if not backend.viable:
        raise KeyringUnusable("there is none on this machine, or nobody is logged in to a desktop")
    keeper: PasswordKeeper = backend()
    return keeper
