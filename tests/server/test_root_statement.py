"""The root signs what was shown to a person who said yes, or what has the digits a script expects."""

import time
from pathlib import Path

import pytest
from kizashi_protocol.consent import readable_fingerprint
from kizashi_protocol.keys import expand
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_server.directory.request import KeyRequest

from tests.server.conftest import command
from tests.server.operator import made_server, one_line, run

SOMEBODY = RecipientRequest("Example Counsellor", expand(b"h" * 32)[1])


class Asked:
    """A request that lies before the root, whoever made it."""

    def __init__(
        self, folder: Path, words: tuple[str, ...], digits: str, party: str, *name: str
    ) -> None:
        self.certificate = folder / "certificate"
        self.words = (
            *words,
            *("--root-dir", str(folder / "root"), "--out", str(self.certificate), "--days", "30"),
        )
        self.digits = digits
        self.name = name
        self.party = party


def server_key(folder: Path) -> Asked:
    """A server's directory key."""
    run("keys", "request", "--config", made_server(folder))
    request = folder / "state" / "directory.request"
    wanted = KeyRequest.read(request)
    words = ("root-certify", "--request", str(request))
    return Asked(folder, words, wanted.key_id.hex(), wanted.root_fingerprint.hex())


def recipient_key(folder: Path) -> Asked:
    """A counsellor's."""
    made_server(folder)
    (folder / "request").write_bytes(SOMEBODY.written())
    words = (
        *("root-certify-recipient", "--request", str(folder / "request")),
        *("--role", "counsellor", "--programme", "self-check"),
    )
    party = "Example Counsellor, counsellor of programme self-check"
    digits = readable_fingerprint(SOMEBODY.fingerprint)
    return Asked(folder, words, digits, party, "--name", SOMEBODY.name)


@pytest.fixture(params=[server_key, recipient_key])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Asked:
    """Each kind of request."""
    made: Asked = request.param(tmp_path)
    return made


def test_what_is_signed_is_shown_before_the_question(asked: Asked) -> None:
    """Whom it is about, the digits, from when until when, and what the signature is labelled."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    shown = run(*asked.words, typed="n\n", code=1).stdout.partition("may the root sign?")[0]
    for words in (asked.party, asked.digits, f"from    {today}", "(30 days)", "kizashi/v1 "):
        assert words in shown
    assert "not signed yet" in shown


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_nothing_is_signed_without_a_yes(asked: Asked, typed: str) -> None:
    """A no, a bare Return and a terminal that was closed each leave no certificate."""
    done = run(*asked.words, typed=typed, code=1)
    assert one_line(done) == "kizashi-server: Nothing was signed. [DECLINED]"
    assert not asked.certificate.exists()


def test_a_yes_signs(asked: Asked) -> None:
    """And says where the certificate is, and what comes next."""
    assert f"Signed: {asked.certificate}" in run(*asked.words, typed="y\n").stdout
    assert asked.certificate.exists()


def test_a_script_signs_the_digits_it_expects(asked: Asked) -> None:
    """Without a terminal; spaces and case make no difference."""
    run(*asked.words, *asked.name, "--expect", f" {asked.digits.upper()} ")
    assert asked.certificate.exists()


@pytest.mark.parametrize("other", ["", "0" * 32, "all but the last"])
def test_other_digits_than_expected_are_not_signed(asked: Asked, other: str) -> None:
    """Not a part of them either, nor at a terminal where somebody would say yes."""
    other = asked.digits[:-1] if other == "all but the last" else other
    refused = run(*asked.words, *asked.name, "--expect", other, typed="y\n", code=4)
    assert "The digits are others" in refused.stderr
    assert not asked.certificate.exists()


def test_without_a_terminal_nothing_is_signed(asked: Asked, tmp_path: Path) -> None:
    """As a process of its own: one sentence that names what to give, and exit code 2."""
    done = command(tmp_path, *asked.words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--expect DIGITS" in done.stderr
    assert "nothing was done" in done.stderr
    assert not asked.certificate.exists()
