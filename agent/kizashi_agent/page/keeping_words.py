"""Words about what the laptop keeps, by language."""

import tomllib
from functools import cache
from importlib.resources import files

from kizashi_protocol import Locale


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("kizashi_agent.page") / "keeping.toml").read_text("utf-8"))


def page_say(locale: Locale, key: str, **values: object) -> str:
    """The sentence of this key in this language, filled in; `KeyError` for an unknown key."""
    return _tables()[locale][key].format(**values)
