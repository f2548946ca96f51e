"""Take it with you: all that is held about the person, as the bytes of one FHIR R5 Bundle."""

import json
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

from kizashi_agent.commands.gathering import gather
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.new_file import is_there, write_new
from kizashi_agent.takeout.bundle import bundle
from kizashi_agent.takeout.elements import Export

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
        InputError: the file is there already.
        OSError: it cannot be written.
    """
    try:
        write_new(file, data)
    except FileExistsError:
        raise is_there(file) from None
