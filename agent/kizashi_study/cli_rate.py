"""`kizashi study rate`: how it is typed."""

import secrets
import time
from pathlib import Path
from typing import Annotated

import typer
from kizashi_agent.edge import Common, one_line_errors

from kizashi_study.cli_extract import Clips, Participants
from kizashi_study.errors import NotPlayable
from kizashi_study.extra import from_the_extra

NUMBER_BITS = 128
"""Of a clip's address: nobody guesses it."""


def rate(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    folder: Clips,
    participants: Participants,
    rater: Annotated[str, typer.Option(metavar="NAME", help="Whose ratings these are.")],
    out: Annotated[Path, typer.Option(help="Table of the ratings, such as ratings/NAME.csv.")],
    seed: Annotated[
        int | None,
        typer.Option(
            help="With the name, draws the order; the same for all raters. The order of a table "
            "that is there stays.",
            show_default="0",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of the page.", show_default="any free")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
) -> None:
    """Opens a page on this laptop where a rater scores the clips; Ctrl-C ends it.

    The clips are silent, in an order of the rater's own, and show neither name nor group. Each is
    scored on the study's seven items from 1 to 7; the study's own scale is not known to us. What is
    scored is saved at once, and the same command goes on where the rater was. OUT gets a row for
    each item of each clip; beside it, OUT's name with .json holds the order, and the rater's own
    questionnaire total where one was given. It is asked for after the last clip.
    """
    with one_line_errors(as_json=False):
        serve_rating(
            context.obj, folder, participants, rater, out, seed, port, browser=not no_browser
        )


def serve_rating(  # noqa: PLR0913, PLR0917 - what the command was given
    given: Common,
    folder: Path,
    participants: Path,
    name: str,
    out: Path,
    seed: int | None,
    port: int,
    *,
    browser: bool,
) -> None:
    """Serves the page until it is stopped.

    Raises:
        StudyError: participants, clips or earlier ratings cannot be used, or a library is missing.
        InputError: the port is taken.
    """
    with from_the_extra():
        # Here: other commands start without what pages stand on.
        from kizashi_agent.loopback.guard import Rules  # noqa: PLC0415
        from kizashi_agent.loopback.guarded import Guarded  # noqa: PLC0415
        from kizashi_agent.loopback.opened import Opening, serve_opened  # noqa: PLC0415
        from kizashi_agent.loopback.ticket import Ticket  # noqa: PLC0415

        from kizashi_study.participants import read_participants, require_clips  # noqa: PLC0415
        from kizashi_study.rating.application import rating_app, rating_words  # noqa: PLC0415
        from kizashi_study.rating.rater_files import RaterFiles, require_name  # noqa: PLC0415
        from kizashi_study.rating.session import RatingWorld, Session  # noqa: PLC0415
        from kizashi_study.rating.silencing import silent_clips  # noqa: PLC0415
    require_name(name)
    people = read_participants(participants)
    require_clips(people, folder, participants.name)
    clips, reasons = silent_clips({each.name: folder / each.clip for each in people})
    if reasons:
        raise NotPlayable(reasons)
    files = RaterFiles(out)
    with files.held():
        rater, ratings = files.begin([each.name for each in people], name, seed)
        world = RatingWorld(
            files, clips, given.locale, lambda: secrets.randbits(NUMBER_BITS), time.monotonic
        )
        session = Session(world, rater, ratings)

        def application(rules: Rules, ticket: Ticket) -> Guarded:
            return rating_app(session, rules, ticket)

        def said(address: str) -> str:
            return rating_words()[given.locale]["terminal.open"].format(address=address)

        serve_opened(Opening(port, browser, camera=False, said=said), application)
