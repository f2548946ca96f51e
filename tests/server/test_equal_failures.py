"""Every failed opening looks the same, and nothing is opened that can be refused without.

That they take the same time is measured by `python -m tests.bench.failures`, not asserted.
"""

import dataclasses
import json
import time
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from grpc_status import rpc_status
from kizashi_protocol import Envelope, Feedback, ProtocolError
from kizashi_protocol.open_report import ReportPrivateKey
from kizashi_protocol.v1 import service_pb2
from kizashi_server.errors import ExchangeRefused, status_of
from kizashi_server.keys.ring import Keyring, SealingKey

from tests.server.conftest import Running
from tests.server.failures import FAILURES, Failing, failing
from tests.server.laptop import Laptop
from tests.server.world import PROGRAMME, World, make_world


def error_of(world: World, envelope: Envelope) -> Exception:
    """What the intake raises."""
    with pytest.raises((ExchangeRefused, ProtocolError)) as caught:
        world.exchange(envelope)
    return caught.value


def no_reply_key(report: Failing) -> Envelope:
    """It opens, and names nobody to answer."""
    return report.laptop.seal(b"", report.sent.report_id)


EVERY = {**FAILURES, "no key for the reply": no_reply_key}


def test_failed_openings_say_the_same(any_world: World) -> None:
    """One status, byte for byte, whatever the cause."""
    told = {
        status_of(error_of(any_world, make(failing(any_world.laptop)))).SerializeToString(
            deterministic=True
        )
        for make in EVERY.values()
    }
    assert len(told) == 1


@pytest.mark.parametrize("cause", EVERY)
def test_failed_opening_leaves_nothing_and_blocks_nothing(any_world: World, cause: str) -> None:
    """No row, no score; the same envelope fails again, and the true one is then answered."""
    report = failing(any_world.laptop)
    spoilt = EVERY[cause](report)
    for _ in range(2):
        assert getattr(error_of(any_world, spoilt), "reason", None) == "ENVELOPE_UNREADABLE"
        assert any_world.store.find(report.sent.report_id) is None
    assert any_world.weigh.calls == 0
    assert isinstance(any_world.reply_to(report.sent).outcome, Feedback)


def test_failed_openings_are_alike_on_the_wire(running: Running) -> None:
    """Code, words, details and every other trailer, through the real server; and in its log."""
    laptop = Laptop(running.directory(), running.invite.programme_id, int(time.time()))
    stub = running.stub()
    told, names = set(), []
    for make in EVERY.values():
        report = failing(laptop)
        names.append(report.sent.report_id[:4].hex())
        with pytest.raises(grpc.RpcError) as caught:
            stub.Exchange(
                service_pb2.ExchangeRequest(envelope=make(report).to_message()), timeout=10
            )
        error: Any = caught.value
        status = rpc_status.from_call(error)
        trailers = tuple(sorted((key, value) for key, value in error.trailing_metadata()))
        told.add((error.code(), error.details(), status.SerializeToString(), trailers))
    assert len(told) == 1
    lines = map(json.loads, running.log().splitlines())
    mine = [line for line in lines if line.get("report") in names]
    assert len(mine) == len(EVERY)
    assert len({json.dumps({**line, "time": "", "report": ""}) for line in mine}) == 1


# --- What is refused before anything is opened


@dataclass(frozen=True)
class CountingKey:
    """A key that knows how often it was used to open something."""

    key: ReportPrivateKey
    uses: list[int]

    @property
    def primitive(self) -> object:
        """The library's key, for one opening."""
        self.uses.append(1)
        return self.key.primitive

    @property
    def key_id(self) -> bytes:
        """The key's id."""
        return self.key.key_id


class CountingKeyring:
    """A keyring whose sealing keys count."""

    def __init__(self, keyring: Keyring, uses: list[int]) -> None:
        self._keyring, self._uses = keyring, uses

    def sealing_key(self, key_id: bytes, now: int) -> SealingKey | None:
        """The keyring's key, counting."""
        key = self._keyring.sealing_key(key_id, now)
        if key is None:
            return None
        counting: Any = CountingKey(key.private, self._uses)
        return dataclasses.replace(key, private=counting)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keyring, name)


def counted(per_minute: int = 600) -> tuple[World, list[int]]:
    """A world whose key counts, and its count."""
    world = make_world(programme=dataclasses.replace(PROGRAMME, exchanges_per_minute=per_minute))
    uses: list[int] = []
    counting: Any = CountingKeyring(world.intake.keyring, uses)
    intake = dataclasses.replace(world.intake, keyring=counting)
    return dataclasses.replace(world, intake=intake), uses


def test_opening_is_counted() -> None:
    """The control: a check and a failed opening use the key once each."""
    world, uses = counted()
    world.exchange(world.laptop.check().envelope)
    assert len(uses) == 1
    error_of(world, FAILURES["tag flipped"](failing(world.laptop)))
    assert len(uses) == 2


REFUSED_OUTSIDE: dict[str, dict[str, object]] = {
    "ENVELOPE_SIZE": {"ciphertext": b"short"},
    "PROTOCOL_VERSION": {"protocol_version": 2},
    "MALFORMED": {"report_id": b"short"},
    "PROGRAMME_UNKNOWN": {"programme_id": "another"},
    "KEY_OUTDATED": {"key_id": bytes(16)},
}


@pytest.mark.parametrize("reason", REFUSED_OUTSIDE)
def test_what_is_wrong_outside_is_refused_unopened(reason: str) -> None:
    """Size, version, form, programme and key are looked at before the key is used."""
    world, uses = counted()
    message = world.laptop.check().envelope.to_message()
    for name, value in REFUSED_OUTSIDE[reason].items():
        setattr(message, name, value)
    with pytest.raises((ExchangeRefused, ProtocolError)) as caught:
        world.intake.exchange(message, world.clock.monotonic() + 10)
    assert getattr(caught.value, "reason", None) == reason
    assert uses == []


def test_what_was_seen_before_is_answered_unopened() -> None:
    """A repeat, a conflict, an erased report and one beyond the rate."""
    world, uses = counted(per_minute=3)
    laptop = world.laptop
    sent = laptop.check()
    withdrawal = laptop.withdraw(sent)
    world.exchange(sent.envelope)
    world.exchange(sent.envelope)
    conflict = error_of(world, laptop.check(report_id=sent.report_id).envelope)
    world.exchange(withdrawal.envelope)
    erased = error_of(world, sent.envelope)
    world.exchange(laptop.check().envelope)
    limited = error_of(world, laptop.check().envelope)
    reasons = [getattr(each, "reason", None) for each in (conflict, erased, limited)]
    assert reasons == ["REPORT_CONFLICT", "ERASED", "RATE_LIMITED"]
    assert len(uses) == 3


def test_what_came_too_late_is_not_opened() -> None:
    """A caller who has stopped waiting costs no opening."""
    world, uses = counted()
    with pytest.raises(ExchangeRefused):
        world.exchange(world.laptop.check().envelope, seconds=0)
    assert uses == []
