"""Refusals that travel sealed: a reason for the program, a sentence for the person."""

import tomllib
from functools import cache
from importlib import resources

from kizashi_protocol.consent import Locale
from kizashi_protocol.reply import Refusal, Reply


@cache
def _texts() -> dict[str, dict[str, str]]:
    data = resources.files("kizashi_server").joinpath("refusal_texts.toml").read_bytes()
    return tomllib.loads(data.decode())


def reasons() -> frozenset[str]:
    """Every reason there are words for."""
    return frozenset(_texts())


def refusal(reason: str, locale: Locale) -> Reply:
    """The reply that refuses; `reason` is one of `reasons`."""
    return Reply(Refusal(reason, _texts()[reason][locale]))
