"""A recipient is certified under the name that whoever keeps the root compared, and no other."""

from pathlib import Path

import pytest
from kizashi_protocol.consent import readable_fingerprint
from kizashi_protocol.keys import expand
from kizashi_protocol.recipient_request import RecipientRequest

from tests.server.operator import made_server, run

THEIRS = RecipientRequest("Example Counsellor", expand(b"h" * 32)[1])
CARRIED = RecipientRequest("Example Director", THEIRS.public)
"""The same key under another name: what somebody on the way can make of a request."""


@pytest.fixture
def words(tmp_path: Path) -> tuple[str | Path, ...]:
    """What is typed where the root is, a carried request before it."""
    made_server(tmp_path)
    request = tmp_path / "request"
    request.write_bytes(CARRIED.written())
    return (
        *("root-certify-recipient", "--root-dir", tmp_path / "root", "--request", request),
        *("--role", "counsellor", "--programme", "self-check"),
        *("--out", tmp_path / "certificate"),
    )


EXPECTED = ("--expect", readable_fingerprint(THEIRS.fingerprint))


def test_another_name_than_expected_is_not_signed(
    words: tuple[str | Path, ...], tmp_path: Path
) -> None:
    """Though the digits are right, and at a terminal where somebody would say yes."""
    for more in (EXPECTED, ()):
        refused = run(*words, *more, "--name", THEIRS.name, typed="y\n", code=4)
        assert CARRIED.name in refused.stderr
        assert "nothing was signed" in refused.stderr
    assert not (tmp_path / "certificate").exists()


def test_digits_without_a_name_sign_nothing(words: tuple[str | Path, ...], tmp_path: Path) -> None:
    """A script says what is missing."""
    assert "--name NAME" in run(*words, *EXPECTED, code=4).stderr
    assert not (tmp_path / "certificate").exists()


def test_the_expected_name_is_signed(words: tuple[str | Path, ...], tmp_path: Path) -> None:
    """Without a terminal; it is the name the certificate has."""
    assert f"\n{CARRIED.name}, counsellor" in run(*words, *EXPECTED, "--name", CARRIED.name).stdout
    assert (tmp_path / "certificate").exists()


def test_the_question_names_them(words: tuple[str | Path, ...]) -> None:
    """Whoever says yes says it to a name as well as to digits."""
    asked = run(*words, typed="n\n", code=1).stdout
    assert f"Is this key {CARRIED.name}'s" in asked
