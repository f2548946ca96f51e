"""Every word of the page, by language."""

from functools import cache

from kizashi_protocol import LOCALES, Locale

from kizashi_agent.live_guidance import Message
from kizashi_agent.loopback.words import Words, words_of
from kizashi_agent.words import say


@cache
def page_words() -> Words:
    """Each language's words by key, such as "welcome.title".

    What is said in front of the camera is what the terminal says, as "guidance." and the message.
    """
    own = words_of("kizashi_agent.page")
    return {locale: {**own[locale], **_guidance(locale)} for locale in LOCALES}


def _guidance(locale: Locale) -> dict[str, str]:
    return {f"guidance.{each}": say(locale, f"guidance_{each.lower()}") for each in Message}
