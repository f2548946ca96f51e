"""From [keys] of the configuration to the key that seeds are encrypted under.

A passphrase comes from a file or from a systemd credential and becomes a key with the salt in the
directory it guards (`kizashi_protocol.passphrase`); a command, such as one that asks a key management service, gives the key
itself. Neither is ever logged, nor is anything that the command prints.
"""

import binascii
import os
import subprocess
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from kizashi_protocol.passphrase import SALT_BYTES, SHORTEST_PASSPHRASE, Passphrase

from kizashi_server.config import KeySettings
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import make_private_directory, read_private, write_private
from kizashi_server.keys.seed_cipher import SeedCipher

SALT_NAME = "passphrase.salt"

COMMAND_SECONDS = 30
"""How long a key command may take; a key management service answers within a few."""

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""Where systemd puts a unit's credentials (systemd.exec(5), Credentials)."""


def unlock(
    settings: KeySettings, directory: Path, environment: Mapping[str, str], *, first: bool = False
) -> SeedCipher | None:
    """What the seeds of a directory are encrypted with; None where they are in the clear.

    Args:
        settings: at most one of its three values is set.
        directory: holds the salt of a passphrase.
        environment: of the process.
        first: nothing is encrypted there yet, so that a salt is made if there is none, and a
            passphrase has to be long enough.

    Raises:
        KeyFault: the passphrase, credential or command cannot be had, or gives something else.
    """
    if settings.key_command is not None:
        return SeedCipher(key_of_command(settings.key_command))
    if settings.passphrase_file is not None:
        path = settings.passphrase_file
        passphrase = passphrase_in(read_private(path), path, chosen=first)
        return passphrase_cipher(passphrase, directory, first=first)
    if settings.passphrase_credential is not None:
        path = _credential_path(settings.passphrase_credential, environment)
        passphrase = passphrase_in(_read(path), path, chosen=first)
        return passphrase_cipher(passphrase, directory, first=first)
    return None


def passphrase_in(data: bytes, path: Path, *, chosen: bool) -> Passphrase:
    """The passphrase a file holds: its text, in UTF-8, without the line break at the end.

    Args:
        data: of the file.
        path: where it is, for what is told.
        chosen: something is to be encrypted with it. What is encrypted already opens with the
            passphrase it was given, however long a new one has to be.

    Raises:
        KeyFault: it is no text, or is chosen and too short.
    """
    try:
        passphrase = Passphrase.typed(data.decode().rstrip("\r\n"))
    except UnicodeDecodeError:
        raise _fault(f"{path} is no text in UTF-8, so it holds no passphrase") from None
    if chosen and not passphrase.is_long_enough:
        raise _fault(f"{path} holds no passphrase of {SHORTEST_PASSPHRASE} characters or more")
    return passphrase


def passphrase_cipher(passphrase: Passphrase, directory: Path, *, first: bool) -> SeedCipher:
    """The key of a passphrase, with the salt of a directory; see `unlock` for `first`.

    Raises:
        KeyFault: the salt is missing, cannot be read or written, or has another length.
    """
    path = directory / SALT_NAME
    if first and not path.exists():
        make_private_directory(directory)
        write_private(path, os.urandom(SALT_BYTES))
    if not path.exists():
        raise KeyFault(
            f"{path} is missing",
            f"{path} is missing. If the seeds there were never encrypted, do it with: "
            "kizashi-server keys encrypt --config FILE; otherwise put the file back.",
        )
    salt = read_private(path)
    if len(salt) != SALT_BYTES:
        raise _fault(f"{path} is damaged: it does not hold the {SALT_BYTES} bytes of a salt")
    return SeedCipher.from_passphrase(passphrase, salt)


def key_of_command(words: tuple[str, ...]) -> bytes:
    """The 32 bytes that a command prints in Base64. What it prints otherwise is thrown away.

    Raises:
        KeyFault: it is not there, fails, takes too long, or prints something else.
    """
    try:
        done = subprocess.run(
            words,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
        )
    except OSError as error:
        raise _fault(f"key_command {words[0]} cannot be run ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise _fault(f"key_command {words[0]} took longer than {COMMAND_SECONDS} s") from None
    if done.returncode != 0:
        raise _fault(f"key_command {words[0]} failed with exit code {done.returncode}")
    try:
        key = b64decode(done.stdout.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise _fault(f"key_command {words[0]} did not print 32 bytes in Base64")
    return key


def _credential_path(name: str, environment: Mapping[str, str]) -> Path:
    folder = environment.get(CREDENTIALS_VARIABLE)
    if not folder:
        raise _fault(
            f"there is no credential {name}, since systemd set no ${CREDENTIALS_VARIABLE} "
            "(LoadCredentialEncrypted= in the unit)"
        )
    return Path(folder, name)


def _read(path: Path) -> bytes:
    # systemd closes it to other accounts by means that the mode does not show.
    try:
        return path.read_bytes()
    except OSError as error:
        raise _fault(f"the credential {path} cannot be read ({error.strerror})") from None


def _fault(text: str) -> KeyFault:
    return KeyFault(text, f"{text[0].upper()}{text[1:]}. Check [keys] in the configuration.")
