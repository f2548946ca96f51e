"""What the agent keeps on the laptop: enough to withdraw, nothing that was measured.

In one folder, mode 0700, each file mode 0600: the seed of the participant's keys, the invite last
used, the newest directory version and log head seen of each root, for each check that was sent its
id and receipts, and each erasure receipt. No summary, no score, no feedback.
"""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from kizashi_protocol import Invite, MalformedInvite, ReceiptBundle, Scope
from kizashi_protocol.context import REPORT_ID_BYTES

from kizashi_agent.errors import AgentError
from kizashi_agent.submit.log_trust import NOTHING_SEEN, SeenHead
from kizashi_agent.submit.participant import SEED_BYTES

WAITING_FOLDER = "waiting"


class SeedMissing(AgentError):
    """The seed is gone, and with it the keys of checks that are still on record."""

    def __init__(self, path: Path, checks: Path) -> None:
        super().__init__(
            "checks are on record without the seed of their keys",
            f"The file {path} is missing, without which the checks in {checks} cannot be "
            f"withdrawn. Put it back; if it is lost, move {checks} elsewhere and start again: what "
            "servers hold of those checks, they delete by themselves.",
            reason="SEED_MISSING",
        )


class StateUnreadable(AgentError):
    """A file of the agent's own state is damaged."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"state file {path.name} does not parse",
            f"The file {path} is damaged. Move it elsewhere and try again; checks whose records "
            "were in it can no longer be withdrawn from this laptop.",
            reason="STATE_UNREADABLE",
        )


@dataclass(frozen=True, slots=True)
class SentCheck:
    """A check that was sent, or was about to be when something broke.

    Attributes:
        report_id: 16 bytes.
        invite: where it went.
        sent_time: seconds since the epoch.
        receipts: countersigned consents; empty until the reply arrived.
    """

    report_id: bytes
    invite: Invite
    sent_time: int
    receipts: tuple[str, ...] = field(default=(), repr=False)

    def to_json(self) -> dict[str, Any]:
        """The check as JSON values; `from_json` gives back an equal one."""
        return {
            "report_id": self.report_id.hex(),
            "invite": str(self.invite),
            "sent_time": self.sent_time,
            "receipts": list(self.receipts),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError, OverflowError, MalformedInvite: it is anything else.
        """
        report_id = bytes.fromhex(data["report_id"])
        if len(report_id) != REPORT_ID_BYTES:
            raise ValueError("a report id of another length")
        return cls(
            report_id,
            Invite.parse(data["invite"]),
            int(data["sent_time"]),
            tuple(str(each) for each in data["receipts"]),
        )


