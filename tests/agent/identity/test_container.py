"""The container of a backup: its vectors, and one clear error for each thing that can be wrong."""

import hashlib
import json
import os
import unicodedata
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_agent.errors import StateError
from kizashi_agent.identity.container import (
    BackupDamaged,
    PassphraseTooShort,
    open_backup,
    seal_backup,
)

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "identity_backup.json").read_text("utf-8")
)
PASSPHRASE = "several words that do not belong together"


def container_of(vector: dict[str, Any]) -> bytes:
    """The container with a vector's change."""
    described = json.loads(json.dumps(VECTORS["container"]))
    for name, value in vector["change"].items():
        *outer, last = name.split(".")
        inner = described
        for each in outer:
            inner = inner[each]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return json.dumps(described).encode()


def outcome(vector: dict[str, Any]) -> tuple[str, str]:
    """The content, or the reason of the refusal and its two messages."""
    try:
        return "OPENS", open_backup(container_of(vector), vector["passphrase"]).decode()
    except StateError as error:
        return error.reason, f"{error.exit_code} {error.log} {error.person}"


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda each: str(each["name"]))
def test_vectors(vector: dict[str, Any]) -> None:
    """Each opens, or is refused for the reason it names, which never repeats the passphrase."""
    reason, said = outcome(vector)
    assert reason == vector["expect"]
    if reason == "OPENS":
        assert said == VECTORS["content"]
    else:
        assert said.startswith("10 ")
        assert not vector["passphrase"] or vector["passphrase"] not in said


def test_the_container_opens_by_hand() -> None:
    """The standard library's scrypt and a bare AES-GCM give the content too."""
    described = VECTORS["container"]
    passphrase = unicodedata.normalize("NFC", VECTORS["vectors"][0]["passphrase"])
    salt, nonce = b64decode(described["kdf"]["salt"]), b64decode(described["cipher"]["nonce"])
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=2**17, r=8, p=1, maxmem=2**28, dklen=32)
    numbers = [each.to_bytes(4, "big") for each in (1, 2**17, 8, 1)]
    parts = (b"kizashi/v1 identity backup", *numbers, salt)
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    opened = AESGCM(key).decrypt(nonce, b64decode(described["sealed"]), bound)
    assert opened.decode() == VECTORS["content"]


def test_a_backup_comes_back() -> None:
    """With its passphrase; and no two of one content are alike."""
    first, second = (seal_backup(b"content", PASSPHRASE, os.urandom) for _ in range(2))
    assert open_backup(first, PASSPHRASE) == b"content"
    assert first != second
    assert b"content" not in first
    assert json.loads(first)["kdf"]["salt"] != json.loads(second)["kdf"]["salt"]


@pytest.mark.parametrize("passphrase", ["", "short", "fourteen chars", "e\u0301" * 14])
def test_a_passphrase_that_could_be_guessed_is_refused(passphrase: str) -> None:
    """Fewer than fifteen characters, counted as a person sees them."""
    with pytest.raises(PassphraseTooShort) as caught:
        seal_backup(b"content", passphrase, os.urandom)
    assert "15" in caught.value.person


@given(data=st.binary(max_size=200))
@settings(max_examples=300)
def test_what_is_no_backup_is_refused(data: bytes) -> None:
    """Any bytes at all, at once and in one way."""
    with pytest.raises(BackupDamaged):
        open_backup(data, PASSPHRASE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(member=st.sampled_from(sorted(VECTORS["container"])), value=JSON)
def test_any_member_of_another_form_is_refused(member: str, value: object) -> None:
    """It never costs the derivation, nor another error."""
    described = VECTORS["container"] | {member: value}
    if described == VECTORS["container"]:
        return
    with pytest.raises(StateError) as caught:
        open_backup(json.dumps(described).encode(), PASSPHRASE)
    assert caught.value.reason in {"BACKUP_DAMAGED", "BACKUP_VERSION"}
