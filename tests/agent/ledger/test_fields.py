"""What a message said, field by field: all of it, and from the recorded bytes alone."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.ledger.entry import Call, Direction, Message
from kizashi_agent.ledger.fields import kind_of, outer_fields, relied_on, sealed_fields
from kizashi_agent.ledger.store import ledger_of
from kizashi_protocol import CHECK_VALIDITY, Scope, consent_text
from kizashi_protocol.v1 import exchange_pb2

from tests.agent.submit.laptop import connected_laptop
from tests.protocol.values import NOW, PROGRAMME, directory, summary


@pytest.fixture
def messages(tmp_path: Path) -> list[Message]:
    """A check, its feedback, the acknowledgement and its answer."""
    laptop = connected_laptop(tmp_path)
    laptop.submit()
    return [each.message for each in ledger_of(laptop.state, os.urandom).read().entries]


def values(message: Message) -> dict[str, str]:
    """The sealed fields by name."""
    return {each.name: each.value for each in sealed_fields(message)}


def test_every_figure_of_a_summary_is_shown(messages: list[Message]) -> None:
    """Zeros and all, under the names of the protocol, and no two under one name."""
    check = messages[0]
    shown = values(check)
    assert len(shown) == len(sealed_fields(check))
    sent = summary()
    prefix = "report.check.summary."
    assert float(shown[f"{prefix}blink_rate"]) == pytest.approx(sent.blink_rate)
    for number, unit in enumerate(sent.action_units, 1):
        named = f"{prefix}action_units[{number}]."
        assert shown[f"{named}action_unit"] == str(unit.action_unit)
        assert float(shown[f"{named}mean"]) == pytest.approx(unit.mean)
    fields = {
        name.rpartition(".")[2] for name in shown if name.startswith(f"{prefix}action_units[1].")
    }
    described = exchange_pb2.Check.DESCRIPTOR.fields_by_name["summary"].message_type
    assert described is not None
    units = described.fields_by_name["action_units"].message_type
    assert units is not None
    assert fields == {each.name for each in units.fields}
    assert shown[f"{prefix}mode"] == "MODE_STATIC"
    assert "report.reply_public_key" in shown
    assert "signatures[2].signature" in shown


def test_what_anybody_can_read_is_shown_apart(messages: list[Message]) -> None:
    """Header and ciphertext."""
    outside = {each.name: each.value for each in outer_fields(messages[0])}
    assert set(outside) == {
        "envelope.protocol_version",
        "envelope.suite",
        "envelope.key_id",
        "envelope.programme_id",
        "envelope.report_id",
        "envelope.ciphertext",
    }
    assert outside["envelope.programme_id"] == "spring-check"


def test_the_consents_are_those_that_were_given(messages: list[Message]) -> None:
    """Scope, digest of the text and expiry; following a check up needs none."""
    relied = relied_on(messages[0])
    assert [each.scope for each in relied] == [Scope.SCORE, Scope.FEEDBACK]
    assert {each.expire_time for each in relied} == {NOW + CHECK_VALIDITY}
    assert all(len(each.text_digest) == 32 for each in relied)
    assert [relied_on(each) for each in messages[1:]] == [(), (), ()]


def test_a_text_that_was_agreed_to_is_known_by_its_digest(messages: list[Message]) -> None:
    """The digests are those of the words shown."""
    terms = PROGRAMME.terms(directory().root_fingerprint)
    shown = [consent_text(scope, "en", terms).digest for scope in (Scope.SCORE, Scope.FEEDBACK)]
    assert [each.text_digest for each in relied_on(messages[0])] == shown


@given(
    body=st.binary(max_size=60),
    plaintext=st.none() | st.binary(max_size=60),
    call=st.sampled_from(Call),
    direction=st.sampled_from(Direction),
)
def test_whatever_was_recorded_can_be_shown(
    body: bytes, plaintext: bytes | None, call: Call, direction: Direction
) -> None:
    """Bytes of any kind have a kind and fields, or none, and never an error."""
    message = Message(NOW, "host:1", call, direction, body, plaintext)
    assert kind_of(message)
    for each in (*outer_fields(message), *sealed_fields(message)):
        assert each.name
    assert isinstance(relied_on(message), tuple)


def test_fields_show_no_value_in_their_repr(messages: list[Message]) -> None:
    """A figure stays out of texts."""
    (blink,) = (
        each for each in sealed_fields(messages[0]) if each.name.endswith("summary.blink_rate")
    )
    assert blink.value not in repr(blink)
