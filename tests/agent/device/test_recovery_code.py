"""The recovery code: written down, typed again, and never taken for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.device.recovery_code import RecoveryCodeMistyped, parse_code, written_code

CODES = st.binary(min_size=20, max_size=20)
CODE = bytes(range(20))


@given(CODES)
def test_a_code_comes_back(code: bytes) -> None:
    """As it was printed, in small letters, and with spaces for dashes."""
    written = written_code(code)
    assert len(written.split("-")) == 9
    for typed in (written, written.lower(), written.replace("-", "  "), f" {written}\n"):
        assert parse_code(typed) == code


@given(CODES, st.data())
def test_a_slip_of_the_pen_is_found(code: bytes, data: st.DataObject) -> None:
    """One letter for another anywhere is no code, or the same one."""
    letters = written_code(code).replace("-", "")
    where = data.draw(st.integers(0, len(letters) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
    changed = letters[:where] + other + letters[where + 1 :]
    if other == letters[where]:
        assert parse_code(changed) == code
    else:
        with pytest.raises(RecoveryCodeMistyped):
            parse_code(changed)


@pytest.mark.parametrize("text", ["", "A" * 35, "A" * 37, "8" * 36, "字" * 36, "ß" * 36])
def test_other_text_is_no_code(text: str) -> None:
    """Another length, or letters that base 32 has not."""
    with pytest.raises(RecoveryCodeMistyped):
        parse_code(text)


def test_nought_and_one_are_read_as_the_letters_they_look_like() -> None:
    """Base 32 has neither, so nobody can have meant them."""
    code = b"\x73\x9d" + bytes(18)
    written = written_code(code)
    assert parse_code(written.replace("O", "0").replace("I", "1")) == code


def test_an_error_does_not_hold_the_code() -> None:
    """What was typed may be a code but for one letter."""
    with pytest.raises(RecoveryCodeMistyped) as caught:
        parse_code(written_code(CODE)[:-1] + "A" * 1)
    assert written_code(CODE)[:4] not in caught.value.person + caught.value.log
