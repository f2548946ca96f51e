"""Every word of the page, by language, and the one answer that carries them.

The words are no secret and come without the token: a page that has lost it must still be able to
say so.
"""

import json
import tomllib
from functools import cache
from importlib import resources

from kizashi_protocol import LOCALES, Locale
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kizashi_agent.live_guidance import Message
from kizashi_agent.words import say

WORDS_PATH = "/words.json"


@cache
def page_words() -> dict[Locale, dict[str, str]]:
    """Each language's words by key, such as "welcome.title".

    What is said in front of the camera is what the terminal says, as "guidance." and the message.
    """
    file = resources.files("kizashi_agent.page").joinpath("words.toml")
    tables = tomllib.loads(file.read_text("utf-8"))
    return {locale: _by_key(tables[locale]) | _guidance(locale) for locale in LOCALES}


async def _words(_: Request) -> Response:
    return Response(json.dumps(page_words(), ensure_ascii=False), media_type="application/json")


WORDS_ROUTE = Route(WORDS_PATH, _words, methods=["GET"])
"""Gives both languages' words, so that a change of language asks for nothing."""


def _by_key(sections: dict[str, dict[str, str]]) -> dict[str, str]:
    return {
        f"{section}.{name}": sentence
        for section, sentences in sections.items()
        for name, sentence in sentences.items()
    }


def _guidance(locale: Locale) -> dict[str, str]:
    return {f"guidance.{each}": say(locale, f"guidance_{each.lower()}") for each in Message}
