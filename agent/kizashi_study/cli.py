"""`kizashi study`: its commands, each in a module of its own."""

import typer

from kizashi_study.cli_extract import extract

study_app = typer.Typer(
    no_args_is_help=True,
    help="For researchers: repeat the study with people of your own who agreed to it.",
)
study_app.command()(extract)
