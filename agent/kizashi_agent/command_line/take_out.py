"""`kizashi take-out`: how it is typed."""

from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol.display_text import displayable
from rich.text import Text

from kizashi_agent.commands.take_out import take_out, write_take_out
from kizashi_agent.edge import one_line_errors, surroundings
from kizashi_agent.words import say


def take_out_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file, such as mine.fhir.json.")],
) -> None:
    """Writes all that is held about you to a file, as a FHIR R5 Bundle that others can read.

    Servers are asked for the trend they keep for you. The file is not encrypted.
    """
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        write_take_out(take_out(world), file)
        said = say(world.locale, "taken_out", file=displayable(str(file)))
        world.console.print(Text(said), soft_wrap=True)
