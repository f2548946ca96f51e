"""What a start reads of the state directory: keys and a directory that hold, or it stops."""

import dataclasses
from collections.abc import Callable

import pytest
from kizashi_protocol import DIRECTORY_KEY_VALIDITY
from kizashi_server.directory.published import listed, publish
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import replace_file, write_private
from kizashi_server.keys.ring import load_keyring

from tests.server.initialised import EXTRACTORS, NOW, Made, modes


def test_keyring_opens_what_the_directory_lists(made: Made) -> None:
    """The private keys are those of the listed public ones."""
    directory = made.published().directory
    keyring = load_keyring(made.state, directory, NOW)
    (entry,) = directory.sealing_keys
    key = keyring.sealing_key(entry.public.key_id, NOW)
    assert key is not None
    assert key.private.public == entry.public
    assert keyring.receipt.public == directory.receipt_keys[0].public
    assert keyring.sealing_key(bytes(16), NOW) is None
    assert keyring.sealing_key(entry.public.key_id, entry.delete_time) is None


@pytest.mark.parametrize("pattern", ["sealing-*", "receipt-*"])
def test_seed_open_to_others_stops_the_start(made: Made, pattern: str) -> None:
    """With the command that closes it."""
    (path,) = made.state.glob(pattern)
    path.chmod(0o640)
    with pytest.raises(KeyFault) as caught:
        load_keyring(made.state, made.published().directory, NOW)
    assert f"chmod 600 {path}" in caught.value.person


@pytest.mark.parametrize("pattern", ["sealing-*", "receipt-*"])
@pytest.mark.parametrize("content", [None, b"short", bytes(32)])
def test_seed_that_is_not_the_listed_one_stops_the_start(
    made: Made, pattern: str, content: bytes | None
) -> None:
    """Missing, cut off, or another key's; the error shows none of it."""
    (path,) = made.state.glob(pattern)
    path.unlink()
    if content is not None:
        write_private(path, content)
    with pytest.raises(KeyFault) as caught:
        load_keyring(made.state, made.published().directory, NOW)
    assert str(path) in caught.value.log


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:-1], "damaged"),
        (lambda data: data.replace(b"self-check", b"self-chick"), "DIRECTORY_SIGNATURE"),
        (lambda _: b"", "DIRECTORY_SIGNATURE"),
    ],
)
def test_damaged_directory_stops_the_start(
    made: Made, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    """What was changed on disk is not published."""
    path = made.state / "directory.signed"
    replace_file(path, spoil(path.read_bytes()))
    with pytest.raises(KeyFault, match=reason):
        made.published()


def test_expired_directory_stops_the_start(made: Made) -> None:
    """Laptops would refuse it."""
    with pytest.raises(KeyFault, match="DIRECTORY_EXPIRED"):
        made.published(NOW + DIRECTORY_KEY_VALIDITY)


def test_directory_is_signed_anew_only_when_it_changes(made: Made) -> None:
    """A restart publishes the same bytes; a new operator takes a new version under the root."""
    published = made.published()
    (programme,) = made.configuration.programme
    same = [listed(programme, EXTRACTORS["self-check"])]
    (digest,) = published.directory.tls_certificate_digests
    assert publish(made.state, published, same, digest, NOW + 5) == published
    changed = [dataclasses.replace(same[0], scoring_operator="Somebody else")]
    renewed = publish(made.state, published, changed, digest, NOW + 5)
    assert (renewed.directory.version, renewed.directory.issue_time) == (2, NOW + 5)
    assert renewed.directory.programmes == tuple(changed)
    assert made.published(NOW + 5).directory == renewed.directory
    assert modes(made.state) == {0o600}
