"""`kizashi page`: how it is typed."""

from typing import Annotated

import typer
from kizashi_protocol import Invite

from kizashi_agent.edge import Common, one_line_errors, surroundings
from kizashi_agent.errors import InputError
from kizashi_agent.extractor import open_extractor
from kizashi_agent.words import say


def page(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of the page.", show_default="any free")
    ] = 0,
    join: Annotated[str | None, typer.Option(help="An invite: kizashi://...")] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
) -> None:
    """Opens the self-check in your browser, on this laptop alone; Ctrl-C ends it."""
    with one_line_errors(as_json=False):
        serve_page(context.obj, port, join, browser=not no_browser)


def serve_page(given: Common, port: int, join: str | None, *, browser: bool) -> None:
    """Serves the page until it is stopped.

    Raises:
        InputError: what the page needs is not installed, or the port is taken.
        MalformedInvite: the invite cannot be read.
        ModelError: a model is missing or damaged.
    """
    try:
        # Here: every other command works without what the page stands on.
        from kizashi_agent.loopback.guard import Rules  # noqa: PLC0415
        from kizashi_agent.loopback.guarded import Guarded  # noqa: PLC0415
        from kizashi_agent.loopback.opened import Opening, serve_opened  # noqa: PLC0415
        from kizashi_agent.loopback.ticket import Ticket  # noqa: PLC0415
        from kizashi_agent.page.application import page_app  # noqa: PLC0415
        from kizashi_agent.page.visit import CurrentVisit  # noqa: PLC0415
        from kizashi_agent.page.world import PageWorld  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    invite = None if join is None else Invite.parse(join)
    measurer = open_extractor()

    def application(rules: Rules, ticket: Ticket) -> Guarded:
        return page_app(
            PageWorld(
                base=surroundings(given, quiet=True),
                measurer=measurer,
                rules=rules,
                ticket=ticket,
                visit=CurrentVisit(given.locale),
                invite=invite,
            )
        )

    def said(address: str) -> str:
        return say(given.locale, "page_open", address=address)

    serve_opened(Opening(port, browser, camera=True, said=said), application)


def _not_installed(error: ModuleNotFoundError) -> InputError:
    return InputError(
        f"{error.name} is not installed",
        f"The page needs {error.name}, which is not installed. Install it in the folder of "
        "Kizashi's source with: .venv/bin/pip install '.[agent]'",
        reason="NOT_INSTALLED",
    )
