"""Requests to be certified: a name and a key, or a refusal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import MalformedMessage
from kizashi_protocol.keys import expand, fingerprint
from kizashi_protocol.recipient_request import RecipientRequest

from tests.protocol.values import COUNSELLOR_SEED

PUBLIC = expand(COUNSELLOR_SEED)[1]


@given(name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=80))
def test_a_request_survives_being_written(name: str) -> None:
    """Its fingerprint is the key's."""
    request = RecipientRequest(name, PUBLIC)
    assert RecipientRequest.parse(request.written()) == request
    assert request.fingerprint == fingerprint(PUBLIC.raw)


@pytest.mark.parametrize("name", ["", " Name", "Two\nlines", "x" * 81, "\x1b[2J"])
def test_a_name_must_be_fit_to_show(name: str) -> None:
    """One line, with no spaces around it."""
    with pytest.raises(MalformedMessage):
        RecipientRequest(name, PUBLIC)


def changed(**members: object) -> bytes:
    """A sound request with members replaced."""
    content = json.loads(RecipientRequest("Name", PUBLIC).written())
    return json.dumps(content | members).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 9000,
        b"x" * 20_000,
        changed(kind="another"),
        changed(version=2),
        changed(name=7),
        changed(name="a\u202eb"),
        changed(public_key="zz"),
        changed(public_key=7),
        changed(public_key=PUBLIC.raw.hex()[2:]),
    ],
)
def test_a_file_of_another_form_is_refused(data: bytes) -> None:
    """With one kind of error."""
    with pytest.raises(MalformedMessage):
        RecipientRequest.parse(data)
