"""What a backup holds: the seed, and the records that withdrawing takes. No summary, no result."""

import json
from dataclasses import dataclass, field
from typing import Self

from kizashi_protocol import Invite, ProtocolError

from kizashi_agent.device.device_state import SentCheck
from kizashi_agent.device.participant import SEED_BYTES
from kizashi_agent.identity.container import BackupDamaged
from kizashi_agent.submit.standing import StandingConsent


@dataclass(frozen=True, slots=True)
class Identity:
    """A participant, as a laptop knows one.

    Attributes:
        seed: of all keys, 32 bytes.
        invite: the one last used, or None.
        checks: those that can still be withdrawn.
        standing: consents that outlast a check.
    """

    seed: bytes = field(repr=False)
    invite: Invite | None
    checks: tuple[SentCheck, ...]
    standing: tuple[StandingConsent, ...]

    def invites(self) -> set[Invite]:
        """To every programme it knows of."""
        known = {each.invite for each in self.checks} | {each.invite for each in self.standing}
        return known if self.invite is None else known | {self.invite}

    def encode(self) -> bytes:
        """The identity as bytes; `decode` gives back an equal one."""
        described = {
            "seed": self.seed.hex(),
            "invite": None if self.invite is None else str(self.invite),
            "checks": [each.to_json() for each in self.checks],
            "standing": [each.to_json() for each in self.standing],
        }
        return json.dumps(described).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reads what `encode` wrote.

        Raises:
            BackupDamaged: it is anything else.
        """
        try:
            described = json.loads(data)
            invite = described["invite"]
            return cls(
                _seed(described["seed"]),
                None if invite is None else Invite.parse(invite),
                tuple(SentCheck.from_json(each) for each in described["checks"]),
                tuple(StandingConsent.from_json(each) for each in described["standing"]),
            )
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            ProtocolError,
        ) as error:
            log = f"the content of a backup does not parse: {type(error).__name__}"
            raise BackupDamaged(log) from None


def _seed(text: str) -> bytes:
    seed = bytes.fromhex(text)
    if len(seed) != SEED_BYTES:
        raise ValueError("a seed of another length")
    return seed
