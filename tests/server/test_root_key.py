"""The root on its own machine: behind its passphrase, for its own servers, with files read strictly."""

import json
import os
from pathlib import Path

import pytest
from kizashi_protocol import SigningKey, fingerprint
from kizashi_protocol.passphrase import Passphrase
from kizashi_server.directory.request import (
    KeyRequest,
    certificate_json,
    read_certificate_file,
)
from kizashi_server.directory.root_key import certify, make_root, read_root
from kizashi_server.errors import KeyFault

from tests.server.key_server import NOW

PASSPHRASE = Passphrase.typed("a root for tests")
STRANGER = SigningKey.from_seed(b"x" * 32)


@pytest.fixture(scope="module")
def root_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root behind a passphrase; made once, since scrypt takes its time."""
    directory = tmp_path_factory.mktemp("elsewhere") / "root"
    make_root(directory, PASSPHRASE, os.urandom)
    return directory


@pytest.fixture(scope="module")
def root(root_directory: Path) -> SigningKey:
    """Its key."""
    return read_root(root_directory, PASSPHRASE)


def test_root_signs_for_its_own_servers_alone(root: SigningKey) -> None:
    """A request that names another root is refused, so that a mix-up is noticed there."""
    with pytest.raises(KeyFault, match="another root"):
        certify(root, KeyRequest(bytes(32), STRANGER.public), now=NOW, days=1)


def test_root_needs_its_passphrase(root_directory: Path) -> None:
    """Without it or with another there is no key; nothing is overwritten."""
    with pytest.raises(KeyFault, match="is encrypted"):
        read_root(root_directory, None)
    with pytest.raises(KeyFault, match="passphrase or key is another"):
        read_root(root_directory, Passphrase.typed("another for tests"))
    with pytest.raises(KeyFault, match="is there already"):
        make_root(root_directory, PASSPHRASE, os.urandom)


def test_files_between_the_machines_are_read_strictly(tmp_path: Path, root: SigningKey) -> None:
    """A certificate is no request, a request no certificate, and garbage neither."""
    request = KeyRequest(fingerprint(root.public), STRANGER.public)
    certificate = certify(root, request, now=NOW, days=1)
    asked, answered, other = tmp_path / "asked", tmp_path / "answered", tmp_path / "other"
    asked.write_bytes(request.to_json())
    answered.write_bytes(certificate_json(certificate))
    assert KeyRequest.read(asked) == request
    assert read_certificate_file(answered) == certificate
    for content in (b"", b"\xff", b"[]", b"5", b'{"kind": "x"}', b"[" * 9000):
        other.write_bytes(content)
        with pytest.raises(KeyFault):
            KeyRequest.read(other)
        with pytest.raises(KeyFault):
            read_certificate_file(other)
    with pytest.raises(KeyFault):
        KeyRequest.read(answered)
    with pytest.raises(KeyFault):
        read_certificate_file(asked)
    for spoiled in ({"directory_key": "00"}, {"directory_key": "x"}, {"root_fingerprint": 5}):
        asked.write_text(json.dumps(json.loads(request.to_json()) | spoiled))
        with pytest.raises(KeyFault, match="damaged"):
            KeyRequest.read(asked)
