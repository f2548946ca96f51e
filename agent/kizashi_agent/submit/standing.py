"""Consents that outlast a check: signed once, kept on the laptop, sent along with each check."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from kizashi_protocol import (
    STANDING,
    ConsentRecipient,
    ConsentRecord,
    Invite,
    ProtocolError,
    Recipient,
    Scope,
    Terms,
    consent_text,
    fault_of,
    read_consent,
    sign_consent,
)
from kizashi_protocol.consent import LONGEST_VALIDITY
from kizashi_protocol.context import framed
from kizashi_protocol.moments import DAY

from kizashi_agent.device.device_state import (
    RESTORED_FOLDER,
    STANDING_FOLDER,
    DeviceState,
)
from kizashi_agent.device.participant import recovery_code, recovery_secret, standing_key
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.device.state_folder import StateFolder
from kizashi_agent.submit.consents import Agreement
from kizashi_agent.submit.trust import Connection

EXPIRES_SOON = 30 * DAY
"""Seconds before its end in which a person is told that a consent ends soon."""


class Life(Enum):
    """Where a standing consent is in its life."""

    HOLDS = auto()
    ENDS_SOON = auto()
    EXPIRED = auto()
    TERMS_CHANGED = auto()
    TAKEN_BACK = auto()


@dataclass(frozen=True)
class StandingConsent:
    """A given consent that outlasts a check.

    Attributes:
        invite: the programme it was given to, and its root.
        token: the record, signed.
        taken_back: the person has withdrawn it, and the server has not said so yet.
    """

    invite: Invite
    token: str = field(repr=False)
    taken_back: bool = False

    @cached_property
    def record(self) -> ConsentRecord:
        """What was consented to."""
        return read_consent(self.token)

    def life(self, now: int, terms: Terms | None = None) -> Life:
        """Where it is at `now` (seconds since the epoch); without terms only time is looked at."""
        if self.taken_back:
            return Life.TAKEN_BACK
        fault = fault_of(self.record, terms or self.record.terms, None, now)
        if fault is not None:
            return Life.TERMS_CHANGED if fault == "CONSENT_TERMS_CHANGED" else Life.EXPIRED
        soon = self.record.expire_time - now <= EXPIRES_SOON
        return Life.ENDS_SOON if soon else Life.HOLDS

    def to_json(self) -> dict[str, Any]:
        """The consent as JSON values; `from_json` gives back an equal one."""
        return {"invite": str(self.invite), "token": self.token, "taken_back": self.taken_back}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError, ProtocolError: it is anything else.
        """
        consent = cls(Invite.parse(data["invite"]), str(data["token"]), data["taken_back"] is True)
        if consent.record.report_id is not None:
            raise ValueError("a consent for one check does not stand")
        return consent


@dataclass(frozen=True, slots=True)
class StandingConsents:
    """The folder of standing consents, one a root, programme and scope."""

    files: StateFolder
    folder: Path

    def keep(self, consent: StandingConsent) -> None:
        """Keeps a consent, in place of the one before."""
        path = self._path(consent.invite, consent.record.scope)
        self.files.write(path, json.dumps(consent.to_json()).encode())

    def every(self) -> list[StandingConsent]:
        """All that are kept, in the order of their scopes.

        Raises:
            StateUnreadable: a file is damaged.
        """
        found = [self._read(path) for path in self.files.files(self.folder)]
        return sorted(found, key=lambda each: STANDING.index(each.record.scope))

    def readable(self) -> tuple[list[StandingConsent], list[StateUnreadable]]:
        """Those that can be read, and an error for each that cannot."""
        found, damaged = [], []
        for path in self.files.files(self.folder):
            try:
                found.append(self._read(path))
            except StateUnreadable as error:
                damaged.append(error)
        return found, damaged

    def given_to(self, invite: Invite) -> list[StandingConsent]:
        """Those to the programme of an invite; errors as `every`."""
        wanted = (invite.root_fingerprint, invite.programme_id)
        return [
            each
            for each in self.every()
            if (each.invite.root_fingerprint, each.invite.programme_id) == wanted
        ]

    def take_back(self, consent: StandingConsent) -> None:
        """Keeps a consent from riding along, before any server is asked."""
        self.keep(replace(consent, taken_back=True))

    def forget(self, consent: StandingConsent) -> None:
        """Removes a consent; one that is not there is no error."""
        self.files.remove(self._path(consent.invite, consent.record.scope))

    def _read(self, path: Path) -> StandingConsent:
        try:
            return StandingConsent.from_json(json.loads(self.files.read(path) or b""))
        except (ValueError, KeyError, TypeError, ProtocolError):
            raise StateUnreadable(path) from None

    def _path(self, invite: Invite, scope: Scope) -> Path:
        place = framed(invite.root_fingerprint, invite.programme_id.encode(), scope.encode())
        return self.folder / f"{hashlib.sha256(place).hexdigest()}.json"