class DeviceState:
    """The agent's folder on the laptop.

    Args:
        folder: made when first written to; nothing is written before something is sent.
        random_bytes: gives that many unpredictable bytes.
    """

    def __init__(self, folder: Path, random_bytes: Callable[[int], bytes]) -> None:
        self.folder = folder
        self.random_bytes = random_bytes
        self._seed_file = folder / "seed"
        self._invite_file = folder / "invite.txt"
        self._checks = folder / "checks"
        self._receipts = folder / "receipts"
        self._versions = folder / "directory-versions.json"
        self._log_heads = folder / "log-heads.json"
        self._waiting = folder / WAITING_FOLDER

    def seed(self) -> bytes:
        """The seed of all keys, 32 bytes, made when first asked for.

        Raises:
            SeedMissing: checks were sent with a seed that is gone; another would not own them,
                and the server's "unknown" would pass for "nothing is held".
            StateUnreadable: it is damaged.
        """
        if not self._seed_file.exists():
            if any(self._checks.glob("*.json")):
                raise SeedMissing(self._seed_file, self._checks)
            self.write(self._seed_file, self.random_bytes(SEED_BYTES))
        seed = self._seed_file.read_bytes()
        if len(seed) != SEED_BYTES:
            raise StateUnreadable(self._seed_file)
        return seed

    def invite(self) -> Invite | None:
        """The invite last used, or None."""
        if not self._invite_file.exists():
            return None
        try:
            return Invite.parse(self._invite_file.read_text("ascii"))
        except (MalformedInvite, UnicodeDecodeError):
            raise StateUnreadable(self._invite_file) from None

    def remember_invite(self, invite: Invite) -> None:
        """Keeps an invite, in place of the one before."""
        self.write(self._invite_file, str(invite).encode())

    def highest_directory_version(self, root_fingerprint: bytes) -> int:
        """The newest directory version seen of a root, or 0."""
        return self._read_versions().get(root_fingerprint.hex(), 0)

    def remember_directory_version(self, root_fingerprint: bytes, version: int) -> None:
        """Keeps the newest version seen of a root, so that an older one is refused."""
        versions = self._read_versions()
        root = root_fingerprint.hex()
        # Another process may have seen a newer one meanwhile.
        versions[root] = max(version, versions.get(root, 0))
        self.write(self._versions, json.dumps(versions).encode())

    def newest_log_head(self, root_fingerprint: bytes) -> SeenHead:
        """The newest published log head seen of a root, or `NOTHING_SEEN`."""
        return self._read_log_heads().get(root_fingerprint.hex(), NOTHING_SEEN)

    def remember_log_head(self, root_fingerprint: bytes, seen: SeenHead) -> None:
        """Keeps the newest log head seen of a root, so that a log that forgot it is refused."""
        heads = self._read_log_heads()
        root = root_fingerprint.hex()
        # Another process may have seen a newer one meanwhile.
        if seen.head.size >= heads.get(root, NOTHING_SEEN).head.size:
            heads[root] = seen
        written = {each: kept.to_json() for each, kept in heads.items()}
        self.write(self._log_heads, json.dumps(written).encode())

    def keep_receipt(self, report_id: bytes, scope: Scope, receipt: ReceiptBundle) -> Path:
        """Keeps a consent's receipt in a file that verifies offline; returns its path."""
        path = self._receipts / f"{report_id.hex()}-{scope}.json"
        self.write(path, receipt.to_text().encode())
        return path

    def remember_check(self, check: SentCheck) -> None:
        """Keeps what withdrawing this check will need; called before it is sent."""
        path = self._checks / f"{check.report_id.hex()}.json"
        self.write(path, json.dumps(check.to_json()).encode())

    def checks(self) -> list[SentCheck]:
        """The checks kept, the oldest first."""
        found = [self._read_check(path) for path in sorted(self._checks.glob("*.json"))]
        return sorted(found, key=lambda check: check.sent_time)

    def forget_check(self, report_id: bytes) -> None:
        """Removes a check and its receipts, and with the last one the seed of the keys."""
        for receipt in self._receipts.glob(f"{report_id.hex()}-*.json"):
            receipt.unlink(missing_ok=True)
        (self._checks / f"{report_id.hex()}.json").unlink(missing_ok=True)
        if not any(self._checks.glob("*.json")) and not any(self._waiting.glob("*")):
            self._seed_file.unlink(missing_ok=True)

    def keep_erasure(self, report_id: bytes, receipt: ReceiptBundle) -> Path:
        """Keeps the server's signed statement that a check was erased; returns its path."""
        path = self.folder / "erasures" / f"{report_id.hex()}.json"
        self.write(path, receipt.to_text().encode())
        return path

    def _read_check(self, path: Path) -> SentCheck:
        try:
            return SentCheck.from_json(json.loads(path.read_bytes()))
        except (ValueError, KeyError, TypeError, OverflowError, MalformedInvite):
            raise StateUnreadable(path) from None

    def _read_versions(self) -> dict[str, int]:
        if not self._versions.exists():
            return {}
        try:
            versions = json.loads(self._versions.read_bytes())
            return {str(root): int(version) for root, version in versions.items()}
        except (ValueError, AttributeError, TypeError, OverflowError):
            raise StateUnreadable(self._versions) from None

    def _read_log_heads(self) -> dict[str, SeenHead]:
        if not self._log_heads.exists():
            return {}
        try:
            content = json.loads(self._log_heads.read_bytes())
            return {str(root): SeenHead.from_json(each) for root, each in content.items()}
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise StateUnreadable(self._log_heads) from None

    def write(self, path: Path, data: bytes) -> None:
        """Puts a file in place in one step, mode 0600, its folders made with mode 0700."""
        # Written beside, then renamed: a crash leaves the old file or the new one, never half.
        for folder in (self.folder, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}.part")
        # What is there was left by a process that crashed with the number that is now ours.
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
