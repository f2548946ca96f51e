"""`kizashi study`: its commands, each in a module of its own."""

import os

import typer

from kizashi_study.cli_analyse import analyse, simulate
from kizashi_study.cli_extract import extract
from kizashi_study.cli_rate import rate

study_app = typer.Typer(
    no_args_is_help=True,
    help="For researchers: repeat the study with people of your own who agreed to it.",
)


@study_app.callback()
def close_to_others() -> None:
    """Keeps from other accounts whatever a command writes: it is of people."""
    os.umask(0o077)


study_app.command()(extract)
study_app.command()(rate)
study_app.command()(analyse)
study_app.command()(simulate)
