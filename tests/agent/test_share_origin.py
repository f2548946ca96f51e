"""A counsellor sees whose code it is before the tool goes where it leads."""

import os
from pathlib import Path

import pytest
from kizashi_agent.counsellor_key import make_key_file

from tests.agent.command_line import kizashi, kizashi_at_a_terminal

WORDS = "seven quiet herons"
ROOT, SECRET = "ab" * 32, "cd" * 32
ADDRESS = "localhost:1"
"""Where nobody answers."""
CODE = f"kizashi-share://{ADDRESS}/night-line#root={ROOT}&secret={SECRET}"


@pytest.fixture
def options(tmp_path: Path) -> tuple[str, ...]:
    """A counsellor's key and its passphrase, as options."""
    key, words = tmp_path / "key", tmp_path / "words"
    key.write_bytes(make_key_file("Example Counsellor", WORDS, os.urandom)[1])
    words.write_text(WORDS)
    return ("--key", str(key), "--passphrase-file", str(words))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_where_a_code_leads_is_shown_before_anybody_is_called(
    tmp_path: Path, options: tuple[str, ...], language: str
) -> None:
    """Programme, address and the whole root; the secret of the code never."""
    words = ("--language", language, "share", "open", *options)
    done = kizashi(tmp_path / "home", *words, typed=f"{CODE}\n")
    shown, _, fault = done.output.partition("kizashi: ")
    assert fault, "nobody answers there"
    assert all(each in shown for each in ("night-line", ADDRESS, ROOT)), done.output
    assert SECRET not in done.output


def test_it_is_shown_before_the_passphrase_is_asked(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """So that a counsellor who knows another root stops there."""
    # Both questions end in this, and nothing that is shown between them holds it.
    done = kizashi_at_a_terminal(
        tmp_path / "home",
        [CODE, "another passphrase"],
        *("share", "open", *options[:2]),
        question=b": ",
    )
    assert done.code == 3, done.output
    assert 0 < done.output.index(ROOT) < done.output.index("Passphrase")
