"""Our own vectors: every envelope in tests/vectors/open_report.json does what the file says."""

import json
from base64 import b64decode
from typing import Any

import pytest
from kizashi_protocol import Envelope, ProtocolError
from kizashi_protocol.envelope import unpad
from kizashi_protocol.open_report import ReportPrivateKey, open_report
from kizashi_protocol.v1 import service_pb2

from tests.protocol.independent_hpke import open_first
from tests.vectors import make_open_report as made

CONTENT = json.loads(made.FILE.read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = CONTENT["vectors"]
MESSAGES = {name: b64decode(text) for name, text in CONTENT["messages"].items()}


def ciphertext_of(vector: dict[str, Any]) -> bytes:
    """The vector's message after its change."""
    changed = bytearray(MESSAGES[vector["message"]])
    if "flip_byte" in vector:
        changed[vector["flip_byte"]] ^= 1
    if "zero" in vector:
        start, stop = vector["zero"]
        changed[start:stop] = bytes(stop - start)
    return bytes(changed[: vector.get("keep")])


def opened(vector: dict[str, Any]) -> bytes:
    """What comes out of a vector, or the error it raises."""
    envelope = service_pb2.Envelope(
        protocol_version=vector["protocol_version"],
        suite=vector["suite"],
        key_id=bytes.fromhex(vector["key_id"]),
        programme_id=vector["programme_id"],
        report_id=bytes.fromhex(vector["report_id"]),
        ciphertext=ciphertext_of(vector),
    )
    key = ReportPrivateKey.from_seed(bytes.fromhex(CONTENT["seeds"][vector["seed"]]))
    return open_report(Envelope.parse(envelope), key)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each["name"])
def test_a_vector_does_what_it_says(vector: dict[str, Any]) -> None:
    """It opens to its plaintext, or fails for the reason it expects."""
    if vector["expect"] == made.OPENS:
        assert opened(vector) == vector["plaintext"].encode()
    else:
        with pytest.raises(ProtocolError) as caught:
            opened(vector)
        assert caught.value.reason == vector["expect"]


def test_every_failed_opening_gives_the_same_public_answer() -> None:
    """Key, header, label, version, bit, point or padding: nobody outside learns which it was."""
    answers = set()
    unreadable = [each for each in VECTORS if each["expect"] == made.UNREADABLE]
    for vector in unreadable:
        with pytest.raises(ProtocolError) as caught:
            opened(vector)
        answers.add((type(caught.value), caught.value.reason, caught.value.person))
    assert len(unreadable) > 10
    assert len(answers) == 1


def test_the_file_is_the_scripts() -> None:
    """All of the file but the sealed bytes is what the script would write today."""
    sealed = CONTENT["messages"]
    rest = {name: part for name, part in CONTENT.items() if name != "messages"}
    assert rest == {
        "comment": made.COMMENT,
        "seeds": {name: seed.hex() for name, seed in made.SEEDS.items()},
        "vectors": made.vectors(),
    }
    assert set(sealed) == set(made.messages())


@pytest.mark.parametrize("name", MESSAGES)
def test_a_second_implementation_opens_the_same_bytes(name: str) -> None:
    """An HPKE put together from RFC 9180 and X-Wing's draft finds what the script says it sealed."""
    padded, bound = made.messages()[name]
    assert open_first(made.SEEDS["server"], MESSAGES[name], bound) == padded


def test_the_second_implementation_agrees_on_the_plaintext() -> None:
    """Opened by the other implementation, the proper message holds the proper plaintext."""
    _, bound = made.messages()["proper"]
    assert unpad(open_first(made.SEEDS["server"], MESSAGES["proper"], bound)) == made.PLAINTEXT
