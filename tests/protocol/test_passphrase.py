"""One rule for every passphrase: one form, long enough, and the key that scrypt makes of it."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol.passphrase import Passphrase

WORDS = "un secret caf\u00e9 \u5fc3\u306e\u6c17\u914d"


@pytest.mark.parametrize(
    "typed",
    [
        unicodedata.normalize("NFD", WORDS),
        WORDS.replace(" ", "\u3000"),
        WORDS.replace(" ", "\u00a0"),
    ],
    ids=["accents apart", "full-width spaces", "spaces that do not break"],
)
def test_another_keyboard_gives_the_same_passphrase(typed: str) -> None:
    """Whatever form and space it types, the key is one."""
    assert typed != WORDS
    assert Passphrase.typed(typed) == Passphrase.typed(WORDS)


def test_letters_and_widths_stay_apart() -> None:
    """RFC 8265, 4.2.2: no mapping of case or width, which would only make guessing cheaper."""
    assert Passphrase.typed(WORDS) != Passphrase.typed(WORDS.upper())
    assert Passphrase.typed("\uff41" * 15) != Passphrase.typed("a" * 15)


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("e\u0301" * 14, False),
        ("\u5fc3" * 14, False),
        ("e\u0301" * 15, True),
        ("\u5fc3" * 15, True),
    ],
)
def test_length_counts_characters_as_a_person_sees_them(text: str, *, enough: bool) -> None:
    """Neither bytes nor the parts of an accent make one longer."""
    assert Passphrase.typed(text).is_long_enough is enough


@given(st.text())
def test_preparing_twice_changes_nothing(text: str) -> None:
    """RFC 8265, section 4.2.2, asks for as much."""
    once = Passphrase.typed(text)
    assert Passphrase.typed(once.prepared) == once


def test_the_key_is_that_of_the_standard_librarys_scrypt() -> None:
    """With the parameters that the files of both sides name."""
    salt = bytes(range(16))
    expected = hashlib.scrypt(WORDS.encode(), salt=salt, n=2**17, r=8, p=1, maxmem=2**28, dklen=32)
    assert Passphrase.typed(WORDS).key(salt) == expected


def test_it_is_not_shown() -> None:
    """In no text of it."""
    for text in (repr(Passphrase.typed(WORDS)), str([Passphrase.typed(WORDS)])):
        assert "secret" not in text
