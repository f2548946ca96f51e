"""Asks for each consent in words, one at a time, no by default."""

from dataclasses import dataclass

from kizashi_protocol import (
    ConsentRecipient,
    Locale,
    Programme,
    Scope,
    Setting,
    Terms,
    consent_text,
)
from rich.console import Console
from rich.text import Text

from kizashi_agent.commands.surroundings import Confirm
from kizashi_agent.errors import ConsentRefused
from kizashi_agent.show.layout import print_padded
from kizashi_agent.submit.consents import NEEDED, Agreement, no_consent
from kizashi_agent.words import say


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a check's consents come from: the person at the terminal, or a command line.

    Attributes:
        console: where the texts are shown.
        confirm: puts a question to the person; None where nobody is there to answer.
        locale: the language spoken.
        given: what `--consent` said, or None.
        adult: whether `--adult` was said.
        account: whether keys are kept, with which a check can be taken back.
    """

    console: Console
    confirm: Confirm | None
    locale: Locale
    given: str | None = None
    adult: bool = False
    account: bool = True

    def for_server(self, programme: Programme, terms: Terms) -> Agreement:
        """The consents for a check that a server scores.

        Raises:
            ConsentRefused: one was not given; nothing was sent, and refusing costs nothing.
        """
        self.console.print(
            Text(
                say(
                    self.locale,
                    "programme",
                    display_name=programme.display_name,
                    owner=programme.owner,
                    scoring_operator=programme.scoring_operator,
                )
            )
        )
        self.console.print(Text(say(self.locale, "checked"), style="dim"))
        if programme.setting is Setting.PERSONAL:
            self.console.print(Text(say(self.locale, "personal"), style="bold"))
        if not self.account:
            self.console.print(Text(say(self.locale, "asked_no_account"), style="bold"))
        if self.given is not None:
            agreement = agree_by_command(self.given, adult=self.adult, locale=self.locale)
            for number, scope in enumerate(NEEDED, 1):
                self._show(number, scope, terms)
            self.console.print(Text(say(self.locale, "agreed_by_command"), style="dim"))
            return agreement
        confirm = self._somebody()
        _ask_age(confirm, self.locale)
        for number, scope in enumerate(NEEDED, 1):
            self._show(number, scope, terms)
            if not confirm(say(self.locale, "agree_question")):
                raise refused(scope)
        return Agreement(NEEDED, self.locale, "interactive", adult=True)

    def for_standing(
        self, scope: Scope, programme: Programme, terms: Terms, recipient: ConsentRecipient | None
    ) -> Agreement:
        """One consent that outlasts a check; errors as `for_server`. A no changes nothing."""
        named = say(self.locale, f"scope_{scope}")
        self.console.print(Text(f"\n{programme.display_name}: {named}", style="bold"))
        print_padded(self.console, consent_text(scope, self.locale, terms, recipient).text)
        if self.given == scope:
            _require_adult(self.adult)
            self.console.print(Text(say(self.locale, "agreed_by_command"), style="dim"))
            return Agreement((scope,), self.locale, "command_line", adult=True)
        if self.confirm is None:
            raise ConsentRefused(
                "nobody can be asked",
                "Consent is asked at a terminal, and this is none. For scripts, add --agree "
                "--adult.",
                reason="NOBODY_TO_ASK",
            )
        _ask_age(self.confirm, self.locale)
        if not self.confirm(say(self.locale, "agree_question")):
            raise ConsentRefused(
                f"no consent for {scope}",
                "That is fine: nothing is kept or sent under it, and your checks work the same.",
                reason=no_consent(scope),
            )
        return Agreement((scope,), self.locale, "interactive", adult=True)

    def for_here(self) -> None:
        """The consent for a check that this laptop scores; errors as `for_server`."""
        print_padded(self.console, say(self.locale, "local_text"))
        if self.given is not None:
            if Scope.SCORE not in _scopes(self.given):
                raise refused(Scope.SCORE)
            _require_adult(self.adult)
            return
        confirm = self._somebody()
        _ask_age(confirm, self.locale)
        if not confirm(say(self.locale, "agree_question")):
            raise refused(Scope.SCORE)

    def _show(self, number: int, scope: Scope, terms: Terms) -> None:
        named = say(self.locale, f"scope_{scope}")
        title = say(self.locale, "consent_title", number=number, total=len(NEEDED), scope=named)
        self.console.print(Text(f"\n{title}", style="bold"))
        print_padded(self.console, consent_text(scope, self.locale, terms).text)

    def _somebody(self) -> Confirm:
        if self.confirm is None:
            raise ConsentRefused(
                "nobody can be asked",
                "Consent is asked at a terminal, and this is none. For scripts, add "
                "--consent score,feedback --adult.",
                reason="NOBODY_TO_ASK",
            )
        return self.confirm


def agree_by_command(given: str, *, adult: bool, locale: Locale) -> Agreement:
    """The agreement in `--consent score,feedback --adult`, recorded as given on a command line.

    Raises:
        ConsentRefused: a needed scope or the declaration of age is missing, or a scope is unknown.
    """
    names = _scopes(given)
    for scope in NEEDED:
        if scope not in names:
            raise refused(scope)
    _require_adult(adult)
    return Agreement(NEEDED, locale, "command_line", adult=True)


def refused(scope: Scope) -> ConsentRefused:
    """The error for a consent that was not given."""
    return ConsentRefused(
        f"no consent for {scope}",
        f"Without your consent for {scope} nothing is measured and nothing is sent. That is fine; "
        "you can start again whenever you like.",
        reason=no_consent(scope),
    )


def _scopes(given: str) -> set[str]:
    names = {name.strip() for name in given.split(",")} - {""}
    for name in sorted(names - set(NEEDED)):
        raise ConsentRefused(
            "an unknown scope on the command line",
            f'"{name}" is not a scope this check asks for. Use --consent score,feedback.',
            reason="SCOPE_UNKNOWN",
        )
    return names


def _require_adult(adult: bool) -> None:
    if not adult:
        raise ConsentRefused(
            "age was not declared",
            "The check is for people of 18 years or older. If you are, add --adult.",
            reason="AGE_NOT_DECLARED",
        )


def _ask_age(confirm: Confirm, locale: Locale) -> None:
    if not confirm(say(locale, "age_question")):
        raise under_age()


def under_age() -> ConsentRefused:
    """The error for somebody who is not 18 yet."""
    return ConsentRefused(
        "declared to be under 18",
        "The check is for people who say that they are 18 years or older. Nothing was measured or "
        "sent.",
        reason="UNDER_AGE",
    )
