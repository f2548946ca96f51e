"""What the agent keeps on the laptop: what withdrawing takes, and the ledger of its messages.

In one folder, mode 0700, each file mode 0600: the invite last used, the newest directory version
and log head seen of each root, for each check that was sent its id and receipts, each erasure
receipt, the programmes of a restored backup, and beside them, encrypted, the ledger and, where the
person turned it on, a history of their checks and their answers to the questionnaire. The seed of
the participant's keys is in the keyring, or in a file here where no keyring is usable. No summary,
score or feedback but what those hold encrypted.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from kizashi_protocol import Invite, MalformedInvite, ReceiptBundle, Scope
from kizashi_protocol.context import REPORT_ID_BYTES

from kizashi_agent.device.participant import SEED_BYTES
from kizashi_agent.device.seed_store import SeedInFile, SeedInMemory, SeedPlace, SeedStore
from kizashi_agent.device.seen_head import NOTHING_SEEN, SeenHead
from kizashi_agent.device.state_errors import SeedMissing, StateUnreadable
from kizashi_agent.device.state_folder import FolderInMemory, FolderOnDisk, StateFolder

WAITING_FOLDER = "waiting"
SEED_FILE = "seed"
KEYRING_MARKER = "seed-in-keyring"
LEDGER_FOLDER = "ledger"
STANDING_FOLDER = "standing"
CODE_SHOWN_FILE = "recovery-code-shown"
RESTORED_FOLDER = "restored"
HISTORY_FOLDER = "history"
QUESTIONNAIRE_FOLDER = "questionnaire"
FOR_RESEARCH_FOLDER = "answers-for-research"
ERASURES_FOLDER = "erasures"
SEED_USERS = (
    "checks",
    WAITING_FOLDER,
    LEDGER_FOLDER,
    STANDING_FOLDER,
    RESTORED_FOLDER,
    HISTORY_FOLDER,
    QUESTIONNAIRE_FOLDER,
    FOR_RESEARCH_FOLDER,
)
"""Folders whose files are worth nothing without the seed: it stays while one of them has any."""


@dataclass(frozen=True, slots=True)
class SentCheck:
    """A check that was sent, or was about to be when something broke.

    Attributes:
        report_id: 16 bytes.
        invite: where it went.
        sent_time: seconds since the epoch.
        receipts: countersigned consents; empty until the reply arrived.
        shared: its feedback was left for a counsellor, or was about to be.
    """

    report_id: bytes
    invite: Invite
    sent_time: int
    receipts: tuple[str, ...] = field(default=(), repr=False)
    shared: bool = False

    def to_json(self) -> dict[str, Any]:
        """The check as JSON values; `from_json` gives back an equal one."""
        return {
            "report_id": self.report_id.hex(),
            "invite": str(self.invite),
            "sent_time": self.sent_time,
            "receipts": list(self.receipts),
            "shared": self.shared,
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
            bool(data["shared"]),
        )


class DeviceState:
    """The agent's folder on the laptop.

    Args:
        folder: made when first written to; nothing is written before something is sent.
        random_bytes: gives that many unpredictable bytes.
        seeds: where the seed is kept; a file in the folder where it is not said.
        files: how the folder is kept; on disk where it is not said.

    Attributes:
        lasting: what is kept is there for the next command.
    """

    lasting = True

    def __init__(
        self,
        folder: Path,
        random_bytes: Callable[[int], bytes],
        seeds: SeedStore | None = None,
        files: StateFolder | None = None,
    ) -> None:
        self.folder = folder
        self.files = FolderOnDisk(folder) if files is None else files
        self.seeds: SeedStore = (
            SeedInFile(self.files, folder / SEED_FILE, folder / KEYRING_MARKER)
            if seeds is None
            else seeds
        )
        self.random_bytes = random_bytes
        self._invite_file = folder / "invite.txt"
        self._checks = folder / "checks"
        self._receipts = folder / "receipts"
        self._erasures = folder / ERASURES_FOLDER
        self._versions = folder / "directory-versions.json"
        self._log_heads = folder / "log-heads.json"

    @classmethod
    def in_memory(cls, random_bytes: Callable[[int], bytes]) -> Self:
        """A state that ends with the process and leaves nothing."""
        # Below a file there can be no folder: a stray write to disk would fail.
        nowhere = Path(os.devnull) / "kizashi"
        state = cls(nowhere, random_bytes, SeedInMemory(), FolderInMemory())
        state.lasting = False
        return state

    def seed(self) -> bytes:
        """The seed of all keys, 32 bytes, made when first asked for.

        Raises:
            SeedMissing: checks were sent with a seed that is gone; another would not own them,
                and the server's "unknown" would pass for "nothing is held".
            StateError: it is damaged or out of reach.
        """
        kept = self.seeds.read()
        return self._made_seed() if kept is None else kept

    def open_check(self, check: "SentCheck") -> bytes:
        """Keeps what withdrawing a check will need, and gives the seed of its keys.

        In one step, so that nothing that happens beside it leaves the check without its seed.
        Errors as `seed`.
        """
        with self.files.sole():
            seed = self.seed()
            self.remember_check(check)
            self.remember_invite(check.invite)
            return seed

    def replace_seed(self, seed: bytes) -> None:
        """Keeps this seed in place of any other."""
        with self.files.sole():
            self.seeds.write(seed)

    def forget_everything(self) -> None:
        """Forgets the seed and all that is worth nothing without it; damaged files too."""
        with self.files.sole():
            for folder in SEED_USERS:
                for path in self.files.files(self.folder / folder):
                    self.files.remove(path)
            self._delete_seed()

    def forget_programmes(self) -> None:
        """Forgets which programmes were joined: invite, receipts, and what was seen of servers."""
        with self.files.sole():
            for folder in (self._receipts, self._erasures):
                for path in self.files.files(folder):
                    self.files.remove(path)
            for path in (self._invite_file, self._versions, self._log_heads):
                self.files.remove(path)

    def drop_unused_seed(self) -> None:
        """Forgets the seed when nothing needs it any more."""
        with self.files.sole():
            if not any(self.files.files(self.folder / each) for each in SEED_USERS):
                self._delete_seed()

    def has_given(self) -> bool:
        """Whether consent was given here and is on record, for a check or beyond one."""
        return any(self.files.files(self.folder / each) for each in ("checks", STANDING_FOLDER))

    def seed_place(self) -> SeedPlace | None:
        """Where the seed is, or None while there is none."""
        return self.seeds.place

    def invite(self) -> Invite | None:
        """The invite last used, or None."""
        kept = self.files.read(self._invite_file)
        if kept is None:
            return None
        try:
            return Invite.parse(kept.decode("ascii"))
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
        root = root_fingerprint.hex()
        with self.files.sole():
            versions = self._read_versions()
            # Another process may have seen a newer one meanwhile.
            versions[root] = max(version, versions.get(root, 0))
            self.write(self._versions, json.dumps(versions).encode())

    def newest_log_head(self, root_fingerprint: bytes) -> SeenHead:
        """The newest published log head seen of a root, or `NOTHING_SEEN`."""
        return self._read_log_heads().get(root_fingerprint.hex(), NOTHING_SEEN)

    def remember_log_head(self, root_fingerprint: bytes, seen: SeenHead) -> None:
        """Keeps the newest log head seen of a root, so that a log that forgot it is refused."""
        root = root_fingerprint.hex()
        with self.files.sole():
            heads = self._read_log_heads()
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

    def receipt_files(self) -> list[Path]:
        """The files of consents' receipts, each a receipt bundle."""
        return self.files.files(self._receipts)

    def erasure_files(self) -> list[Path]:
        """The files of erasure receipts, each a receipt bundle."""
        return self.files.files(self._erasures)

    def remember_check(self, check: SentCheck) -> None:
        """Keeps what withdrawing this check will need; called before it is sent."""
        path = self._checks / f"{check.report_id.hex()}.json"
        self.write(path, json.dumps(check.to_json()).encode())

    def is_on_record(self, report_id: bytes) -> bool:
        """Whether there is a record of this check, readable or not."""
        return self.files.read(self._checks / f"{report_id.hex()}.json") is not None

    def checks(self) -> list[SentCheck]:
        """The checks kept that can be read, the oldest first; see `damaged_checks`."""
        found = (self._read_check(path) for path in self.files.files(self._checks))
        return sorted(
            (each for each in found if isinstance(each, SentCheck)),
            key=lambda check: check.sent_time,
        )

    def damaged_checks(self) -> list[StateUnreadable]:
        """An error for each record of a check that cannot be read."""
        found = (self._read_check(path) for path in self.files.files(self._checks))
        return [each for each in found if isinstance(each, StateUnreadable)]

    def forget_check(self, report_id: bytes) -> None:
        """Removes a check and its receipts, and the seed when nothing needs it any more."""
        with self.files.sole():
            for path in self.files.files(self._receipts):
                if path.name.startswith(report_id.hex()):
                    self.files.remove(path)
            self.files.remove(self._checks / f"{report_id.hex()}.json")
            self.drop_unused_seed()

    def keep_erasure(
        self, report_id: bytes, receipt: ReceiptBundle, scope: Scope | None = None
    ) -> Path:
        """Keeps the server's signed statement that a check, or its share, was erased.

        Returns its path.
        """
        name = report_id.hex() if scope is None else f"{report_id.hex()}-{scope}"
        path = self._erasures / f"{name}.json"
        self.write(path, receipt.to_text().encode())
        return path

    def _delete_seed(self) -> None:
        self.seeds.delete()
        self.files.remove(self.folder / CODE_SHOWN_FILE)

    def _made_seed(self) -> bytes:
        with self.files.sole():
            kept = self.seeds.read()
            if kept is None:
                if self.has_given():
                    raise SeedMissing(self.folder, self._checks)
                kept = self.random_bytes(SEED_BYTES)
                self.seeds.write(kept)
            return kept

    def _read_check(self, path: Path) -> SentCheck | StateUnreadable:
        try:
            return SentCheck.from_json(json.loads(self.files.read(path) or b""))
        except (ValueError, KeyError, TypeError, OverflowError, OSError, MalformedInvite):
            return StateUnreadable(path)

    def _read_versions(self) -> dict[str, int]:
        kept = self.files.read(self._versions)
        if kept is None:
            return {}
        try:
            versions = json.loads(kept)
            return {str(root): int(version) for root, version in versions.items()}
        except (ValueError, AttributeError, TypeError, OverflowError):
            raise StateUnreadable(self._versions) from None

    def _read_log_heads(self) -> dict[str, SeenHead]:
        kept = self.files.read(self._log_heads)
        if kept is None:
            return {}
        try:
            content = json.loads(kept)
            return {str(root): SeenHead.from_json(each) for root, each in content.items()}
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise StateUnreadable(self._log_heads) from None

    def write(self, path: Path, data: bytes) -> None:
        """Puts a file in place in one step, mode 0600, its folders made with mode 0700."""
        self.files.write(path, data)
