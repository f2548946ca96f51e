"""Take it with you: all that is held about the person, as the bytes of one FHIR R5 Bundle."""

import json
import os
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import StateError
from kizashi_agent.takeout.bundle import bundle
from kizashi_agent.takeout.elements import Export
from kizashi_agent.takeout.gathering import gather

_UUID_BYTES = 16


def take_out(world: Surroundings) -> bytes:
    """The bundle as JSON (application/fhir+json), in the language of the world.

    Servers are asked for the trends they keep; one that does not answer stops nothing.

    Raises:
        StateError: the seed is missing or out of reach, so that nothing sealed with it opens.
    """
    export = Export(
        # Drawn anew, so that two files have no identifier in common.
        number=UUID(bytes=world.random_bytes(_UUID_BYTES), version=4),
        time=world.now(),
        locale=world.locale,
        version=version("kizashi"),
    )
    return json.dumps(bundle(export, gather(world)), ensure_ascii=False, indent=1).encode() + b"\n"


def write_take_out(data: bytes, file: Path) -> None:
    """Writes a bundle to a new file, mode 0600.

    Raises:
        StateError: the file is there already.
        OSError: it cannot be written.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise StateError(
            "the file to take away is there already",
            f"{file} is there already and was left as it is. Name another file.",
            reason="FILE_EXISTS",
        ) from None
    with os.fdopen(handle, "wb") as opened:
        opened.write(data)
