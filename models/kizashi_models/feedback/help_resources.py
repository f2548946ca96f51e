"""Where help is, by language, from help.toml."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kizashi_protocol.consent import LOCALES, Locale
from kizashi_protocol.reply import HelpResource

from kizashi_models.feedback.texts import HelpTexts, texts_of

_NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class HelpEntry:
    """One entry of help.toml.

    Attributes:
        name: who it is.
        description: what they offer, in a sentence.
        checked: the day on which the entry was compared with the page, or "not checked".
        hours: opening hours, or empty.
        phone: empty unless checked: a wrong number is worse than none.
        page: name of the official page, or empty where there is no one page.
    """

    name: str
    description: str
    checked: dt.date | str
    hours: str = ""
    phone: str = ""
    page: str = ""

    def __post_init__(self) -> None:
        if type(self.checked) is not dt.date and self.checked != _NOT_CHECKED:
            raise ValueError(f"{self.name}: checked is neither a date nor {_NOT_CHECKED!r}")
        if self.phone and (not self.page or self.checked == _NOT_CHECKED):
            raise ValueError(f"{self.name}: a phone number that was not checked")

    def resource(self, texts: HelpTexts) -> HelpResource:
        """The entry as shown to a person; the page's name stands where an address would."""
        template = texts.page_not_checked if self.checked == _NOT_CHECKED else texts.page_checked
        where = template.format(page=self.page, date=self.checked) if self.page else ""
        return HelpResource(self.name, self.description, self.hours, self.phone, where)


@cache
def help_resources(locale: Locale) -> tuple[HelpResource, ...]:
    """The packaged resources of a language, read once."""
    document = (files("kizashi_models.feedback") / "help.toml").read_text("utf-8")
    return tuple(entry.resource(texts_of(locale).help) for entry in parse_help(document)[locale])


def parse_help(document: str) -> dict[str, tuple[HelpEntry, ...]]:
    """Entries by locale from TOML.

    Raises:
        ValueError: not TOML, undated, a locale missing or unknown or without entries, or an entry
            that gives a phone number nobody checked.
        TypeError: an entry has a key missing or unknown.
    """
    table = tomllib.loads(document)
    if type(table.pop("written", None)) is not dt.date:
        raise ValueError("help resources have no date")
    if set(table) != set(LOCALES) or not all(table.values()):
        raise ValueError(f"help resources are not for {LOCALES}")
    return {
        locale: tuple(HelpEntry(**entry) for entry in entries) for locale, entries in table.items()
    }
