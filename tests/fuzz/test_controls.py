"""The fuzzing finds what is planted for it: a fuzzer that cannot fail has shown nothing."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from kizashi_protocol import Refusal, Reply, SealedItem, Shared, countersign
from kizashi_protocol.envelope import Envelope
from kizashi_protocol.errors import ProtocolError
from kizashi_protocol.open_report import open_report
from kizashi_protocol.v1 import exchange_pb2, service_pb2
from kizashi_server.exchange.intake import Intake
from kizashi_server.exchange.reply import reply_address, sealed
from kizashi_server.store.sharing_contract import KeptShare

from tests.fuzz import judge
from tests.fuzz.campaign import run
from tests.fuzz.faulty_stores import STORE_FAULTS
from tests.fuzz.process_surface import process_surfaces
from tests.fuzz.sealed_surface import FOR_EVER, SealedSurface, fuzzed_world, sealed_surface
from tests.fuzz.surface import seeded
from tests.protocol.values import summary

pytestmark = pytest.mark.proof

INPUTS = 300
MOST_INPUTS = 3000
"""A fault is found much sooner, and looked for no longer."""

FAULTY = Path(__file__).with_name("faulty_server.py")


class Faulty(Intake):
    """An intake that does something to a report before it is read."""

    def exchange(self, message: service_pb2.Envelope, deadline: float) -> bytes:
        """As an intake, after the fault."""
        envelope = Envelope.parse(message)
        key = self.keyring.sealing_key(envelope.header.key_id, self.clock())
        assert key is not None
        try:
            plaintext = open_report(envelope, key.private)
        except ProtocolError:
            plaintext = b""
        return self.misdeed(envelope, plaintext) or super().exchange(message, deadline)

    def misdeed(self, envelope: Envelope, plaintext: bytes) -> bytes | None:
        """What it does."""
        raise NotImplementedError


class ScoresFirst(Faulty):
    """Scores before anything is verified."""

    def misdeed(self, envelope: Envelope, plaintext: bytes) -> bytes | None:
        """Weighs whatever came."""
        (programme,) = self.programmes.values()
        programme.scorer.weigh(np.zeros((1, 6), np.float32))
        return None


class Crashes(Faulty):
    """Fails on a report that does not parse."""

    def misdeed(self, envelope: Envelope, plaintext: bytes) -> bytes | None:
        """Takes apart what may not be there."""
        if judge.parse_signed(plaintext) is None:
            raise IndexError
        return None


class SignsEverything(Faulty):
    """Countersigns whatever stands where a consent should."""

    def misdeed(self, envelope: Envelope, plaintext: bytes) -> bytes | None:
        """Refuses, with receipts."""
        layers = judge.parse_signed(plaintext)
        if layers is None or not layers[1].check.consents:
            return None
        return self._refused("No.", envelope, plaintext, layers[1])

    def _refused(
        self, words: str, envelope: Envelope, plaintext: bytes, report: exchange_pb2.Report
    ) -> bytes | None:
        tokens = (countersign(each, self.keyring.receipt, now=0) for each in report.check.consents)
        reply = Reply(Refusal("CONSENT_INVALID", words), tuple(tokens))
        try:
            return sealed(reply, reply_address(plaintext), envelope.header)
        except Exception:  # noqa: BLE001 - what it cannot spoil it leaves to the intake
            return None


class SharesUnopened(Faulty):
    """Keeps for a counsellor whatever somebody leaves."""

    def misdeed(self, envelope: Envelope, plaintext: bytes) -> bytes | None:
        """Asks for no consent and no proof of opening."""
        layers = judge.parse_signed(plaintext)
        if layers is None or layers[1].WhichOneof("content") != "share":
            return None
        share, header = layers[1].share, envelope.header
        try:
            item = SealedItem.parse(share.sealed)
            left = KeptShare(
                share.report_id,
                header.programme_id,
                bytes(32),
                bytes(32),
                item,
                bytes(32),
                FOR_EVER - 1,
            )
            self.sharing.store.leave(left)
            reply = Reply(Shared(self.clock()))
            return sealed(reply, reply_address(plaintext), header)
        except ProtocolError:
            return None


def with_intake(kind: type[Faulty]) -> SealedSurface:
    """A surface whose server has its fault since people have dealt with it."""
    surface = sealed_surface()
    intake = surface.world.intake
    fields = {each.name: getattr(intake, each.name) for each in dataclasses.fields(Intake)}
    surface.world = dataclasses.replace(surface.world, intake=kind(**fields))
    return surface


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (ScoresFirst, "scored"),
        (Crashes, "IndexError"),
        (SignsEverything, "consent receipts"),
        (SharesUnopened, "undeserved: Shared"),
        (SharesUnopened, "made in shares"),
    ],
)
def test_a_fault_in_the_intake_is_found(kind: type[Faulty], found: str) -> None:
    """Within some inputs, and for that very reason."""
    assert finds(with_intake(kind), found)


@pytest.mark.parametrize(("store", "kind", "found"), STORE_FAULTS)
def test_a_fault_in_a_store_is_found(store: str, kind: type[object], found: str) -> None:
    """Within some inputs, and for that very reason."""
    assert finds(sealed_surface(fuzzed_world(**{store: kind()})), found)


def finds(surface: SealedSurface, found: str) -> bool:
    """Whether some input meets this fault."""
    attempts = (surface.attempt(seeded(index)) for index in range(MOST_INPUTS))
    return any(found in attempt.fault for attempt in attempts if attempt.fault)


@pytest.mark.parametrize(
    ("fault", "found", "inputs"),
    [
        ("signatures are not verified", "undeserved", 400),
        ("a malformed report is a crash", "INTERNAL", 400),
        ("what does not open is remembered", "rows that no answer explains", 400),
        ("memory is never given back", "it grew by", 400),
        ("keys of what is erased stay", "are gone in subject_keys", 1200),
        ("shares that were fetched stay", "are gone in shares", 1200),
    ],
)
def test_a_fault_in_the_process_is_found(
    tmp_path: Path, fault: str, found: str, inputs: int
) -> None:
    """By what it sends, holds and keeps, seen from outside."""
    with process_surfaces(tmp_path / "server", [sys.executable, str(FAULTY), fault]) as surfaces:
        exchange = surfaces[0]
        tally = run([exchange], inputs, seed=3)
    assert any(found in each for each in tally.faults), tally.table()


def test_a_server_without_a_fault_passes_the_same_inputs() -> None:
    """The faults are found because they are there."""
    surface = sealed_surface()
    attempts = [surface.attempt(seeded(index)) for index in range(INPUTS)]
    assert [each.fault for each in attempts if each.fault] == []


def test_judge_takes_what_is_good_and_nothing_else() -> None:
    """Its ranges are the proto's, its signatures the library's."""
    message = summary().to_message()
    assert judge.summary_is_proper(message)
    message.action_units[0].mean = 5.5
    assert not judge.summary_is_proper(message)
    assert len(judge.ranges()) == 28
    assert not judge.holds(bytes(32), bytes(64), b"message")
