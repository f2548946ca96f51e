"""Private files: new and closed, erased on their day, and shown nowhere."""

import os
import stat
from pathlib import Path

import pytest
from kizashi_protocol.open_report import ReportPrivateKey
from kizashi_server.errors import KeyFault
from kizashi_server.keys.certificate import TlsPair, certificate_digest, self_signed
from kizashi_server.keys.files import erase, read_private, read_seed, replace_file, write_private
from kizashi_server.keys.ring import FreshKeys, load_keyring
from kizashi_server.serving.live import without_gone
from kizashi_server.serving.sweep import sweep
from kizashi_server.store.database import open_store

from tests.server.initialised import NOW, Made


def test_sealing_key_is_erased_on_its_day(made: Made) -> None:
    """From memory and from the disk, with the rows that hung on it; not a second before."""
    directory = made.published().directory
    keyring = load_keyring(made.state, directory, NOW)
    store = open_store(made.state / "kizashi.sqlite")
    (entry,) = directory.sealing_keys
    (path,) = made.state.glob("sealing-*")
    sweep(store, made.state, entry.delete_time - 1)
    assert path.exists()
    assert without_gone(keyring, entry.delete_time - 1) is keyring
    for _ in range(2):
        sweep(store, made.state, entry.delete_time)
        assert not path.exists()
    # Even to a clock that was set back it does not come back.
    forgotten = without_gone(keyring, entry.delete_time)
    assert forgotten.sealing_key(entry.public.key_id, NOW) is None
    store.close()


def test_erased_file_is_overwritten_first(tmp_path: Path) -> None:
    """Another name of the same file shows zeros."""
    path, other = tmp_path / "a.seed", tmp_path / "b.seed"
    write_private(path, b"s" * 32)
    other.hardlink_to(path)
    erase(path)
    assert not path.exists()
    assert other.read_bytes() == bytes(32)


def test_private_files_are_new_and_closed(tmp_path: Path) -> None:
    """They are never overwritten by writing, only replaced as a whole."""
    path = tmp_path / "a"
    write_private(path, b"one")
    with pytest.raises(KeyFault, match="not overwritten"):
        write_private(path, b"two")
    replace_file(path, b"three")
    assert (read_private(path), stat.S_IMODE(path.stat().st_mode)) == (b"three", 0o600)
    with pytest.raises(KeyFault, match="32 bytes"):
        read_seed(path)


def test_secrets_are_in_no_repr_and_no_error() -> None:
    """Neither raw nor in hexadecimal, of keys, seeds and TLS keys."""
    seeds: list[bytes] = []

    def random(size: int) -> bytes:
        seeds.append(os.urandom(size))
        return seeds[-1]

    keys = FreshKeys.make(random)
    pair = self_signed(["a"], start=NOW, expire=NOW + 10)
    shown = "".join(repr(each) for each in (keys, pair, keys.sealing, keys.receipt))
    assert len(seeds) == 5
    for seed in seeds:
        assert seed.hex() not in shown
        assert repr(seed)[2:-1] not in shown
    assert "PRIVATE" not in shown
    assert isinstance(pair, TlsPair)
    assert certificate_digest(pair.certificate)
    assert isinstance(keys.sealing, ReportPrivateKey)
