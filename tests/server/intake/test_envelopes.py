"""What is visible of an envelope without opening it: refused, repeated, or forgotten."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from kizashi_protocol import CIPHERTEXT_BYTES, MalformedMessage, UnreadableEnvelope
from kizashi_server.exchange.intake import REFUSAL_SECONDS

from tests.server.laptop import Sent, tampered
from tests.server.refusals import refusal_of, refused
from tests.server.world import DAY, PROGRAMME, START, World, make_world


def test_envelope_of_another_size_is_refused(world: World) -> None:
    """Before anything else of it is looked at."""
    message = world.laptop.check().envelope.to_message()
    for size in (0, CIPHERTEXT_BYTES - 1, CIPHERTEXT_BYTES + 1):
        message.ciphertext = bytes(size)
        with pytest.raises(MalformedMessage) as caught:
            world.intake.exchange(message, world.clock.monotonic() + 10)
        assert caught.value.reason == "ENVELOPE_SIZE"


def test_programme_that_is_not_carried_is_refused(world: World) -> None:
    """By name, before its key is looked at."""
    envelope = world.laptop.check().envelope
    header = dataclasses.replace(envelope.header, programme_id="other", key_id=bytes(16))
    moved = dataclasses.replace(envelope, header=header)
    assert refused(world, lambda: world.exchange(moved)) == "PROGRAMME_UNKNOWN"


def test_outdated_key_records_nothing(world: World) -> None:
    """The laptop may seal the same report again to the right key."""
    envelope = world.laptop.check().envelope
    header = dataclasses.replace(envelope.header, key_id=bytes(16))
    moved = dataclasses.replace(envelope, header=header)
    assert refused(world, lambda: world.exchange(moved)) == "KEY_OUTDATED"
    assert world.store.find(envelope.header.report_id) is None
    world.exchange(envelope)


def test_key_opens_until_its_day_and_no_longer(world: World) -> None:
    """At its delete time a key is outdated, whether or not it has been swept away yet."""
    (entry,) = world.directory.sealing_keys
    sent = world.laptop.check()
    world.clock.seconds = entry.delete_time
    assert refused(world, lambda: world.exchange(sent.envelope)) == "KEY_OUTDATED"
    world.clock.seconds = entry.delete_time - 1
    assert refusal_of(world.reply_to(sent)) == "CONSENT_EXPIRED"


def test_a_refusal_is_kept_for_minutes_and_an_answer_for_a_day(any_world: World) -> None:
    """Sent again within them, it is the same; afterwards nothing of it is kept, and nothing scored."""
    refused_check, answered = any_world.laptop.check(scorer_id="other/1"), any_world.laptop.check()
    no, yes = (any_world.exchange(each.envelope) for each in (refused_check, answered))
    any_world.clock.seconds += REFUSAL_SECONDS - 1
    assert any_world.exchange(refused_check.envelope) == no
    any_world.clock.seconds += 1
    assert refused(any_world, lambda: any_world.exchange(refused_check.envelope)) == "ERASED"
    assert any_world.exchange(answered.envelope) == yes
    assert any_world.store.purge(any_world.clock.wall()).replies == 1
    assert any_world.weigh.calls == 1


def test_same_envelope_gets_the_same_sealed_reply(any_world: World) -> None:
    """Byte for byte, and is scored once."""
    sent = any_world.laptop.check()
    first = any_world.exchange(sent.envelope)
    assert any_world.exchange(sent.envelope) == first
    assert any_world.weigh.calls == 1


def test_another_envelope_under_the_same_id_is_a_conflict(any_world: World) -> None:
    """Neither opened nor scored; the first keeps its answer."""
    sent = any_world.laptop.check()
    first = any_world.exchange(sent.envelope)
    other = any_world.laptop.check(report_id=sent.report_id)
    assert refused(any_world, lambda: any_world.exchange(other.envelope)) == "REPORT_CONFLICT"
    assert any_world.exchange(sent.envelope) == first
    assert any_world.weigh.calls == 1


def test_reply_is_kept_for_its_hours(any_world: World) -> None:
    """Up to the programme's retention, swept or not; afterwards it is gone and nothing is scored."""
    sent = any_world.laptop.check()
    first = any_world.exchange(sent.envelope)
    any_world.clock.seconds = START + DAY - 1
    any_world.store.purge(any_world.clock.wall())
    assert any_world.exchange(sent.envelope) == first
    any_world.clock.seconds = START + DAY
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    any_world.store.purge(any_world.clock.wall())
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    assert any_world.weigh.calls == 1


def test_rate_limit_records_nothing_and_spares_duplicates() -> None:
    """A new report is turned away and may come again; the answer to an old one still comes."""
    world = make_world(programme=dataclasses.replace(PROGRAMME, exchanges_per_minute=1))
    first, second = world.laptop.check(), world.laptop.check()
    answer = world.exchange(first.envelope)
    assert refused(world, lambda: world.exchange(second.envelope)) == "RATE_LIMITED"
    assert world.store.find(second.report_id) is None
    assert world.exchange(first.envelope) == answer
    world.clock.seconds += 60
    world.exchange(second.envelope)


def test_late_exchange_is_not_begun(world: World) -> None:
    """A deadline that has passed in the queue costs no work and leaves no trace."""
    sent = world.laptop.check()
    assert refused(world, lambda: world.exchange(sent.envelope, seconds=0)) == "DEADLINE_PASSED"
    assert world.store.find(sent.report_id) is None


def low_order(sent: Sent) -> Any:
    """The envelope with an encapsulated X25519 key of low order."""
    ciphertext = bytearray(sent.envelope.ciphertext)
    ciphertext[1088:1120] = bytes(32)
    return dataclasses.replace(sent.envelope, ciphertext=bytes(ciphertext))


@pytest.mark.parametrize("spoil", [lambda sent: tampered(sent.envelope), low_order])
def test_envelope_that_does_not_open_is_forgotten(
    any_world: World, spoil: Callable[[Sent], Any]
) -> None:
    """So that garbage cannot block the report whose id it took."""
    sent = any_world.laptop.check()
    assert refused(any_world, lambda: any_world.exchange(spoil(sent))) == "ENVELOPE_UNREADABLE"
    assert any_world.store.find(sent.report_id) is None
    any_world.exchange(sent.envelope)


def test_report_under_another_header_does_not_open(world: World) -> None:
    """The report id is bound into the encryption."""
    envelope = world.laptop.check().envelope
    header = dataclasses.replace(envelope.header, report_id=bytes(16))
    moved = dataclasses.replace(envelope, header=header)
    assert refused(world, lambda: world.exchange(moved)) == "ENVELOPE_UNREADABLE"


@pytest.mark.parametrize("plaintext", [b"", b"\xff" * 50, b"\x0a\x02\x0a\x00"])
def test_opened_bytes_without_a_reply_key_are_unreadable(world: World, plaintext: bytes) -> None:
    """There is nobody to seal an answer to; the answer is that of a failed opening."""
    envelope = world.laptop.seal(plaintext, b"r" * 16)
    with pytest.raises(UnreadableEnvelope):
        world.exchange(envelope)
    assert world.store.find(b"r" * 16) is None
