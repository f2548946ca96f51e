"""Options that several commands have, and the configuration that those of `init` make."""

import tomllib
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated

import typer

from kizashi_server.config import Configuration, load, parse
from kizashi_server.errors import ConfigurationFault
from kizashi_server.initialise import CONFIGURATION_NAME, sample_configuration

ConfigurationFile = Annotated[
    Path, typer.Option("--config", help="The configuration file.", show_default=False)
]

DEFAULT_LISTEN = "127.0.0.1:8443"


@dataclass(frozen=True, slots=True)
class ProgrammeFlags:
    """The options that describe a server with one programme; None where one was not given."""

    listen: str | None = None
    id: str | None = None
    display_name: str | None = None
    owner: str | None = None
    scoring_operator: str | None = None
    setting: str | None = None
    jurisdiction: str | None = None
    legal_basis: str | None = None
    scorer: str | None = None


def configuration_of(
    path: Path | None, state: Path | None, flags: ProgrammeFlags
) -> tuple[Configuration, str | None]:
    """The configuration of the server to be, and its text when there is no file of it yet.

    Raises:
        ConfigurationFault: options are missing or contradict the file, or a value is refused.
    """
    given = any(each is not None for each in astuple(flags))
    if path is not None:
        if state is not None or given:
            raise _usage("give either --config or --state with the options of a programme")
        return load(path), None
    if state is None or flags.owner is None or flags.jurisdiction is None:
        raise _usage("give --state, --owner and --jurisdiction, or a file with --config")
    return _from_flags(state.absolute(), flags)


def _from_flags(state: Path, flags: ProgrammeFlags) -> tuple[Configuration, str]:
    programme = {
        "id": flags.id or "self-check",
        "display_name": flags.display_name or "Self-check",
        "owner": flags.owner,
        "scoring_operator": flags.scoring_operator or flags.owner,
        "setting": flags.setting or "personal",
        "jurisdiction": flags.jurisdiction,
        "legal_basis": flags.legal_basis,
        "scorer": flags.scorer,
    }
    raw = {
        "server": {"listen": flags.listen or DEFAULT_LISTEN, "state_directory": str(state)},
        "programme": [{name: value for name, value in programme.items() if value is not None}],
    }
    path = state / CONFIGURATION_NAME
    configuration = parse(raw, path)
    text = sample_configuration(configuration.programme[0], configuration.server.listen, str(state))
    # What is written is what was checked.
    return parse(tomllib.loads(text), path), text


def fingerprint_option(root_directory: Path | None, text: str | None) -> bytes:
    """The fingerprint of a root made elsewhere, 32 bytes; empty when the root is made here.

    Raises:
        ConfigurationFault: both options or neither are given, or the text is no fingerprint.
    """
    if (root_directory is None) == (text is None):
        raise _usage("give either --root-dir or --root-fingerprint")
    try:
        fingerprint = bytes.fromhex((text or "").replace(" ", ""))
    except ValueError:
        fingerprint = b""
    if text is not None and len(fingerprint) != 32:
        raise _usage("--root-fingerprint takes the 64 hexadecimal digits that root-init printed")
    return fingerprint


def _usage(text: str) -> ConfigurationFault:
    return ConfigurationFault(text, f"{text[0].upper()}{text[1:]}.")
