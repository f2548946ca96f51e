"""`kizashi study`: how its commands are typed."""

import typer

study_app = typer.Typer(
    no_args_is_help=True,
    help="For researchers: repeat the study with people of your own who agreed to it.",
)
