"""`kizashi page`: how it is typed."""

import contextlib
import secrets
import webbrowser
from threading import Thread
from typing import Annotated

import typer
from kizashi_protocol import Invite
from rich.console import Console
from rich.text import Text

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
        from kizashi_agent.page.application import page_app  # noqa: PLC0415
        from kizashi_agent.page.guard import Rules  # noqa: PLC0415
        from kizashi_agent.page.serving import TOKEN_BYTES, bound, serve  # noqa: PLC0415
        from kizashi_agent.page.ticket import Ticket  # noqa: PLC0415
        from kizashi_agent.page.visit import CurrentVisit  # noqa: PLC0415
        from kizashi_agent.page.world import PageWorld  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    invite = None if join is None else Invite.parse(join)
    measurer = open_extractor()
    with bound(port) as listener:
        rules = Rules(listener.getsockname()[1], secrets.token_urlsafe(TOKEN_BYTES))
        base = surroundings(given, quiet=True)
        world = PageWorld(
            base=base,
            measurer=measurer,
            rules=rules,
            ticket=Ticket(secrets.token_urlsafe(TOKEN_BYTES)),
            visit=CurrentVisit(given.locale),
            invite=invite,
        )

        def ready() -> None:
            console = Console(highlight=False)
            console.print(
                Text(say(given.locale, "page_open", address=rules.address)), soft_wrap=True
            )
            if browser:
                # It may wait for the browser, and the page is to answer meanwhile.
                Thread(
                    target=webbrowser.open, args=(world.ticket.address(rules),), daemon=True
                ).start()

        with contextlib.suppress(KeyboardInterrupt):  # which is how a person ends it
            serve(page_app(world), listener, ready)


def _not_installed(error: ModuleNotFoundError) -> InputError:
    return InputError(
        f"{error.name} is not installed",
        f"The page needs {error.name}, which is not installed. Install it with: "
        "pip install 'kizashi[agent]'",
        reason="NOT_INSTALLED",
    )
