"""Sharing as it is typed: from a counsellor's key to the counsellor's screen, with a real server."""

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from kizashi_agent.words import say
from kizashi_protocol import Invite, ShareCode
from kizashi_protocol.consent import readable_fingerprint
from kizashi_protocol.recipient_request import RecipientRequest

from tests.agent.command_line import Done, kizashi, kizashi_at_a_terminal
from tests.server.conftest import command

pytestmark = pytest.mark.proof

NAME = "Example Counsellor"
WORDS = "seven quiet herons"
YES = ["y", "y", "y", "y", "y"]
"""Age, scoring, feedback; then sharing, and its own consent."""


@dataclass(frozen=True)
class Site:
    """A server with a counsellor.

    Attributes:
        folder: of root, state and the counsellor's own files.
        invite: leads to it.
    """

    folder: Path
    invite: Invite

    @property
    def key(self) -> Path:
        """The counsellor's key."""
        return self.folder / "counsellor" / "key"

    def open(self, code: str, key: Path | None = None, words: str = WORDS) -> Done:
        """What a counsellor's machine shows for a code."""
        home = self.folder / "desk"
        home.mkdir(exist_ok=True)
        secret = self.folder / "words.txt"
        secret.write_text(words)
        options = ("--key", str(key or self.key), "--passphrase-file", str(secret))
        return kizashi(home, "share", "open", *options, typed=f"{code}\n")

    def database(self) -> bytes:
        """Every byte of the databases and their logs."""
        files = sorted((self.folder / "state").glob("*.sqlite*"))
        return b"".join(each.read_bytes() for each in files)


def done(folder: Path, *words: str) -> str:
    """What a command that succeeds has printed."""
    ended = command(folder, *words)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def make_key(folder: Path, name: str = "key") -> Done:
    """A counsellor makes a key on a machine of their own."""
    home, secret = folder / "counsellor", folder / "words.txt"
    home.mkdir(exist_ok=True)
    secret.write_text(WORDS)
    words = ("share", "make-key", str(home / name), "--name", NAME)
    return kizashi(home, *words, "--passphrase-file", str(secret))


@contextmanager
def served(folder: Path) -> Iterator[Invite]:
    """Runs the server of a folder."""
    ready = folder / "ready.json"
    words = ("serve", "--config", "state/kizashi-server.toml", "--ready-file", str(ready))
    with (
        (folder / "log.txt").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "kizashi_server", *words], cwd=folder, stdout=log, stderr=log
        ) as process,
    ):
        try:
            while not ready.exists():
                assert process.poll() is None, (folder / "log.txt").read_text()
                time.sleep(0.05)
            yield Invite.parse(json.loads(ready.read_text())["invites"][0])
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A personal server whose root has certified a counsellor."""
    folder = tmp_path_factory.mktemp("site")
    words = ("init", "--state", "state", "--root-dir", "root", "--listen", "127.0.0.1:0")
    done(folder, *words, "--host", "127.0.0.1", "--owner", "Example Person", "--jurisdiction", "JP")
    made = make_key(folder)
    assert made.code == 0, made.output
    request = RecipientRequest.parse((folder / "counsellor" / "key.request").read_bytes())
    shown = readable_fingerprint(request.fingerprint)
    assert shown in made.output
    certified = done(
        folder,
        *("root-certify-recipient", "--root-dir", "root", "--role", "counsellor"),
        *("--request", "counsellor/key.request", "--programme", "self-check"),
        *("--days", "30", "--out", "counsellor.certificate"),
        *("--expect", shown, "--name", request.name),
    )
    assert shown in certified
    configuration = ("--config", "state/kizashi-server.toml")
    assert shown in done(folder, "recipients", "add", "counsellor.certificate", *configuration)
    assert shown in done(folder, "recipients", "list", *configuration)
    with served(folder) as invite:
        yield Site(folder, invite)


def checked(site: Site, clip: Path, home: Path, answers: list[str], language: str = "en") -> Done:
    """A check at a terminal, with these answers."""
    words = ("--language", language, "check", "--video", str(clip), "--join", str(site.invite))
    return kizashi_at_a_terminal(home, answers, *words)


def code_in(shown: str) -> str:
    """The share code that was shown, on a line of its own."""
    (code,) = re.findall(r"^(kizashi-share://\S+)\r?$", shown, re.MULTILINE)
    return str(code)


def refused(finished: Done, code: int, *words: str) -> None:
    """Asserts a one-line refusal."""
    assert finished.code == code, finished.output
    lines = [line for line in finished.output.splitlines() if line.startswith("kizashi: ")]
    assert len(lines) == 1, finished.output
    assert "Traceback" not in finished.output
    for word in words:
        assert word in lines[0], lines[0]


def flat(text: str) -> str:
    """Text without the line breaks and frames of a terminal."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


