"""`kizashi history`: how its commands are typed."""

from typing import Annotated

import typer
from rich.text import Text

from kizashi_agent.commands.history import ask_to_clear_own, clear_own
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.edge import ListsByItself, one_line_errors, surroundings
from kizashi_agent.history.own_baseline import own_trend
from kizashi_agent.history.store import history_of
from kizashi_agent.history.words import about_trend
from kizashi_agent.questionnaire.kept import kept_questionnaires
from kizashi_agent.words import minute, say

history_app = typer.Typer(
    cls=ListsByItself,
    help="Your own history of checks, encrypted on this laptop: off until you turn it on.",
)


@history_app.callback(invoke_without_command=True)
def history(context: typer.Context) -> None:
    """Lists the checks kept, and says where the newest lies against your own others."""
    if context.invoked_subcommand is not None:
        return
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        kept = history_of(world.state).read()
        answers, damaged = kept_questionnaires(world.state).read()
        _show_switch(world)
        if not kept.checks:
            _line(world, say(world.locale, "history_empty"))
        for check in kept.checks:
            _line(world, f"{minute(check.entry.time)}  {check.entry.feedback.headline}")
        if kept.checks:
            for sentence in about_trend(world.locale, own_trend(kept.entries)):
                _line(world, sentence)
        if answers:
            _line(world, say(world.locale, "history_answers", count=len(answers)))
        for error in (*kept.damaged, *damaged):
            _line(world, error.person)


@history_app.command("on")
def turn_on(context: typer.Context) -> None:
    """Has each check from now on be kept on this laptop, for you alone."""
    _turn(context, on=True)


@history_app.command("off")
def turn_off(context: typer.Context) -> None:
    """Has no further check be kept; what is there already stays."""
    _turn(context, on=False)


@history_app.command()
def clear(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erases the history, and the questionnaires kept; what servers hold is not changed by it."""
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        if not yes:
            ask_to_clear_own(world)
        erased = clear_own(world)
        words = say(world.locale, "history_cleared", checks=erased.checks, answers=erased.answers)
        _line(world, words)


def _turn(context: typer.Context, *, on: bool) -> None:
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        history_of(world.state).turn(on=on)
        _show_switch(world)


def _show_switch(world: Surroundings) -> None:
    on = history_of(world.state).is_on()
    _line(world, say(world.locale, "history_on" if on else "history_off"))


def _line(world: Surroundings, words: str) -> None:
    world.console.print(Text(words), soft_wrap=True)
