"""The witness's own key: a seed in a file, made once and never sent."""

import os
from collections.abc import Callable
from pathlib import Path

from kizashi_protocol import SigningKey

from kizashi_agent.errors import InputError
from kizashi_agent.new_file import is_there, write_new

SEED_BYTES = 32


def make_witness_key(path: Path, random_bytes: Callable[[int], bytes]) -> SigningKey:
    """Makes a key and writes its seed, mode 0600; overwrites nothing.

    Raises:
        InputError: there is a file already, or it cannot be written.
    """
    seed = random_bytes(SEED_BYTES)
    try:
        write_new(path, seed)
    except FileExistsError:
        raise is_there(path) from None
    except OSError as error:
        raise _fault(path, f"cannot be made ({error.strerror})") from None
    return SigningKey.from_seed(seed)


def read_witness_key(path: Path) -> SigningKey:
    """The key in a seed file.

    Raises:
        InputError: it is not there, is open to other accounts, or holds no seed.
    """
    try:
        with path.open("rb") as file:
            is_open_to_others = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
            seed = file.read(SEED_BYTES + 1)
    except OSError as error:
        raise _fault(path, f"cannot be read ({error.strerror})") from None
    if is_open_to_others:
        raise _fault(path, f"is open to other accounts; close it with: chmod 600 {path}")
    if len(seed) != SEED_BYTES:
        raise _fault(path, f"does not hold the {SEED_BYTES} bytes of a key")
    return SigningKey.from_seed(seed)


def _fault(path: Path, text: str) -> InputError:
    return InputError(
        f"the witness's key {text.split(';', maxsplit=1)[0]}",
        f"The key {path} {text}. A witness's key is made with: kizashi-witness init --key FILE",
        reason="WITNESS_KEY",
    )
