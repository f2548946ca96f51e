"""Keyrings in memory: one that works, and some that do not."""

import threading
from dataclasses import dataclass, field


@dataclass
class Keyring:
    """A keyring that keeps what it is given.

    Attributes:
        kept: secrets by service and account.
        asked: how often a secret was read.
    """

    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: int = 0

    def get_password(self, service: str, username: str) -> str | None:
        """The secret."""
        self.asked += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keeps one."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forgets one that is there."""
        del self.kept[service, username]


class Forgetful(Keyring):
    """Takes a secret and loses it."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keeps nothing."""


class Failing(Keyring):
    """Fails, and says the secret in its error."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Fails."""
        raise RuntimeError(password)


class Hanging(Keyring):
    """Waits for a person who never comes."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Never returns."""
        threading.Event().wait()
