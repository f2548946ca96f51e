"""The command line `kizashi-server`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol.closed_process import close_process

from kizashi_server import diagnostics
from kizashi_server.command_line.calibrate import calibrate
from kizashi_server.command_line.cohort import cohort_app
from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.init import init
from kizashi_server.command_line.keys import keys_app
from kizashi_server.command_line.log import log_app
from kizashi_server.command_line.norms import norms
from kizashi_server.command_line.options import ConfigurationFile
from kizashi_server.command_line.recipients import recipients_app, root_certify_recipient
from kizashi_server.command_line.research import research_app
from kizashi_server.command_line.root import root_certify, root_init
from kizashi_server.command_line.validate import validate
from kizashi_server.config import load
from kizashi_server.keys.certificate import read_certificate
from kizashi_server.serving.health_check import check_health
from kizashi_server.serving.process import run
from kizashi_server.serving.stop_signal import ending_at_once

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The Kizashi server: opens sealed self-checks, scores them with consent, seals the answer.",
    epilog="Exit codes: 0 done; 1 unexpected, or you said no; 2 usage, or nobody to ask; "
    "3 configuration; 4 keys, certificate or directory; 5 scorer; 6 address or state directory in "
    "use, or not healthy; 7 database; 8 the log does not hold; 9 nothing may be released; "
    "10 no scorer was made; 11 nothing could be validated.",
)
# Any command may hold keys or summaries in memory.
app.callback()(close_process)
app.add_typer(log_app, name="log")
app.add_typer(keys_app, name="keys")
app.command()(init)
app.command()(root_init)
app.command()(root_certify)
app.command()(root_certify_recipient)
app.add_typer(recipients_app, name="recipients")
app.add_typer(cohort_app, name="cohort")
app.add_typer(research_app, name="research")
app.command()(norms)
app.command()(calibrate)
app.command()(validate)


@app.command()
def serve(
    config: ConfigurationFile,
    ready_file: Annotated[
        Path | None,
        typer.Option(help='Where to write {"port": ..., "invites": [...]} once ready.'),
    ] = None,
) -> None:
    """Serves until SIGTERM or SIGINT; calls under way are answered first. Prints the port on one line once ready; logs to stderr."""
    os.umask(0o077)
    diagnostics.configure(sys.stderr)
    with one_line_errors(), ending_at_once():
        run(load(config), ready_file)


@app.command()
def health(config: ConfigurationFile) -> None:
    """Asks the server of a configuration whether it serves; exit code 0 says yes."""
    with one_line_errors():
        server = load(config).server
        check_health(server.listen, read_certificate(server.certificate_path))
    typer.echo("serving")
