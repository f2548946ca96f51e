"""A programme as a command of the operator finds it: configured, and served on the same terms."""

import time
from dataclasses import dataclass
from pathlib import Path

from kizashi_protocol.consent import Terms
from kizashi_protocol.directory import Directory

from kizashi_server.config import ProgrammeSettings, load
from kizashi_server.directory.published import listed, read_published
from kizashi_server.errors import ConfigurationFault, ReleaseRefused, StoreUnavailable
from kizashi_server.keys.files import check_private_directory
from kizashi_server.store.database import DATABASE_NAME


@dataclass(frozen=True, slots=True)
class ServedProgramme:
    """A programme that a server carries.

    Attributes:
        state: the server's state directory; its database is there.
        directory: as published last.
        terms: what consents to the programme bind.
    """

    settings: ProgrammeSettings
    state: Path
    directory: Directory
    terms: Terms


def served_programme(config: Path, programme_id: str, now: int | None = None) -> ServedProgramme:
    """The programme of this id in a configuration.

    Args:
        config: the configuration file.
        programme_id: such as "self-check".
        now: seconds since the epoch; the clock's unless given.

    Raises:
        ConfigurationFault: the file does not hold, or has no such programme.
        KeyFault: the directory cannot be read, or has expired.
        ReleaseRefused: the server was not started since the programme changed (reason NOT_SERVED):
            by terms that nobody was told, no consent holds.
        StoreUnavailable: there is no database yet.
    """
    configuration = load(config)
    chosen = [each for each in configuration.programme if each.id == programme_id]
    if not chosen:
        known = ", ".join(each.id for each in configuration.programme)
        raise ConfigurationFault(
            f"no programme {programme_id}",
            f'There is no programme "{programme_id}" in {config}; it has: {known}.',
        )
    state = configuration.server.state_directory
    check_private_directory(state)
    directory = read_published(state, int(time.time()) if now is None else now).directory
    terms = listed(chosen[0], ()).terms(directory.root_fingerprint)
    told = [
        each.terms(directory.root_fingerprint)
        for each in directory.programmes
        if each.programme_id == programme_id
    ]
    if told != [terms]:
        raise ReleaseRefused(
            f"programme {programme_id} is not served on these terms",
            f'The programme "{programme_id}" was changed since the server was last started. '
            "Start the server with this configuration first.",
            reason="NOT_SERVED",
        )
    path = state / DATABASE_NAME
    if not path.exists():
        raise StoreUnavailable(f"{path} is not there; it is made when the server first starts")
    return ServedProgramme(chosen[0], state, directory, terms)
