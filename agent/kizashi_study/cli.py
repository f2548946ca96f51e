"""`kizashi study`: how its commands are typed."""

import typer

from kizashi_study.cli_analyse import analyse, simulate

study_app = typer.Typer(
    no_args_is_help=True,
    help="For researchers: repeat the study with people of your own who agreed to it.",
)
study_app.callback()(lambda: None)
study_app.command()(analyse)
study_app.command()(simulate)
