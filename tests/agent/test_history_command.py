"""`kizashi history` as it is typed: off until it is turned on, and erased by the person alone."""

from pathlib import Path

import pytest
from kizashi_agent.commands.demo import demo_server
from kizashi_agent.demo import demo_clip
from kizashi_agent.words import say
from kizashi_protocol import LOCALES, Locale

from tests.agent.command_line import AGREED, kizashi

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("locale", LOCALES)
def test_it_is_off_and_empty_at_first(tmp_path: Path, locale: Locale) -> None:
    """Looking leaves nothing on the laptop."""
    done = kizashi(tmp_path, "--language", locale, "history")
    assert done.code == 0
    assert say(locale, "history_off") in done.output
    assert say(locale, "history_empty") in done.output
    assert not [each for each in done.left if each.startswith("state")]


def test_checks_are_kept_once_it_is_on(tmp_path: Path) -> None:
    """At a server and on the laptop; withdrawing leaves them, and clearing leaves nothing."""
    kizashi(tmp_path, "history", "on")
    with demo_server() as server, demo_clip() as clip:
        join = ("check", "--video", str(clip), *AGREED, "--join", str(server.invite))
        assert "Kept in your history" in kizashi(tmp_path, *join).output
        here = kizashi(tmp_path, "check", "--video", str(clip), *AGREED, "--local")
        assert "Kept in your history" in here.output
        assert "Kept in your history" not in kizashi(tmp_path, *join, "--no-account").output
        withdrawn = kizashi(tmp_path, "withdraw", "--all", "--ledger")
    assert "Your own history and answers are still on this laptop" in withdrawn.output
    listed = kizashi(tmp_path, "history")
    assert listed.output.count("movements than") + listed.output.count("as many of these") >= 2
    assert "3 more checks are needed" in listed.output
    assert kizashi(tmp_path, "history", "clear").code == 5
    cleared = kizashi(tmp_path, "history", "clear", "--yes")
    assert "Erased: 2 checks, 0 questionnaires." in cleared.output
    assert not [each for each in cleared.left if "history/" in each or each == "state/seed"]


def test_turned_off_it_keeps_what_is_there(tmp_path: Path) -> None:
    """And says how to erase it."""
    kizashi(tmp_path, "history", "on")
    done = kizashi(tmp_path, "history", "off")
    assert "stays until you erase it: kizashi history clear" in done.output
    assert "state/history-on" not in done.left
