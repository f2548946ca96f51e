"""`kizashi-server research ...`: hands over what people gave for research, still sealed."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol.consent import readable_fingerprint

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.served_programme import served_programme
from kizashi_server.exchange.keeping import researchers_in
from kizashi_server.release.research_export import export, recipient_of
from kizashi_server.store.holdings_database import open_holdings_to_read

_FINGERPRINT_BYTES = 32

research_app = typer.Typer(no_args_is_help=True, help="What people gave for research.")


@research_app.command(name="export")
def export_command(
    config: Annotated[
        Path, typer.Option("--config", help="The configuration file.", show_default=False)
    ],
    programme: Annotated[str, typer.Option(help="Its id.")],
    out: Annotated[Path, typer.Option(help="New folder for the sealed summaries.")],
    recipient: Annotated[
        str | None,
        typer.Option(help="Fingerprint of the researcher's key, where several are certified."),
    ] = None,
    one_each: Annotated[
        bool,
        typer.Option(
            "--one-each",
            help="Only the newest of each person, as calibrate, validate and norms need it.",
        ),
    ] = False,
) -> None:
    """Writes the sealed summaries whose consents hold now, for the researcher to open."""
    wanted = None if recipient is None else _fingerprint(recipient)
    os.umask(0o077)
    with one_line_errors():
        served, now = served_programme(config, programme), int(time.time())
        researchers = researchers_in(served.directory)(programme, now)
        chosen = recipient_of(researchers, wanted)
        holdings = open_holdings_to_read(served.state)
        manifest = export(out, holdings, chosen, served.terms, now, os.urandom, one_each=one_each)
        holdings.close()
    typer.echo(
        f"{manifest.count} sealed summaries are in {out}, for {chosen.name} "
        f"({readable_fingerprint(chosen.fingerprint)}), who opens them with: "
        "kizashi research open FOLDER --key FILE --out FILE"
    )
    typer.echo(
        "This export takes the place of every one before: have earlier copies deleted, there and "
        "here. Whoever has withdrawn since is left out of this one alone."
    )


def _fingerprint(text: str) -> bytes:
    try:
        fingerprint = bytes.fromhex(text.replace(" ", ""))
    except ValueError:
        fingerprint = b""
    if len(fingerprint) != _FINGERPRINT_BYTES:
        raise typer.BadParameter("a fingerprint has 64 hexadecimal digits")
    return fingerprint
