"""What can be wrong with what the agent keeps on the laptop; all of it ends with exit code 10."""

from pathlib import Path

from kizashi_agent.errors import StateError


class SeedMissing(StateError):
    """The seed is gone, and with it the keys of checks that are still on record."""

    def __init__(self, folder: Path, checks: Path) -> None:
        super().__init__(
            "checks are on record without the seed of their keys",
            f"The seed of your keys is missing from {folder} or from the keyring, and without it "
            f"the checks in {checks} cannot be withdrawn. Put it back (kizashi identity restore "
            f"FILE, if you made a backup); if it is lost, move {checks} elsewhere and start again: what "
            "servers hold of those checks, they delete by themselves.",
            reason="SEED_MISSING",
        )


class StateUnreadable(StateError):
    """A file of the agent's own state is damaged.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"state file {path.name} does not parse",
            f"The file {path} is damaged. Move it elsewhere and try again; checks whose records "
            "were in it can no longer be withdrawn from this laptop.",
            reason="STATE_UNREADABLE",
        )
        self.path = path


class StateBusy(StateError):
    """Another process has had the agent's folder for too long."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "another process holds the state folder",
            f"Another kizashi is at work in {folder}. Wait until it has ended, and try again.",
            reason="STATE_BUSY",
        )


class KeyringUnusable(StateError):
    """The operating system's keyring cannot be used now.

    Attributes:
        why: in a few words; never what a backend said, which could hold a secret.
    """

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the keyring cannot be used: {why}",
            f"The keyring of this account cannot be used ({why}). Log in to the desktop, unlock "
            "the keyring, and try again.",
            reason="KEYRING_UNUSABLE",
        )
        self.why = why


class SeedElsewhere(StateError):
    """The seed is in the keyring, and the keyring was ruled out."""

    def __init__(self) -> None:
        super().__init__(
            "the seed is in the keyring, which was ruled out",
            "The seed of your keys is in the keyring, and this command was told to use a file "
            "(--seed file, or KIZASHI_SEED). Run it without that.",
            reason="SEED_ELSEWHERE",
        )
