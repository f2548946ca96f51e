"""The page's words: both languages say the same, and the screens use exactly these."""

import asyncio
import json
import re
import string
from importlib import resources
from pathlib import Path

import pytest
from kizashi_agent.live_guidance import Message
from kizashi_agent.loopback.words import WORDS_PATH, words_route
from kizashi_agent.page.words import page_words
from kizashi_agent.quality import Caution, Reason
from kizashi_protocol import LOCALES, NAMING_A_RECIPIENT, Locale, Scope, consent_text
from starlette.requests import Request

from tests.protocol.values import RECIPIENT, TERMS

SCRIPTS = "\n".join(
    each.read_text("utf-8")
    for package in ("kizashi_agent.page", "kizashi_agent.loopback")
    for each in sorted(Path(str(resources.files(package) / "static")).rglob("*.js"))
)

QUOTED = re.compile(r"""["`]([a-z_]+\.(?:\w+))["`]""")
BEGUN = re.compile(r"`([a-z_]+\.)\$\{")


def placeholders(sentence: str) -> set[str]:
    """The names in braces of a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def used() -> set[str]:
    """Every key that a script names whole, and every one that begins as one it puts together."""
    keys = page_words()["en"].keys()
    begun = tuple(BEGUN.findall(SCRIPTS))
    return {key for key in keys if key.startswith(begun)} | {
        name for name in QUOTED.findall(SCRIPTS) if name.split(".")[0] in sections()
    }


def sections() -> set[str]:
    """What stands before the point."""
    return {key.split(".")[0] for key in page_words()["en"]}


def test_both_languages_have_the_same_words() -> None:
    """No screen is half in another language."""
    assert page_words()["en"].keys() == page_words()["ja"].keys()


def test_placeholders_are_the_same_in_both_languages() -> None:
    """What is filled into a sentence is filled into its counterpart."""
    english, japanese = page_words()["en"], page_words()["ja"]
    differing = {
        key for key in english if placeholders(english[key]) != placeholders(japanese[key])
    }
    assert differing == set()


def test_every_word_that_a_script_uses_exists() -> None:
    """No screen fails for want of a word."""
    assert used() - page_words()["en"].keys() == set()


def test_no_word_is_left_over() -> None:
    """What no script uses would be translated for nobody."""
    assert page_words()["en"].keys() - used() == set()


def test_every_verdict_and_guidance_has_words() -> None:
    """Whatever the gate says is said in the person's language."""
    keys = {f"gate.{each}" for each in (*Reason, *Caution)}
    keys |= {f"guidance.{each}" for each in Message}
    assert keys <= page_words()["ja"].keys()


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_are_plain(locale: Locale) -> None:
    """No sentence is empty, and none carries markup or stray white space."""
    for key, sentence in page_words()[locale].items():
        assert sentence.strip() == sentence, key
        assert sentence, key
        assert not re.search(r"[<>]|  ", sentence), key


@pytest.mark.parametrize(
    ("locale", "never"),
    [
        ("en", r"\bdepress|\bdisorder|\bpatient|\bsymptom|\bemotion"),
        ("ja", "うつ|抑うつ|患者|症状|感情"),
    ],
)
def test_no_word_diagnoses(locale: Locale, never: str) -> None:
    """The page's own words name no illness and speak of no emotion."""
    found = {
        key for key, said in page_words()[locale].items() if re.search(never, said, re.IGNORECASE)
    }
    assert found == set()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scope", Scope)
def test_consents_name_places_that_the_menu_has(locale: Locale, scope: Scope) -> None:
    """Who reads on the page how to take a consent back finds it there by that name."""
    recipient = RECIPIENT if scope in NAMING_A_RECIPIENT else None
    text = consent_text(scope, locale, TERMS, recipient).text
    say = page_words()[locale]
    named = re.findall('"([^"]+)" in the menu|メニューの「([^」]+)」', text)
    places = ["menu.standing"] * (scope is Scope.TREND) + ["menu.withdrawal"]
    assert [english or japanese for english, japanese in named] == [say[each] for each in places]


def test_the_words_come_without_a_token() -> None:
    """A page that lost its token can still say so."""
    route = words_route(page_words())
    answer = asyncio.run(route.endpoint(Request({"type": "http"})))
    assert route.path == WORDS_PATH
    assert json.loads(answer.body) == page_words()
