"""The terminal's own words, by language."""

import tomllib
from functools import cache
from importlib import resources

from kizashi_protocol import Locale


@cache
def _tables() -> dict[str, dict[str, str]]:
    data = resources.files("kizashi_agent.show").joinpath("words.toml").read_bytes()
    return tomllib.loads(data.decode())


def say(locale: Locale, key: str, **values: object) -> str:
    """The sentence of this key in this language, filled in; `KeyError` for an unknown key."""
    return _tables()[locale][key].format(**values)


def locale_of(environment_language: str) -> Locale:
    """The language for a POSIX locale name such as "ja_JP.UTF-8"; English where in doubt."""
    return "ja" if environment_language.lower().startswith("ja") else "en"
