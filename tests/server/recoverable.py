"""Checks that a recovery code reaches, for the server's tests."""

import os
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, cast

from kizashi_protocol import ConsentRecord, Scope, recovery_tag
from kizashi_server.store.replay_contract import Store, Tagged

from tests.server.laptop import Change, Sent
from tests.server.world import World

SECRET = b"anna's secret of her checks....."
OTHER_SECRET = b"ben's secret of his checks......"


def tagged(secret: bytes = SECRET) -> Change:
    """Puts the tag of a secret into a consent to score."""

    def change(record: ConsentRecord) -> ConsentRecord:
        if record.scope is not Scope.SCORE or record.report_id is None:
            return record
        return replace(record, recovery_digest=recovery_tag(secret, record.report_id))

    return change


def check(world: World, secret: bytes = SECRET) -> Sent:
    """A check, made now and not sent yet, that the code behind a secret reaches."""
    return world.laptop.check(report_id=os.urandom(16), change=tagged(secret))


@dataclass
class Slow:
    """A store that gives one check at a time, which takes long, and says what it was asked."""

    store: Store
    let_pass: Callable[[], object]
    asked: list[bytes] = field(default_factory=list)
    erased: list[AbstractSet[bytes]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the store's own."""
        return getattr(self.store, name)

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """See `Store`."""
        self.let_pass()
        self.asked.append(after)
        return self.store.tagged(programme_id, after, min(most, 1))

    def erase(
        self, report_ids: AbstractSet[bytes], programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bool:
        """See `Store`."""
        self.erased.append(report_ids)
        return self.store.erase(report_ids, programme_id, owner_digests)


def slowed(world: World, seconds: float) -> Slow:
    """Has each page of checks take so many seconds of a world's clock."""

    def let_pass() -> None:
        world.clock.seconds += seconds

    store = Slow(world.store, let_pass)
    world.intake = replace(world.intake, store=cast("Store", store))
    return store
