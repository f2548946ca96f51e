"""`kizashi`: how each command is typed."""

import os
import time
from pathlib import Path
from typing import Annotated

# gRPC would write lines of its own between ours; what matters comes as an error. Read at import.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import typer
from kizashi_protocol import Locale
from rich.console import Console
from rich.text import Text

from kizashi_agent.attached import attaching, installed_commands
from kizashi_agent.command_line.check import check, demo
from kizashi_agent.command_line.consent import (
    consent_app,
    scope_to_withdraw,
    trend,
    withdraw_standing,
)
from kizashi_agent.command_line.history import history_app
from kizashi_agent.command_line.identity import identity_app
from kizashi_agent.command_line.ledger import ledger_app
from kizashi_agent.command_line.page import page
from kizashi_agent.command_line.recovery import withdraw_by_code
from kizashi_agent.command_line.research import research_app
from kizashi_agent.command_line.share import share_app
from kizashi_agent.command_line.take_out import take_out_command
from kizashi_agent.command_line.verify import verify
from kizashi_agent.commands.consent import ScopesWithdrawn
from kizashi_agent.commands.doctor import examine
from kizashi_agent.commands.history import holds_own
from kizashi_agent.commands.send import send_waiting
from kizashi_agent.commands.share import offer_sharing_late
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.edge import (
    SEED_VARIABLE,
    STATE_VARIABLE,
    AsJson,
    SeedChoice,
    common,
    one_line_errors,
    print_json,
    surroundings,
)
from kizashi_agent.extract import Extraction, run_extract
from kizashi_agent.segments import NO_NEUTRAL, parse_neutral
from kizashi_agent.show.as_json import (
    extract_json,
    findings_json,
    late_json,
    scopes_json,
    withdrawal_json,
)
from kizashi_agent.show.outcomes import (
    show_extract,
    show_findings,
    show_late,
    show_late_faults,
    show_withdrawal,
)
from kizashi_agent.show.progress import extract_progress
from kizashi_agent.show.sharing import SharingOnTerminal
from kizashi_agent.words import say

app = typer.Typer(
    cls=attaching(installed_commands),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A private self-check: your face is measured on this laptop, and only a sealed summary "
    "leaves it. Not a diagnosis.",
    epilog="Exit codes: 0 done; 1 unexpected; 2 usage; 3 file or camera; 4 recording not fit; "
    "5 consent not given, or broken off; 6 model file; 7 server unreachable; 8 trust; 9 refused by "
    "the server; 10 what is kept on this laptop. An error is one line and ends with its reason, for "
    "scripts, in brackets; with --json it is an object.",
)

app.add_typer(consent_app, name="consent")
app.add_typer(history_app, name="history")
app.add_typer(identity_app, name="identity")
app.add_typer(ledger_app, name="ledger")
app.add_typer(share_app, name="share")
app.add_typer(research_app, name="research")
app.command()(page)
app.command()(trend)
app.command()(verify)
app.command("take-out")(take_out_command)


@app.callback()
def main(
    context: typer.Context,
    state: Annotated[
        Path | None,
        typer.Option(envvar=STATE_VARIABLE, help="The agent's folder.", show_default="per account"),
    ] = None,
    language: Annotated[
        Locale | None, typer.Option(help="Of all words.", show_default="by the environment")
    ] = None,
    seed: Annotated[
        SeedChoice,
        typer.Option(
            envvar=SEED_VARIABLE,
            help="Where the seed of your keys is kept; without a usable keyring it is a file.",
        ),
    ] = SeedChoice.KEYRING,
) -> None:
    """What holds for every command."""
    context.obj = common(state, language, seed)


app.command()(check)
app.command()(demo)


