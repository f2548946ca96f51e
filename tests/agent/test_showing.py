"""The feedback on a terminal: what a person must be able to read, however narrow it is."""

import io
import re

import pytest
from kizashi_agent.show.showing import show_feedback
from kizashi_models.feedback.texts import texts_of
from kizashi_protocol import Locale
from rich.console import Console

from tests.protocol.values import feedback

FRAME = re.compile(r"[\s╭╮─│╰╯]")


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("width", [30, 40, 60, *range(72, 93), 120])
def test_no_width_cuts_the_headline(locale: Locale, width: int) -> None:
    """Each band's headline is whole: its last words say that it is no diagnosis."""
    for headline in texts_of(locale).headline.values():
        console = Console(file=io.StringIO(), width=width, highlight=False)
        with console.capture() as shown:
            show_feedback(console, feedback(headline))
        assert FRAME.sub("", headline) in FRAME.sub("", shown.get())
