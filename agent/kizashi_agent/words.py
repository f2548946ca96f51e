"""Words for a person, by language; the terminal's own are `say`'s."""

import tomllib
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources

from kizashi_protocol import Locale


class Words:
    """A package's file of sentences, read once: a TOML table for each language, by key."""

    def __init__(self, package: str, file: str) -> None:
        self._file = resources.files(package) / file

    @cached_property
    def tables(self) -> dict[str, dict[str, str]]:
        """Sentences by language and key."""
        return tomllib.loads(self._file.read_text("utf-8"))

    def say(self, locale: Locale, key: str, **values: object) -> str:
        """The sentence of this key in this language, filled in; `KeyError` for an unknown key."""
        return self.tables[locale][key].format(**values)


say = Words("kizashi_agent", "words.toml").say


def minute(seconds: int) -> str:
    """A moment, given in seconds since the epoch, as the laptop's clock shows it."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def locale_of(environment_language: str) -> Locale:
    """The language for a POSIX locale name such as "ja_JP.UTF-8"; English where in doubt."""
    return "ja" if environment_language.lower().startswith("ja") else "en"