@dataclass(frozen=True, slots=True)
class RestoredProgrammes:
    """The programmes of a backup that was restored here.

    Since it was made more may have been given to them than is on record, and its keys can take that
    back. So they are kept until every scope was taken back there.
    """

    files: StateFolder
    folder: Path

    def remember(self, invite: Invite) -> None:
        """Keeps a programme; one that is kept already is no error."""
        self.files.write(self._path(invite), str(invite).encode())

    def readable(self) -> tuple[list[Invite], list[StateUnreadable]]:
        """Those that can be read, and an error for each that cannot."""
        found, damaged = [], []
        for path in self.files.files(self.folder):
            try:
                found.append(Invite.parse((self.files.read(path) or b"").decode("ascii")))
            except (ProtocolError, UnicodeDecodeError):
                damaged.append(StateUnreadable(path))
        return found, damaged

    def forget(self, invite: Invite) -> None:
        """Removes a programme; one that is not there is no error."""
        self.files.remove(self._path(invite))

    def _path(self, invite: Invite) -> Path:
        return self.folder / f"{hashlib.sha256(str(invite).encode()).hexdigest()}.txt"


def restored_programmes(state: DeviceState) -> RestoredProgrammes:
    """The restored programmes of a laptop."""
    return RestoredProgrammes(state.files, state.folder / RESTORED_FOLDER)


def standing_consents(state: DeviceState) -> StandingConsents:
    """The standing consents of a laptop."""
    return StandingConsents(state.files, state.folder / STANDING_FOLDER)


def researcher_of(connection: Connection, now: int) -> Recipient | None:
    """Who evaluates summaries given for research in a programme, as its root certified them."""
    listed = connection.directory.researchers(connection.invite.programme_id, now)
    return listed[0] if listed else None


def sign_standing(  # noqa: PLR0913, PLR0917 - what was agreed to, by whom, when
    scope: Scope,
    agreement: Agreement,
    seed: bytes,
    terms: Terms,
    recipient: ConsentRecipient | None,
    now: int,
) -> str:
    """A standing consent as a token, signed by its scope's key, for twelve months.

    Args:
        scope: trend, cohort or research.
        agreement: how the person agreed.
        seed: of the participant's keys, 32 bytes.
        terms: everybody the consent names.
        recipient: who receives; for research alone.
        now: seconds since the epoch.
    """
    root, programme_id = terms.root_fingerprint, terms.programme_id
    key = standing_key(seed, root, programme_id, scope)
    secret = recovery_secret(recovery_code(seed), root, programme_id, scope)
    text = consent_text(scope, agreement.locale, terms, recipient)
    record = ConsentRecord(
        scope=scope,
        report_id=None,
        terms=terms,
        text_version=text.version,
        locale=agreement.locale,
        text_digest=text.digest,
        given_time=now,
        expire_time=now + LONGEST_VALIDITY,
        adult=agreement.adult,
        method=agreement.method,
        subject=key.public,
        recovery_digest=hashlib.sha256(secret).digest(),
        recipient=recipient,
    )
    return sign_consent(record, key)
