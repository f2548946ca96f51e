"""A page's words by language, and the one answer that carries them.

The words are no secret and come without the token: a page that has lost it must still be able to
say so.
"""

import json
import tomllib
from collections.abc import Mapping
from importlib import resources

from kizashi_protocol import LOCALES, Locale
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WORDS_PATH = "/words.json"

Words = Mapping[Locale, Mapping[str, str]]
"""Each language's words by key, such as "welcome.title"."""


def words_of(package: str) -> Words:
    """What `words.toml` of a package says: a table for each language, and in it one a section."""
    file = resources.files(package).joinpath("words.toml")
    tables = tomllib.loads(file.read_text("utf-8"))
    return {locale: _by_key(tables[locale]) for locale in LOCALES}


def words_route(words: Words) -> Route:
    """Gives both languages' words, so that a change of language asks for nothing."""
    body = json.dumps(words, ensure_ascii=False)

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/json")

    return Route(WORDS_PATH, answer, methods=["GET"])


def _by_key(sections: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {
        f"{section}.{name}": sentence
        for section, sentences in sections.items()
        for name, sentence in sentences.items()
    }
