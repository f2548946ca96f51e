"""Standing consents and the trend on a terminal."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from kizashi_protocol import AddedForResearch, Band, Locale, ResearchAnswers, TrendEntry
from rich.console import Console
from rich.text import Text

from kizashi_agent.commands.consent import GivenConsent, ScopesWithdrawn
from kizashi_agent.show.recovery import show_code
from kizashi_agent.submit.riding import Looked
from kizashi_agent.submit.standing import Life, StandingConsent
from kizashi_agent.words import say

_BANDS = {
    Band.FEWER: "band_fewer",
    Band.ABOUT_AS_MANY: "band_about_as_many",
    Band.MORE: "band_more",
    None: "band_none",
}


def show_consents(
    console: Console, locale: Locale, given: list[tuple[StandingConsent, Life]]
) -> None:
    """Prints a line for each standing consent: what, to whom, until when."""
    if not given:
        console.print(Text(say(locale, "standing_none")))
    for consent, life in given:
        console.print(Text(_line(locale, consent, life)), soft_wrap=True)
    console.print(Text(say(locale, "standing_how"), style="dim"))


def show_given(console: Console, locale: Locale, given: GivenConsent) -> None:
    """Prints what was given, until when, and the recovery code the first time."""
    consent = given.consent
    console.print(Text(_line(locale, consent, Life.HOLDS)), soft_wrap=True)
    if given.code is not None:
        show_code(console, locale, given.code, consent.invite)


def show_riding(console: Console, locale: Locale, looked: Sequence[Looked]) -> None:
    """Prints, before a check, which standing consents go along with it, and which do not."""
    for each in looked:
        console.print(Text(_line(locale, each.consent, each.life), style="dim"), soft_wrap=True)


def show_added_riding(console: Console, locale: Locale, added: AddedForResearch | None) -> None:
    """Says, before a check, that what the person added for research goes along with it."""
    if added is not None:
        key = "answers_ride" if isinstance(added, ResearchAnswers) else "bdi_ii_rides"
        console.print(Text(say(locale, key), style="dim"))


def show_scopes_withdrawn(
    console: Console, locale: Locale, outcome: ScopesWithdrawn, *, only_given: bool
) -> None:
    """Prints what was taken back where, and what is still to be tried again.

    Args:
        console: where to.
        locale: the language spoken.
        outcome: of a withdrawal.
        only_given: only what was given on this laptop was asked for, or may have been.
    """
    if outcome.thrown_away:
        key = "thrown_away" if only_given else "thrown_away_with_scope"
        console.print(Text(say(locale, key, count=outcome.thrown_away)))
    if not (outcome.erased or outcome.failed or outcome.damaged):
        console.print(Text(say(locale, "standing_none" if only_given else "scope_nothing")))
    for each in outcome.erased:
        words = say(
            locale,
            "scope_erased",
            scope=say(locale, f"scope_{each.scope}"),
            address=each.invite.address,
            path=each.receipt,
        )
        console.print(Text(words), soft_wrap=True)
    for fault in outcome.damaged:
        console.print(Text(fault.person), soft_wrap=True)
    for scope, invite, error in outcome.failed:
        words = say(
            locale,
            "scope_not_erased",
            scope=say(locale, f"scope_{scope}"),
            address=invite.address,
            why=error.person,
        )
        console.print(Text(words), soft_wrap=True)


def show_scope_alone(console: Console, locale: Locale) -> None:
    """Prints what taking back one scope leaves, and what takes back everything."""
    console.print(Text(say(locale, "stays_beside_scope"), style="dim"), soft_wrap=True)


def show_trend(console: Console, locale: Locale, entries: tuple[TrendEntry, ...]) -> None:
    """Prints a line for each entry: the day and the band in words."""
    if not entries:
        console.print(Text(say(locale, "trend_empty")))
        return
    console.print(Text(say(locale, "trend_title"), style="bold"))
    for each in entries:
        day = date(1970, 1, 1) + timedelta(days=each.day)
        console.print(Text(f"{day.isoformat()}  {say(locale, _BANDS[each.band])}"))
    console.print(Text(say(locale, "trend_note"), style="dim"))


def _line(locale: Locale, consent: StandingConsent, life: Life) -> str:
    record = consent.record
    return say(
        locale,
        f"standing_{life.name.lower()}",
        scope=say(locale, f"scope_{record.scope}"),
        display_name=record.terms.display_name,
        date=_day(record.expire_time),
        name=record.scope,
    )


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d")
