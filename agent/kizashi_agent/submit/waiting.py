"""Checks that have no answer yet, kept encrypted on the laptop until they are sent or given up.

A check is kept before it is first sent and goes with its answer. What is kept is the summary with
its consents, and the envelope as it was last sealed: sent again it is the same envelope, so that a
server which has answered it gives the same answer and scores nothing twice. Withdrawing throws it
away, and with the end of its consent it may no longer be sent. Two commands may be at work at once:
what one of them gave up, the other neither brings back nor sends.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kizashi_protocol import (
    LOCALES,
    AddedForResearch,
    Envelope,
    Invite,
    Locale,
    ProtocolError,
    Summary,
)
from kizashi_protocol.context import REPORT_ID_BYTES, framed
from kizashi_protocol.v1 import service_pb2

from kizashi_agent.device.device_state import WAITING_FOLDER, DeviceState
from kizashi_agent.device.participant import waiting_key
from kizashi_agent.device.seen_head import SeenHead
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.device.state_folder import StateFolder
from kizashi_agent.submit.exchange import Attempt
from kizashi_agent.submit.research_answers import added_from_json, added_to_json

_LABEL = b"kizashi/v1 waiting check"
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2: random, one key seals far fewer than 2^32


@dataclass(frozen=True, slots=True)
class WaitingCheck:
    """A check without an answer.

    Attributes:
        report_id: 16 bytes.
        consents: tokens, signed for this report id.
        scorer_id: the scorer the person was told of.
        agreed_time: seconds since the epoch.
        expire_time: when its consents end, in seconds since the epoch.
        attempt: how it was last sealed; None before the first time.
        added: of a questionnaire; there only where the person added it for research.
    """

    report_id: bytes
    invite: Invite
    locale: Locale
    consents: tuple[str, ...] = field(repr=False)
    scorer_id: str
    summary: Summary = field(repr=False)
    agreed_time: int
    expire_time: int
    attempt: Attempt | None = None
    added: AddedForResearch | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The check as JSON values; `from_json` gives back an equal one."""
        attempt = self.attempt
        return {
            "report_id": self.report_id.hex(),
            "invite": str(self.invite),
            "locale": self.locale,
            "consents": list(self.consents),
            "scorer_id": self.scorer_id,
            "summary": _text(self.summary.serialise()),
            "agreed_time": self.agreed_time,
            "expire_time": self.expire_time,
            "envelope": attempt and _text(attempt.envelope.to_message().SerializeToString()),
            "plaintext": attempt and _text(attempt.plaintext),
            "reply_seed": attempt and _text(attempt.reply_seed),
            "seen_head": attempt and attempt.seen.to_json(),
            "added": self.added and added_to_json(self.added),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError, ProtocolError: it is anything else.
        """
        report_id = bytes.fromhex(data["report_id"])
        if len(report_id) != REPORT_ID_BYTES:
            raise ValueError("a report id of another length")
        attempt = None
        if data["envelope"] is not None:
            message = service_pb2.Envelope.FromString(_bytes(data["envelope"]))
            attempt = Attempt(
                Envelope.parse(message),
                _bytes(data["plaintext"]),
                _bytes(data["reply_seed"]),
                SeenHead.from_json(data["seen_head"]),
            )
        return cls(
            report_id=report_id,
            invite=Invite.parse(data["invite"]),
            locale=LOCALES[LOCALES.index(data["locale"])],
            consents=tuple(str(each) for each in data["consents"]),
            scorer_id=str(data["scorer_id"]),
            summary=Summary.parse(_bytes(data["summary"])),
            agreed_time=int(data["agreed_time"]),
            expire_time=int(data["expire_time"]),
            attempt=attempt,
            added=None if data["added"] is None else added_from_json(data["added"]),
        )


@dataclass(frozen=True, slots=True)
class WaitingChecks:
    """The folder of waiting checks, each a file sealed with AES-256-GCM and bound to its name.

    Attributes:
        files: how the folder is kept.
        folder: made when first written to.
        key: gives the 32-byte key; asked for only when a check is written or read.
        random_bytes: gives that many unpredictable bytes.
    """

    files: StateFolder
    folder: Path
    key: Callable[[], bytes] = field(repr=False)
    random_bytes: Callable[[int], bytes]

    def keep(self, check: WaitingCheck) -> None:
        """Keeps a check, in place of what was kept of it before."""
        path = self._path(check.report_id)
        nonce = self.random_bytes(_NONCE_BYTES)
        data = json.dumps(check.to_json()).encode()
        self.files.write(path, nonce + AESGCM(self.key()).encrypt(nonce, data, _bound(path)))

    def renew(self, check: WaitingCheck) -> bool:
        """Keeps a check in place of what is kept of it; False, and nothing, if it was given up."""
        with self.files.sole():
            kept = self.is_kept(check.report_id)
            if kept:
                self.keep(check)
            return kept

    def paths(self) -> list[Path]:
        """The files of the checks kept."""
        return [path for path in self.files.files(self.folder) if path.suffix == ".sealed"]

    def read(self, path: Path) -> WaitingCheck:
        """The check in a file.

        Raises:
            StateUnreadable: it is damaged, another check's, or sealed with another seed.
        """
        return self.opened(path, self.files.read(path) or b"")

    def opened(self, path: Path, sealed: bytes) -> WaitingCheck:
        """The check in the bytes of a file; errors as `read`."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            data = AESGCM(self.key()).decrypt(nonce, rest, _bound(path))
            return WaitingCheck.from_json(json.loads(data))
        except (InvalidTag, ValueError, KeyError, TypeError, ProtocolError):
            raise StateUnreadable(path) from None

    def find(self, report_id: bytes) -> WaitingCheck | None:
        """The check that waits under this id, or None; errors as `read`."""
        path = self._path(report_id)
        sealed = self.files.read(path)
        return None if sealed is None else self.opened(path, sealed)

    def is_kept(self, report_id: bytes) -> bool:
        """Whether this check waits."""
        return self.files.read(self._path(report_id)) is not None

    def drop(self, report_id: bytes) -> None:
        """Gives a check up; one that does not wait is no error."""
        self.remove(self._path(report_id))

    def remove(self, path: Path) -> None:
        """Gives up what is in a file, readable or not."""
        with self.files.sole():
            self.files.remove(path)

    def drop_all(self) -> int:
        """Gives every check up, damaged ones too; returns how many there were."""
        with self.files.sole():
            paths = self.paths()
            for path in paths:
                self.remove(path)
            return len(paths)

    def __iter__(self) -> Iterator[WaitingCheck]:
        """The checks kept, the oldest first; errors as `read`."""
        return iter(sorted(map(self.read, self.paths()), key=lambda check: check.agreed_time))

    def _path(self, report_id: bytes) -> Path:
        return self.folder / f"{report_id.hex()}.sealed"


def waiting_checks(state: DeviceState) -> WaitingChecks:
    """The waiting checks of a laptop, sealed with a key grown from its seed."""
    return WaitingChecks(
        state.files,
        state.folder / WAITING_FOLDER,
        lambda: waiting_key(state.seed()),
        state.random_bytes,
    )


def _bound(path: Path) -> bytes:
    return framed(_LABEL, path.stem.encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
