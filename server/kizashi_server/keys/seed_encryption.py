"""Moves a state directory's seeds from one encryption to another, one file at a time.

Each file is replaced in one step, so that wherever a crash comes, every seed is readable in the old
way or in the new one; run again, it goes on where it stopped.
"""

import os
from pathlib import Path

from kizashi_server.keys.files import locked, read_private, read_seed, replace_secret
from kizashi_server.keys.seed_cipher import SeedCipher, SeedDoesNotOpen, is_sealed


def encrypt_seeds(state: Path, before: SeedCipher | None, after: SeedCipher) -> tuple[str, ...]:
    """Encrypts every seed that is not yet under `after`; seeds in the clear are read in any case.

    Returns:
        The names of the files that were changed.

    Raises:
        KeyFault: a seed opens neither way, or the disk refuses. Nothing is lost.
    """
    with locked(state):
        paths = [path for path in sorted(state.glob("*.seed")) if not _is_under(path, after)]
        # All are read before the first is written, so that a wrong passphrase changes nothing.
        seeds = {path: read_seed(path, before) for path in paths}
        for path, seed in seeds.items():
            replace_secret(path, after.seal(path.name, seed, os.urandom))
        return tuple(path.name for path in paths)


def _is_under(path: Path, cipher: SeedCipher) -> bool:
    data = read_private(path)
    try:
        return is_sealed(data) and bool(cipher.open(path.name, data))
    except SeedDoesNotOpen:
        return False
