"""`kizashi-server init`: how it is typed, and what it says."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from kizashi_models.scorer_loading import load_scorer

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.options import (
    ProgrammeFlags,
    configuration_of,
    fingerprint_option,
)
from kizashi_server.config import Configuration
from kizashi_server.initialise import (
    CONFIGURATION_NAME,
    INVITE_NAME,
    AwaitingRoot,
    Initialised,
    initialise,
    initialise_below,
)
from kizashi_server.keys.seed_keys import unlock
from kizashi_server.programmes import load_scorers


def init(  # noqa: PLR0913, PLR0917 - the options of a command
    root_dir: Annotated[
        Path | None,
        typer.Option(help="New directory for a root key made here, to be moved away."),
    ] = None,
    root_fingerprint: Annotated[
        str | None,
        typer.Option(help="Of a root made elsewhere with root-init; in place of --root-dir."),
    ] = None,
    state: Annotated[Path | None, typer.Option(help="New directory for everything else.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="A configuration file, in place of the options below.")
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="Name or address people reach the server by; may be repeated, the first goes "
            "into the invites.",
            show_default="localhost, 127.0.0.1",
        ),
    ] = None,
    listen_on: Annotated[
        str | None, typer.Option("--listen", help='"host:port".', show_default="127.0.0.1:8443")
    ] = None,
    programme: Annotated[
        str | None, typer.Option(help="Its id.", show_default="self-check")
    ] = None,
    display_name: Annotated[
        str | None, typer.Option(help="What a person is shown.", show_default="Self-check")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who offers the programme.")] = None,
    scoring_operator: Annotated[
        str | None, typer.Option(help="Who runs this server.", show_default="the owner")
    ] = None,
    setting: Annotated[
        str | None,
        typer.Option(
            help="personal, education, workplace, healthcare or research.", show_default="personal"
        ),
    ] = None,
    jurisdiction: Annotated[
        str | None, typer.Option(help='Whose law applies, such as "JP" or "EU".')
    ] = None,
    legal_basis: Annotated[
        str | None, typer.Option(help="The provision the programme rests on.")
    ] = None,
    scorer: Annotated[
        str | None, typer.Option(help="Identifier and version.", show_default="research-prior/1")
    ] = None,
) -> None:
    """Makes keys, certificate, directory, configuration and invite. Overwrites nothing."""
    os.umask(0o077)
    flags = ProgrammeFlags(
        listen_on,
        programme,
        display_name,
        owner,
        scoring_operator,
        setting,
        jurisdiction,
        legal_basis,
        scorer,
    )
    with one_line_errors():
        configuration, text = configuration_of(config, state, flags)
        extractor_ids = _extractor_ids(configuration)
        fingerprint = fingerprint_option(root_dir, root_fingerprint)
        folder = configuration.server.state_directory
        cipher = unlock(configuration.keys, folder, os.environ, first=True)
        hosts = host or ["localhost", "127.0.0.1"]
        now = int(time.time())
        made: Initialised | AwaitingRoot
        if root_dir is None:
            made = initialise_below(
                configuration, text, hosts, fingerprint, now=now, random=os.urandom, cipher=cipher
            )
        else:
            made = initialise(
                configuration,
                text,
                extractor_ids,
                hosts,
                root_dir,
                now=now,
                random=os.urandom,
                cipher=cipher,
            )
    _say_made(made, folder, encrypted=cipher is not None)
    _say_next(made, config or folder / CONFIGURATION_NAME)


def _extractor_ids(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    # Asked where the root is elsewhere too: a scorer that cannot be used is told now.
    folder = configuration.server.models_directory
    scorers = load_scorers(configuration.programme, lambda each: load_scorer(folder, each))
    return {name: each.extractor_ids for name, each in scorers.items()}


def _say_made(made: Initialised | AwaitingRoot, folder: Path, *, encrypted: bool) -> None:
    typer.echo(f"Keys and certificate are in {folder} (back-ups: see deploy/README.md).")
    if not encrypted:
        typer.echo("The seeds there are in the clear; [keys] in the configuration encrypts them.")
    if made.invites:
        typer.echo(f"Invite, also in {folder / INVITE_NAME}:")
        for invite in made.invites:
            typer.echo(f"  {invite}")


def _say_next(made: Initialised | AwaitingRoot, configuration_path: Path) -> None:
    if isinstance(made, AwaitingRoot):
        typer.echo(f"Directory key {made.request.key_id.hex()} waits for the root:")
        typer.echo(f"carry {made.request_file} to its machine, and run there")
        typer.echo("  kizashi-server root-certify --root-dir DIR --request FILE --out CERTIFICATE")
        typer.echo("then here")
        typer.echo(f"  kizashi-server keys install CERTIFICATE --config {configuration_path}")
    else:
        typer.echo(f"Root fingerprint, to be published: {made.root_fingerprint.hex()}")
        typer.echo(
            f"Now move {made.root_file} to another machine or a disk in a safe, and delete it "
            "here: whoever holds it can pose as this server."
        )
    typer.echo(f"Then start with: kizashi-server serve --config {configuration_path}")
