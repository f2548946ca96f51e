"""Seeds on disk: encrypted, bound to their files, moved from one key to another without loss."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kizashi_protocol.passphrase import Passphrase
from kizashi_server.config import KeySettings
from kizashi_server.directory.key_listing import seeds_in_the_clear
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import read_seed, write_private, write_seed
from kizashi_server.keys.seed_cipher import SeedCipher, SeedDoesNotOpen
from kizashi_server.keys.seed_encryption import encrypt_seeds
from kizashi_server.keys.seed_keys import SALT_NAME, unlock

from tests.vectors import make_seed_file as made

CONTENT = json.loads(made.FILE.read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = CONTENT["vectors"]

OLD, NEW = SeedCipher(b"o" * 32), SeedCipher(b"n" * 32)
PASSPHRASE = "fifteen signs and more: 心".encode()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each["name"])
def test_a_vector_does_what_it_says(vector: dict[str, Any]) -> None:
    """It gives its seed, or does not open."""
    cipher = SeedCipher(bytes.fromhex(vector["key"]))
    content = bytes.fromhex(vector["content"])
    if vector["expect"] == made.OPENS:
        assert cipher.open(vector["file_name"], content).hex() == vector["seed"]
    else:
        with pytest.raises(SeedDoesNotOpen):
            cipher.open(vector["file_name"], content)


def test_vectors_are_what_the_code_writes() -> None:
    """Whoever changes the format changes the file, and sees it."""
    assert made.content() == CONTENT


def test_format_is_what_its_description_says() -> None:
    """A proper vector, opened here by hand: mark, nonce, text; the name behind its length."""
    vector = VECTORS[0]
    content, name = bytes.fromhex(vector["content"]), vector["file_name"].encode()
    purpose = b"kizashi/v1 seed at rest"
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose, name))
    assert content[:15] == b"kizashi-seed-1\n"
    opened = AESGCM(bytes.fromhex(vector["key"])).decrypt(content[15:27], content[27:], bound)
    assert opened.hex() == vector["seed"]
    told = CONTENT["passphrase"]
    key = hashlib.scrypt(
        told["passphrase"].encode(),
        salt=bytes.fromhex(told["salt"]),
        **told["scrypt"],
        maxmem=2**28,
        dklen=32,
    )
    assert key.hex() == told["key"]


def test_same_seed_is_never_written_twice_alike(tmp_path: Path) -> None:
    """Each writing draws a nonce of its own."""
    paths = [tmp_path / "a.seed", tmp_path / "b.seed"]
    for path in paths:
        write_seed(path, bytes(32), OLD)
    assert paths[0].read_bytes() != paths[1].read_bytes()
    assert [read_seed(path, OLD) for path in paths] == [bytes(32)] * 2


def test_swapped_files_do_not_open(tmp_path: Path) -> None:
    """Each is bound to its name."""
    for name in ("a.seed", "b.seed"):
        write_seed(tmp_path / name, name.encode().ljust(32), OLD)
    (tmp_path / "a.seed").rename(tmp_path / "c.seed")
    (tmp_path / "b.seed").rename(tmp_path / "a.seed")
    with pytest.raises(KeyFault, match="does not open"):
        read_seed(tmp_path / "a.seed", OLD)


def test_encrypted_seed_without_or_with_another_key_is_one_clear_error(tmp_path: Path) -> None:
    """Naming the file and what to look at, never a key."""
    path = tmp_path / "a.seed"
    write_seed(path, b"s" * 32, OLD)
    with pytest.raises(KeyFault, match="is encrypted") as caught:
        read_seed(path)
    assert "[keys]" in caught.value.person
    with pytest.raises(KeyFault, match="passphrase or key is another") as caught:
        read_seed(path, NEW)
    assert str(path) in caught.value.person
    assert "nnnn" not in caught.value.person + repr(caught.value)


def seeds(folder: Path, cipher: SeedCipher | None) -> dict[str, bytes]:
    """Three seeds in a folder, and what they are."""
    found = {f"{name}.seed": name.encode() * 32 for name in "abc"}
    for name, seed in found.items():
        write_seed(folder / name, seed, cipher)
    return found


def readable(path: Path, *ciphers: SeedCipher | None) -> bytes:
    """The seed, opened by the first of these that can."""
    for cipher in ciphers:
        try:
            return read_seed(path, cipher)
        except KeyFault:
            continue
    raise AssertionError(f"{path} is lost")


@pytest.mark.parametrize("before", [None, OLD])
@pytest.mark.parametrize("done", range(4))
def test_move_that_broke_off_loses_nothing_and_goes_on(
    tmp_path: Path, before: SeedCipher | None, done: int
) -> None:
    """After any number of files each seed is readable the old or the new way."""
    expected = seeds(tmp_path, before)
    for name in sorted(expected)[:done]:
        (tmp_path / name).unlink()
        write_seed(tmp_path / name, expected[name], NEW)
    # What a crash between writing and renaming leaves.
    (tmp_path / "c.seed.new").write_bytes(b"half")
    assert {name: readable(tmp_path / name, NEW, before) for name in expected} == expected
    changed = encrypt_seeds(tmp_path, before, NEW)
    assert set(changed) == set(sorted(expected)[done:])
    assert {name: read_seed(tmp_path / name, NEW) for name in expected} == expected
    assert seeds_in_the_clear(tmp_path) == ()
    assert encrypt_seeds(tmp_path, before, NEW) == ()


def test_wrong_old_key_changes_nothing(tmp_path: Path) -> None:
    """Also where some seeds are in the clear and could be moved."""
    seeds(tmp_path, OLD)
    write_seed(tmp_path / "0.seed", bytes(32), None)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.seed")}
    with pytest.raises(KeyFault, match="does not open"):
        encrypt_seeds(tmp_path, SeedCipher(b"x" * 32), NEW)
    assert {path: path.read_bytes() for path in tmp_path.glob("*.seed")} == before
    assert seeds_in_the_clear(tmp_path) == ("0.seed",)


def test_seed_in_the_clear_is_overwritten_when_it_is_encrypted(tmp_path: Path) -> None:
    """Another name of the old file shows zeros."""
    write_seed(tmp_path / "a.seed", b"s" * 32, None)
    other = tmp_path / "other name"
    other.hardlink_to(tmp_path / "a.seed")
    encrypt_seeds(tmp_path, None, NEW)
    assert other.read_bytes() == bytes(32)
    assert read_seed(tmp_path / "a.seed", NEW) == b"s" * 32


# --- Where the key comes from


def test_nothing_configured_is_in_the_clear(tmp_path: Path) -> None:
    """And leaves no salt behind."""
    assert unlock(KeySettings(), tmp_path, {}) is None
    assert list(tmp_path.iterdir()) == []


def passphrase_file(folder: Path, text: bytes = PASSPHRASE) -> KeySettings:
    """Settings with a passphrase in a closed file."""
    path = folder / "passphrase"
    write_private(path, text)
    return KeySettings(passphrase_file=path)


def test_passphrase_gives_the_same_key_with_the_salt_beside_the_seeds(tmp_path: Path) -> None:
    """From a file or from a credential, with or without a line break; another salt, another key."""
    state = tmp_path / "state"
    settings = passphrase_file(tmp_path, PASSPHRASE + b"\n")
    first = unlock(settings, state, {}, first=True)
    assert first == SeedCipher.from_passphrase(
        Passphrase.typed(PASSPHRASE.decode()), (state / SALT_NAME).read_bytes()
    )
    assert unlock(settings, state, {}) == first
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "kizashi").write_bytes(PASSPHRASE)
    named = KeySettings(None, "kizashi")
    assert unlock(named, state, {"CREDENTIALS_DIRECTORY": str(credentials)}) == first
    assert unlock(settings, tmp_path / "other", {}, first=True) != first


def test_missing_salt_is_not_made_up(tmp_path: Path) -> None:
    """A new one would make every seed unreadable, and say that the passphrase is wrong."""
    with pytest.raises(KeyFault, match="is missing"):
        unlock(passphrase_file(tmp_path), tmp_path, {})
    write_private(tmp_path / SALT_NAME, b"short")
    with pytest.raises(KeyFault, match="is damaged"):
        unlock(KeySettings(passphrase_file=tmp_path / "passphrase"), tmp_path, {})


def printing(text: str) -> tuple[str, ...]:
    """A command that prints a text, and something on the other stream."""
    return ("/bin/sh", "-c", f"printf %s '{text}'; echo noise >&2")


def test_key_command_gives_the_key_itself(tmp_path: Path) -> None:
    """32 bytes in Base64, with or without a line break; no shell touches its words."""
    key = os.urandom(32)
    text = base64.b64encode(key).decode()
    for words in (printing(text), ("/bin/echo", text)):
        assert unlock(KeySettings(key_command=words), tmp_path, {}) == SeedCipher(key)
    with pytest.raises(KeyFault, match="did not print"):
        unlock(KeySettings(key_command=("/bin/echo", f"{text}; true")), tmp_path, {})


SECRET = base64.b64encode(b"k" * 31).decode()


def closed_wrongly(folder: Path) -> KeySettings:
    """A passphrase that anybody may read."""
    settings = passphrase_file(folder)
    assert settings.passphrase_file is not None
    settings.passphrase_file.chmod(0o644)
    return settings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (lambda folder: KeySettings(passphrase_file=folder / "none"), "cannot be read"),
        (closed_wrongly, "chmod 600"),
        (lambda folder: passphrase_file(folder, b"too short"), "15 characters or more"),
        (lambda folder: passphrase_file(folder, "十四文字".encode() * 3), "15 characters or more"),
        (lambda folder: passphrase_file(folder, b"\xff" * 20), "no text in UTF-8"),
        (lambda folder: passphrase_file(folder, b"\n" * 20), "15 characters or more"),
        (lambda _: KeySettings(None, "kizashi"), "LoadCredentialEncrypted"),
        (lambda _: KeySettings(key_command=("/nowhere/kms",)), "cannot be run"),
        (lambda _: KeySettings(key_command=("/bin/false",)), "exit code 1"),
        (lambda _: KeySettings(key_command=("/bin/true",)), "did not print 32 bytes"),
        (lambda _: KeySettings(key_command=printing(SECRET)), "did not print 32 bytes"),
    ],
)
def test_key_that_cannot_be_had_is_one_clear_error(
    tmp_path: Path, settings: Callable[[Path], KeySettings], words: str
) -> None:
    """On one line, with exit code 4, and without what was read or printed."""
    with pytest.raises(KeyFault) as caught:
        unlock(settings(tmp_path), tmp_path, {}, first=True)
    assert words in caught.value.person
    assert "\n" not in caught.value.person
    assert caught.value.exit_code == 4
    for secret in (SECRET, "noise", "too short"):
        assert secret not in caught.value.person + caught.value.log


def test_missing_credential_is_named(tmp_path: Path) -> None:
    """Where systemd gave others."""
    with pytest.raises(KeyFault, match="cannot be read"):
        unlock(
            KeySettings(None, "kizashi"),
            tmp_path,
            {"CREDENTIALS_DIRECTORY": str(tmp_path)},
        )


def test_cipher_shows_no_key() -> None:
    """In no text of it."""
    for text in (repr(OLD), str(OLD), f"{OLD}", repr([OLD])):
        assert "oooo" not in text
        assert (b"o" * 32).hex() not in text