def test_from_check_to_the_counsellors_screen(site: Site, clip: Path, tmp_path: Path) -> None:
    """Asked after the feedback was shown, sealed, handed over, read once; then it is gone."""
    shared = checked(site, clip, tmp_path / "person", YES)
    assert shared.code == 0, shared.output
    shown = flat(shared.output)
    question = shown.index(say("en", "share_question"))
    assert shown.index(say("en", "help")) < question < shown.index(NAME, question)
    request = RecipientRequest.parse(site.key.with_name("key.request").read_bytes())
    assert readable_fingerprint(request.fingerprint) in shown
    code = code_in(shared.output)
    digest = hashlib.sha256(ShareCode.parse(code).redemption_secret).digest()
    assert digest in site.database()
    opened = site.open(code)
    assert opened.code == 0, opened.output
    read = flat(opened.output)
    assert flat(say("en", "share_fetched")) in read
    basis = re.search(r"Scorer \S+, compared with norms \S+\.", shown)
    assert basis is not None
    assert basis[0] in read
    assert "not a diagnosis" in read
    assert opened.left == (), "nothing of a client stays on the counsellor's machine"
    assert digest not in site.database()
    refused(site.open(code), 9, "Nothing is left under this code")


def test_a_no_shares_nothing(site: Site, clip: Path, tmp_path: Path) -> None:
    """The check is done all the same, and there is nothing to take back."""
    kept = checked(site, clip, tmp_path, ["y", "y", "y", "n"])
    assert kept.code == 0, kept.output
    assert "kizashi-share://" not in kept.output
    cancelled = kizashi(tmp_path, "share", "cancel")
    assert cancelled.code == 0
    assert say("en", "share_nothing_left") in cancelled.output


def test_a_share_that_waits_is_taken_back(site: Site, clip: Path, tmp_path: Path) -> None:
    """In Japanese; with a signed receipt that verifies; the check can still be withdrawn."""
    shared = checked(site, clip, tmp_path, YES, "ja")
    assert shared.code == 0, shared.output
    code = code_in(shared.output)
    cancelled = kizashi(tmp_path, "share", "cancel")
    assert cancelled.code == 0, cancelled.output
    assert say("en", "share_past_recall") in " ".join(cancelled.output.split())
    (receipt,) = [each for each in cancelled.left if each.endswith("-share.json") and "era" in each]
    verified = kizashi(tmp_path, "verify", str(tmp_path / receipt))
    assert verified.code == 0, verified.output
    assert "waited for a counsellor" in flat(verified.output)
    refused(site.open(code), 9, "Nothing is left under this code")
    withdrawn = kizashi(tmp_path, "withdraw", "--all")
    assert withdrawn.code == 0, withdrawn.output
    assert "Erased at" in withdrawn.output


def test_a_script_is_never_asked(site: Site, clip: Path, tmp_path: Path) -> None:
    """With consent on the command line nothing is shared, though somebody is at the terminal."""
    agreed = ("--consent", "score,feedback", "--adult")
    words = ("check", "--video", str(clip), "--join", str(site.invite), *agreed)
    finished = kizashi_at_a_terminal(tmp_path, [], *words)
    assert finished.code == 0, finished.output
    assert say("en", "share_question") not in flat(finished.output)


def test_a_counsellors_wrong_input_is_told_and_uses_nothing_up(
    site: Site, clip: Path, tmp_path: Path
) -> None:
    """A wrong passphrase, file, code, root or programme; the share still opens afterwards."""
    shared = checked(site, clip, tmp_path, YES)
    code = code_in(shared.output)
    parsed = ShareCode.parse(code)
    refused(site.open(code, words="another passphrase"), 3, "passphrase")
    refused(site.open(code, key=site.folder / "words.txt"), 3, "make-key")
    refused(site.open(code, key=site.folder / "none"), 3, "none")
    refused(site.open(code[:-1]), 2, "share code")
    wrong_root = ShareCode(
        Invite(parsed.invite.host, parsed.invite.port, parsed.invite.programme_id, bytes(32)),
        parsed.secret,
    )
    refused(site.open(wrong_root.written()), 8, "invite")
    refused(site.open(ShareCode(parsed.invite, bytes(32)).written()), 9, "Nothing is left")
    assert site.open(code).code == 0


def test_a_key_is_not_overwritten(site: Site) -> None:
    """Whoever makes one again is told that it is there."""
    refused(make_key(site.folder), 3, "is there already")


def test_a_name_that_cannot_be_shown_is_told(site: Site) -> None:
    """In a sentence."""
    secret = site.folder / "words.txt"
    secret.write_text(WORDS)
    words = ("share", "make-key", str(site.folder / "other"), "--name", " x ")
    finished = kizashi(site.folder / "counsellor", *words, "--passphrase-file", str(secret))
    refused(finished, 3, "1 to 80 characters")
    assert not (site.folder / "other").exists()
