"""Asks for each consent in words, one at a time, no by default."""

from collections.abc import Callable

from kizashi_protocol import Locale, Scope, Terms, consent_text
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from kizashi_agent.errors import ConsentRefused
from kizashi_agent.show.words import say
from kizashi_agent.submit.consents import NEEDED, Agreement

Confirm = Callable[[str], bool]
"""Puts a question to the person and returns their answer."""


def ask(console: Console, confirm: Confirm, locale: Locale, terms: Terms) -> Agreement:
    """Asks for age and for each consent a check needs.

    Raises:
        ConsentRefused: one was not given; nothing was sent, and refusing costs nothing.
    """
    _ask_age(confirm, locale)
    for number, scope in enumerate(NEEDED, 1):
        title = say(
            locale,
            "consent_title",
            number=number,
            total=len(NEEDED),
            scope=say(locale, f"scope_{scope}"),
        )
        console.print(Text(f"\n{title}", style="bold"))
        console.print(Padding(Text(consent_text(scope, locale, terms).text.strip()), (0, 2)))
        if not confirm(say(locale, "agree_question")):
            raise refused(scope)
    return Agreement(NEEDED, locale, "interactive", adult=True)


def ask_local(console: Console, confirm: Confirm, locale: Locale) -> None:
    """Asks for age and for scoring on this laptop; errors as `ask`."""
    _ask_age(confirm, locale)
    console.print(Padding(Text(say(locale, "local_text")), (1, 2, 0, 2)))
    if not confirm(say(locale, "agree_question")):
        raise refused(Scope.SCORE)


def agree_by_command(given: str, *, adult: bool, locale: Locale) -> Agreement:
    """The agreement in `--consent score,feedback --adult`, recorded as given on a command line.

    Raises:
        ConsentRefused: a needed scope or the declaration of age is missing, or a scope is unknown.
    """
    names = {name.strip() for name in given.split(",")}
    for name in sorted(names - set(NEEDED)):
        raise ConsentRefused(
            "an unknown scope on the command line",
            f'"{name}" is not a scope this check asks for. Use --consent score,feedback.',
            reason="SCOPE_UNKNOWN",
        )
    for scope in NEEDED:
        if scope not in names:
            raise refused(scope)
    if not adult:
        raise ConsentRefused(
            "age was not declared",
            "The check is for people of 18 years or older. If you are, add --adult.",
            reason="AGE_NOT_DECLARED",
        )
    return Agreement(NEEDED, locale, "command_line", adult=True)


def refused(scope: Scope) -> ConsentRefused:
    """The error for a consent that was not given."""
    return ConsentRefused(
        f"no consent for {scope}",
        f"Without your consent for {scope} nothing is measured and nothing is sent. That is fine; "
        "you can start again whenever you like.",
        reason=f"NO_CONSENT_{scope.upper()}",
    )


def _ask_age(confirm: Confirm, locale: Locale) -> None:
    if not confirm(say(locale, "age_question")):
        raise ConsentRefused(
            "declared to be under 18",
            "The check is for people of 18 years or older. Nothing was measured or sent.",
            reason="UNDER_AGE",
        )
