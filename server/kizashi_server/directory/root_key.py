"""The root key, on a machine of its own: made once, used every few weeks to certify."""

from pathlib import Path

from kizashi_protocol.directory_chain import (
    DIRECTORY_KEY_VALIDITY,
    SignedCertificate,
    certify_directory_key,
)
from kizashi_protocol.keys import fingerprint
from kizashi_protocol.moments import DAY
from kizashi_protocol.passphrase import Passphrase
from kizashi_protocol.signing import SigningKey

from kizashi_server.directory.request import KeyRequest
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import (
    check_private_directory,
    make_private_directory,
    read_private,
    read_seed,
    write_seed,
)
from kizashi_server.keys.ring import ROOT_SEED_NAME, Random
from kizashi_server.keys.seed_cipher import SEED_BYTES, is_sealed
from kizashi_server.keys.seed_keys import passphrase_cipher

MOST_DAYS = DIRECTORY_KEY_VALIDITY // DAY


def make_root(directory: Path, passphrase: Passphrase, random: Random) -> bytes:
    """Makes a root key, encrypted by a passphrase, in a directory of its own.

    Returns:
        Its fingerprint, 32 bytes.

    Raises:
        KeyFault: there is a root already, or the directory is open to other accounts.
    """
    require_no_root(directory)
    path = directory / ROOT_SEED_NAME
    make_private_directory(directory)
    seed = random(SEED_BYTES)
    write_seed(path, seed, passphrase_cipher(passphrase, directory, first=True))
    return fingerprint(SigningKey.from_seed(seed).public)


def require_no_root(directory: Path) -> None:
    """Returns where a root can be made, before anybody is asked for a passphrase.

    Raises:
        KeyFault: there is one already.
    """
    path = directory / ROOT_SEED_NAME
    if path.exists():
        raise KeyFault(
            f"{path} is there already",
            f"{path} is there already, and nothing is overwritten. Name a new directory.",
        )


def root_is_encrypted(directory: Path) -> bool:
    """Whether a passphrase is needed for the root in a directory.

    Raises:
        KeyFault: there is none, or it is open to other accounts.
    """
    check_private_directory(directory)
    return is_sealed(read_private(directory / ROOT_SEED_NAME))


def read_root(directory: Path, passphrase: Passphrase | None) -> SigningKey:
    """The root key in a directory; `passphrase` is None for one in the clear.

    Raises:
        KeyFault: it is missing or open to other accounts, or the passphrase is another.
    """
    check_private_directory(directory)
    cipher = None if passphrase is None else passphrase_cipher(passphrase, directory, first=False)
    return SigningKey.from_seed(read_seed(directory / ROOT_SEED_NAME, cipher))


def certify(root: SigningKey, request: KeyRequest, *, now: int, days: int) -> SignedCertificate:
    """Lets the key of a request sign directories from now on.

    Args:
        root: the root key.
        request: as the server wrote it.
        now: seconds since the epoch.
        days: 1 to 90.

    Raises:
        KeyFault: the request is meant for another root.
    """
    if fingerprint(root.public) != request.root_fingerprint:
        raise KeyFault(
            "the request is for another root",
            "This request is for another root than the one here, and nothing was signed. Compare "
            "the fingerprints, and name the other directory with --root-dir.",
        )
    expire = now + days * DAY
    return certify_directory_key(root, request.directory_public, start=now, expire=expire)
