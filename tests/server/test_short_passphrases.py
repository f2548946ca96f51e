"""How long a passphrase has to be is asked of one that is chosen, not of one that opens."""

import os
from pathlib import Path

import pytest
from kizashi_protocol.passphrase import SHORTEST_PASSPHRASE, Passphrase
from kizashi_protocol.signing import SigningKey
from kizashi_server.config import KeySettings
from kizashi_server.directory.request import KeyRequest
from kizashi_server.directory.root_key import make_root
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import write_private
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.seed_keys import SALT_NAME, unlock

from tests.server.operator import run

SHORT = "chosen earlier"
"""Of a time when fewer characters were enough."""


def test_seeds_open_with_the_passphrase_they_were_given(tmp_path: Path) -> None:
    """From a file or a credential; the same one is refused for seeds that are to be encrypted."""
    assert len(SHORT) < SHORTEST_PASSPHRASE
    salt = os.urandom(16)
    write_private(tmp_path / SALT_NAME, salt)
    write_private(tmp_path / "passphrase", SHORT.encode())
    surrounding = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    for settings in (
        KeySettings(passphrase_file=tmp_path / "passphrase"),
        KeySettings(passphrase_credential="passphrase"),
    ):
        opened = unlock(settings, tmp_path, surrounding)
        assert opened == SeedCipher.from_passphrase(Passphrase.typed(SHORT), salt)
        with pytest.raises(KeyFault, match=f"{SHORTEST_PASSPHRASE} characters or more"):
            unlock(settings, tmp_path, surrounding, first=True)


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "in a file"])
def test_a_root_certifies_with_the_passphrase_it_was_given(tmp_path: Path, typed: bool) -> None:
    """Else every server below it would stand still within 90 days."""
    root = make_root(tmp_path / "root", Passphrase.typed(SHORT), os.urandom)
    asked = KeyRequest(root, SigningKey.from_seed(b"d" * 32).public)
    (tmp_path / "request").write_bytes(asked.to_json())
    write_private(tmp_path / "passphrase", SHORT.encode())
    where = ("--root-dir", tmp_path / "root", "--passphrase-file", tmp_path / "passphrase")
    words = ("root-certify", "--request", tmp_path / "request", "--out", tmp_path / "certificate")
    expecting = (*words, "--expect", asked.key_id.hex())
    if typed:
        run(*expecting, *where[:2], typed=f"{SHORT}\n")
    else:
        run(*expecting, *where)
    assert (tmp_path / "certificate").exists()


def test_a_root_is_not_made_with_it(tmp_path: Path) -> None:
    """Typed or in a file."""
    write_private(tmp_path / "passphrase", SHORT.encode())
    words = ("root-init", "--root-dir", tmp_path / "root")
    run(*words, typed=f"{SHORT}\n{SHORT}\n", code=4)
    run(*words, "--passphrase-file", tmp_path / "passphrase", code=4)
    assert not (tmp_path / "root").exists()