@app.command()
def extract(
    videos: Annotated[list[Path], typer.Argument(help="Recordings.")],
    out: Annotated[Path, typer.Option(help="Folder for the tables, one CSV a recording.")],
    jobs: Annotated[
        int, typer.Option(min=1, help="Recordings measured at once, at most one a core.")
    ] = 1,
    neutral: Annotated[
        str | None,
        typer.Option(
            help="START-END of a silent part in each; adds what is above it.", show_default="none"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Writes action units frame by frame, in tables shaped like OpenFace's."""
    with one_line_errors(as_json=as_json):
        window = parse_neutral(neutral) if neutral else NO_NEUTRAL
        console = Console(stderr=True, quiet=as_json, highlight=False)
        with extract_progress(console, len(videos)) as report:
            outcome = run_extract(Extraction(videos, out, jobs, window), report)
        if as_json:
            print_json(extract_json(outcome))
        show_extract(console, outcome)
        if outcome.exit_code:
            raise typer.Exit(outcome.exit_code)


@app.command()
def send(context: typer.Context, as_json: AsJson = False) -> None:
    """Sends the checks that wait on this laptop, and shows their feedback.

    As after a check, sharing is offered at a terminal where the programme has a counsellor.
    """
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        sent = send_waiting(world)
        show_late(world.console, world.locale, sent)
        outcome = offer_sharing_late(sent, SharingOnTerminal(world.console, world.locale), world)
        show_late_faults(world.console, outcome)
        if as_json:
            print_json(late_json(outcome))
        if outcome.failed:
            raise typer.Exit(outcome.failed[0].exit_code)


@app.command()
def withdraw(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Take back every consent; erase all that is held.")
    ] = False,
    scope: Annotated[
        str | None, typer.Option(help="Take back this one: trend, cohort or research.")
    ] = None,
    recovery: Annotated[
        bool,
        typer.Option(
            "--recovery",
            help="Everything, after a lost laptop, with --join: asks for your recovery code, or "
            "reads a line of standard input.",
        ),
    ] = False,
    join: Annotated[
        str | None, typer.Option(help="With --recovery: the invite of the programme.")
    ] = None,
    receipts: Annotated[
        Path | None,
        typer.Option(help="With --recovery: a folder for the receipts.", show_default="printed"),
    ] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Erase the ledger on this laptop as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Takes back consent and has servers erase what they hold."""
    if [everything, scope is not None, recovery].count(True) != 1:
        raise typer.BadParameter("say what to withdraw: --all, --scope or --recovery")
    if recovery != (join is not None) or (receipts is not None and not recovery):
        raise typer.BadParameter("--recovery and --join go together, and --receipts with them")
    if ledger and not everything:
        raise typer.BadParameter("--ledger goes with --all; kizashi ledger clear erases it alone")
    chosen = None if scope is None else scope_to_withdraw(scope)
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        if join is not None:
            withdraw_by_code(world, join, receipts, as_json=as_json)
            return
        scopes = withdraw_standing(world, chosen)
        if not everything:
            if as_json:
                print_json(scopes_json(scopes))
            if scopes.fault is not None:
                raise typer.Exit(scopes.fault.exit_code)
            return
        _withdraw_all(world, scopes, ledger=ledger, as_json=as_json)


def _withdraw_all(
    world: Surroundings, scopes: ScopesWithdrawn, *, ledger: bool, as_json: bool
) -> None:
    outcome = withdraw_all(world, ledger=ledger and scopes.fault is None)
    show_withdrawal(world.console, world.locale, outcome)
    if holds_own(world.state):
        world.console.print(Text(say(world.locale, "history_stays"), style="dim"))
    if as_json:
        print_json(
            withdrawal_json(outcome) | scopes_json(scopes) | {"history": holds_own(world.state)}
        )
    fault = outcome.fault or scopes.fault
    if fault is not None:
        raise typer.Exit(fault.exit_code)


@app.command()
def doctor(
    context: typer.Context,
    camera: Annotated[int | None, typer.Option(help="Open this camera for a second.")] = None,
    as_json: AsJson = False,
) -> None:
    """Looks at models, camera, seed, pin, server and clock, and says what to do."""
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        findings = list(examine(world, camera, time.perf_counter))
        show_findings(world.console, findings)
        if as_json:
            print_json(findings_json(findings))
        if any(each.holds is False for each in findings):
            raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="kizashi")
