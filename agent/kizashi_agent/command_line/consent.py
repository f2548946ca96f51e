"""`kizashi consent` and `kizashi trend`: how they are typed."""

from typing import Annotated

import typer
from kizashi_protocol import STANDING, Scope

from kizashi_agent.commands.consent import (
    ScopesWithdrawn,
    fetch_own_trend,
    give_consent,
    list_consents,
    withdraw_scopes,
)
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.recovery_code import code_was_seen
from kizashi_agent.edge import AsJson, ListsByItself, one_line_errors, print_json, surroundings
from kizashi_agent.show.as_json import consents_json, given_json, trend_json
from kizashi_agent.show.asking import Asker
from kizashi_agent.show.standing import (
    show_consents,
    show_given,
    show_scope_alone,
    show_scopes_withdrawn,
    show_trend,
)

consent_app = typer.Typer(
    cls=ListsByItself,
    help="Consents that outlast a check: trend, cohort, research. All are off until you give them, "
    "and checks work the same without. Without a command it lists what you gave; kizashi withdraw "
    "--scope NAME takes one back.",
)

Join = Annotated[
    str | None, typer.Option(help="An invite: kizashi://...", show_default="the one last used")
]


@consent_app.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Shows what you have given on this laptop, and until when."""
    if context.invoked_subcommand is not None:
        return
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        given = list_consents(world)
        show_consents(world.console, world.locale, given)
        if as_json:
            print_json(consents_json(given))


@consent_app.command()
def give(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    scope: Annotated[str, typer.Argument(help="trend, cohort or research.")],
    join: Join = None,
    agree: Annotated[
        bool, typer.Option("--agree", help="For scripts: you agree; recorded as such.")
    ] = False,
    adult: Annotated[
        bool, typer.Option("--adult", help="For scripts: you are 18 or older.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Shows the words of one consent and asks for it; given again, it is renewed."""
    chosen = standing_scope(scope)
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        asker = Asker(world.console, world.confirm, world.locale, chosen if agree else None, adult)
        given = give_consent(chosen, world.invite(join), asker.for_standing, world)
        show_given(world.console, world.locale, given)
        if as_json:
            print_json(given_json(given))
        code_was_seen(world.state)


def trend(context: typer.Context, join: Join = None, as_json: AsJson = False) -> None:
    """Fetches your own trend, opens it on this laptop and lists it."""
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        entries = fetch_own_trend(world.invite(join), world)
        show_trend(world.console, world.locale, entries)
        if as_json:
            print_json(trend_json(entries))


def standing_scope(name: str) -> Scope:
    """The scope of a name on the command line."""
    for scope in STANDING:
        if scope == name:
            return scope
    raise typer.BadParameter("say which: trend, cohort or research")


def scope_to_withdraw(name: str) -> Scope:
    """As `standing_scope`; of the others it is said what takes them back."""
    match name:
        case Scope.SHARE:
            raise typer.BadParameter(
                "what waits for a counsellor is taken back with: kizashi share cancel"
            )
        case Scope.SCORE | Scope.FEEDBACK:
            raise typer.BadParameter(
                "consent to score and to feedback is for one check, and is taken back with the checks: "
                "kizashi withdraw --all"
            )
        case _:
            return standing_scope(name)


def withdraw_standing(world: Surroundings, scope: Scope | None) -> ScopesWithdrawn:
    """The part of `kizashi withdraw` that is about consents that outlast a check.

    One scope, or else all that were given or may have been; shows what came of it.
    """
    every = scope is None
    scopes = STANDING if scope is None else (scope,)
    outcome = withdraw_scopes(scopes, world, only_given=every)
    show_scopes_withdrawn(world.console, world.locale, outcome, only_given=every)
    if scope is not None and outcome.erased:
        show_scope_alone(world.console, world.locale)
    return outcome
