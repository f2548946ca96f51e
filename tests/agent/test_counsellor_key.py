"""A counsellor's key file: opened by its passphrase alone, and damaged by any change."""

import json
import os
import stat
from pathlib import Path

import pytest
from kizashi_agent.commands.share import make_key, read_key
from kizashi_agent.counsellor_key import CounsellorKey, make_key_file, open_key, read_key_file
from kizashi_agent.errors import AgentError, InputError
from kizashi_protocol import MalformedMessage
from kizashi_protocol.recipient_request import RecipientRequest

from tests.agent.submit.laptop import connected_laptop
from tests.agent.submit.sharing.person import surroundings_of

WORDS = "seven quiet herons"
NAME = "Example Counsellor"
KEY, FILE = make_key_file(NAME, WORDS, os.urandom)


def reason_of(data: bytes, passphrase: str = WORDS) -> str:
    """Why a file gives no key."""
    with pytest.raises(InputError) as caught:
        open_key(read_key_file(data), passphrase)
    return caught.value.reason


def test_the_passphrase_opens_the_key() -> None:
    """Name and key are those that were made."""
    opened = open_key(read_key_file(FILE), WORDS)
    assert opened.name == NAME
    assert opened.private.public == KEY.private.public
    assert opened.request == KEY.request


def test_another_passphrase_does_not() -> None:
    """And says so."""
    assert reason_of(FILE, WORDS + "s") == "PASSPHRASE_WRONG"


def test_the_file_states_how_it_is_encrypted() -> None:
    """With scrypt's parameters, the name and the public key in the clear, and no seed."""
    content = json.loads(FILE)
    assert content["kdf"] | {"salt": ""} == {
        "name": "scrypt",
        "n": 2**17,
        "r": 8,
        "p": 1,
        "salt": "",
    }
    assert content["name"] == NAME
    assert content["public_key"] == KEY.private.public.raw.hex()
    assert len(bytes.fromhex(content["sealed"])) == 32 + 16


def changed(**members: object) -> bytes:
    """The file with members replaced."""
    return json.dumps(json.loads(FILE) | members).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (changed(public_key="00"), "PASSPHRASE_WRONG"),
        (changed(kind="another"), "KEY_FILE_MALFORMED"),
        (changed(version=2), "KEY_FILE_MALFORMED"),
        (changed(nonce="00"), "KEY_FILE_MALFORMED"),
        (changed(sealed=7), "KEY_FILE_MALFORMED"),
        (
            changed(kdf=json.loads(FILE)["kdf"] | {"n": 2**30}),
            "KEY_FILE_MALFORMED",
        ),
        (changed(kdf="none"), "KEY_FILE_MALFORMED"),
        (b"", "KEY_FILE_MALFORMED"),
        (b"[]", "KEY_FILE_MALFORMED"),
        (b"\xff", "KEY_FILE_MALFORMED"),
        (b"[" * 9000, "KEY_FILE_MALFORMED"),
    ],
)
def test_a_changed_file_gives_no_key(data: bytes, reason: str) -> None:
    """Everything in it is bound, and its parameters are never obeyed."""
    assert reason_of(data) == reason


@pytest.mark.parametrize("members", [{"name": "Somebody Else"}, {"public_key": "00"}, {"extra": 1}])
def test_every_member_is_bound(members: dict[str, object]) -> None:
    """A change of any of them is a change of what the encryption binds."""
    assert read_key_file(changed(**members)).bound != read_key_file(FILE).bound


def test_a_short_passphrase_is_not_taken() -> None:
    """Whoever has the file can try as many as they like."""
    with pytest.raises(AgentError) as caught:
        make_key_file(NAME, "short", os.urandom)
    assert caught.value.reason == "PASSPHRASE_TOO_SHORT"


def test_a_name_that_cannot_be_shown_is_not_taken() -> None:
    """People are to read it."""
    with pytest.raises(MalformedMessage):
        make_key_file("\x1b[2J", WORDS, os.urandom)


def made(folder: Path, file: Path) -> CounsellorKey:
    """A key written as the command writes it."""
    world = surroundings_of(connected_laptop(folder / "state"), None)
    return make_key(file, file.with_name(f"{file.name}.request"), NAME, WORDS, world)


def test_the_key_is_closed_and_its_request_is_readable(tmp_path: Path) -> None:
    """The request holds what the root needs, the key file opens again."""
    file = tmp_path / "key"
    key = made(tmp_path, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert RecipientRequest.parse((tmp_path / "key.request").read_bytes()) == key.request
    assert open_key(read_key(file), WORDS).request == key.request


@pytest.mark.parametrize("name", ["key", "key.request"])
def test_no_file_is_overwritten(tmp_path: Path, name: str) -> None:
    """What is there stays as it is."""
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError) as caught:
        made(tmp_path, tmp_path / "key")
    assert caught.value.reason == "FILE_EXISTS"
    assert (tmp_path / name).read_text() == "mine"


def test_nothing_secret_is_in_a_repr() -> None:
    """Neither seed nor passphrase."""
    assert "primitive" not in repr(KEY)
    assert repr(read_key_file(FILE)).count("bytes") == 0
    assert repr(KEY) == f"CounsellorKey(name={NAME!r})"
