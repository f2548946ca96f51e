"""`kizashi verify` and `kizashi-witness` as they are typed, against vectors and a real server."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.commands.demo import DemoServer
from kizashi_agent.commands.verify import Witnessed, verify_receipt
from kizashi_agent.demo import demo_clip
from kizashi_agent.errors import InputError, TrustBroken
from kizashi_agent.submit.published_log import PublishedLog
from kizashi_agent.witness.coverage import Coverage
from kizashi_agent.words import say
from kizashi_protocol import (
    LOCALES,
    Locale,
    LogHead,
    SigningKey,
    WitnessedHead,
    cosign,
    fingerprint,
    read_witnessed_head,
)
from kizashi_server.log.receipt_log import ReceiptLog

from tests.agent.command_line import Done, environment, kizashi
from tests.agent.submit.laptop import connected_laptop
from tests.protocol.logs import CONSENT, ERASURE, SEEN_SIZE, SIZE, Log, bundle, log_with
from tests.protocol.values import NOW, ROOT
from tests.server.memory_log import MemoryLogStore
from tests.vectors.make_receipt_bundles import FILE, HOLDS

pytestmark = pytest.mark.proof

PIN = fingerprint(ROOT.public)
WITNESS = SigningKey.from_seed(b"w" * 32)
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))["vectors"]
ONE_OF_EACH = {each["expect"]: each for each in VECTORS}


def verified(folder: Path, content: str, *words: str, root: str = PIN.hex()) -> Done:
    """Verifies a receipt file against a root."""
    path = folder / "receipt.json"
    path.write_text(content, "utf-8")
    return kizashi(folder, "verify", str(path), "--root", root, *words)


def test_a_consent_is_told_in_words(tmp_path: Path) -> None:
    """Scope, programme, operator, times, place in the log, and what it does not show."""
    done = verified(tmp_path, bundle(CONSENT).to_text())
    text = " ".join(done.output.split())
    assert done.code == 0, text
    for word in ("scoring", "Spring check", "Example Scoring Trust", "Example University", "2030"):
        assert word in text
    assert f"entry {SIZE - 1} of a log of {SIZE} entries" in text
    assert say("en", "witness_none") in text
    assert done.left == ("receipt.json",), "nothing is written by looking"


def test_an_erasure_is_told_in_japanese(tmp_path: Path) -> None:
    """What was erased, when, by whom, and for how long backups may last."""
    path = tmp_path / "receipt.json"
    path.write_text(bundle(ERASURE).to_text(), "utf-8")
    done = kizashi(tmp_path, "--language", "ja", "verify", str(path), "--root", PIN.hex())
    text = "".join(done.output.split())
    assert done.code == 0, text
    for word in ("消去しました", "30日", "ExampleScoringTrust", "Springcheck"):
        assert word in text


def test_a_script_gets_the_same(tmp_path: Path) -> None:
    """As one JSON object."""
    told = json.loads(verified(tmp_path, bundle(ERASURE).to_text(), "--json").output)
    assert told["holds"]
    assert told["receipt"]["kind"] == "erasure"
    assert told["receipt"]["backup_days"] == 30
    assert (told["log"]["leaf_index"], told["log"]["size"]) == (SIZE - 1, SIZE)
    assert told["witness"] is None
    told = json.loads(verified(tmp_path, bundle(CONSENT).to_text(), "--json").output)
    assert (told["receipt"]["kind"], told["receipt"]["scope"]) == ("consent", "score")


@pytest.mark.parametrize("reason", sorted(set(ONE_OF_EACH) - {HOLDS}))
@pytest.mark.parametrize("locale", LOCALES)
def test_what_does_not_hold_is_named(tmp_path: Path, reason: str, locale: Locale) -> None:
    """The very reason, in the person's language."""
    vector = ONE_OF_EACH[reason]
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(vector["bundle"]))
    with pytest.raises(TrustBroken) as caught:
        verify_receipt(path, bytes.fromhex(vector["root"]), None, locale)
    assert caught.value.reason == reason
    assert caught.value.person == say(locale, f"fault_{reason.lower()}")


def test_a_fault_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    """As text, and as JSON."""
    vector = ONE_OF_EACH["LOG_UNPROVEN"]
    done = verified(tmp_path, json.dumps(vector["bundle"]))
    assert (done.code, done.output) == (
        8,
        f"kizashi: {say('en', 'fault_log_unproven')} [LOG_UNPROVEN]\n",
    )
    error = json.loads(verified(tmp_path, bundle().to_text(), "--json", root="00" * 32).output)
    assert error["error"]["reason"] == "DIRECTORY_WRONG_ROOT"


def test_every_fault_has_words_in_both_languages() -> None:
    """Of the vectors' reasons, and of a witness's."""
    reasons = {*ONE_OF_EACH, "LOG_FORKED", "WITNESS_INVALID", "WITNESS_OTHER_ROOT"} - {HOLDS}
    for reason in reasons:
        assert say("en", f"fault_{reason.lower()}") != say("ja", f"fault_{reason.lower()}")


@pytest.mark.parametrize("content", ["", "{}", "\x1b[2J", "[" * 100_000])
def test_another_file_is_no_receipt(tmp_path: Path, content: str) -> None:
    """Exit code 3, and nothing of it is printed."""
    path = tmp_path / "receipt.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        verify_receipt(path, PIN, None, "en")
    assert caught.value.person == say("en", "fault_receipt_malformed")


def test_a_missing_file_and_a_missing_pin_are_told(tmp_path: Path) -> None:
    """Nobody's word is taken for the root."""
    done = kizashi(tmp_path, "verify", str(tmp_path / "none.json"), "--root", PIN.hex())
    assert (done.code, "cannot be read" in done.output) == (3, True)
    path = tmp_path / "receipt.json"
    path.write_text(bundle().to_text())
    assert kizashi(tmp_path, "verify", str(path)).code == 8
    assert kizashi(tmp_path, "verify", str(path), "--root", "abc").code == 2
    assert kizashi(tmp_path, "verify", str(path), "--witness-key", "00" * 32).code == 2


LOG = log_with([CONSENT])
LATER = Log([*LOG.leaves, *(bytes([200 + number]) * 32 for number in range(9))])
EARLIER = Log(LOG.leaves[:-2])
OTHER = LogHead(SIZE, bytes(32), NOW)
STANDINGS: dict[str, tuple[LogHead, bytes, str | None, str | None]] = {
    "the same head": (LOG.head(), PIN, "covered", None),
    "the published head before": (LOG.head(SEEN_SIZE), PIN, "continues", None),
    "a head of another size": (LOG.head(SIZE - 1), PIN, "unknown", None),
    "another log": (OTHER, PIN, None, "LOG_FORKED"),
    "another log before": (LogHead(SEEN_SIZE, bytes(32), NOW), PIN, None, "LOG_FORKED"),
    "another server": (LOG.head(), bytes(32), None, "WITNESS_OTHER_ROOT"),
}


def set_against(folder: Path, head: LogHead, root: bytes = PIN, **asked: Any) -> Coverage | None:
    """How the receipt stands against a head that a witness signed."""
    path = folder / "receipt.json"
    path.write_text(bundle().to_text())
    token = cosign(WitnessedHead(root, head, "token", NOW), WITNESS)
    witnessed = Witnessed(token, WITNESS.public)
    return verify_receipt(path, PIN, witnessed, "en", asked.get("connect")).coverage


@pytest.mark.parametrize("name", STANDINGS)
def test_a_witnessed_head_shows_what_it_can(tmp_path: Path, name: str) -> None:
    """Covered, continued, not to be told offline, or a fork that is said loudly."""
    head, root, shown, reason = STANDINGS[name]
    if shown is not None:
        assert set_against(tmp_path, head, root) == shown
        return
    with pytest.raises(TrustBroken) as caught:
        set_against(tmp_path, head, root)
    assert caught.value.reason == reason


ONLINE: dict[str, tuple[Log, LogHead, str | None]] = {
    "a later head of the same log": (LATER, LATER.head(SIZE + 3), "covered"),
    "an earlier head of the same log": (LATER, LATER.head(SEEN_SIZE - 2), "continues"),
    "a later head of another log": (LATER, LogHead(SIZE + 3, bytes(32), NOW), None),
    "nothing published since the receipt": (EARLIER, EARLIER.head(SIZE - 3), "unknown"),
    "a log that is shorter than the witness saw": (LOG, LATER.head(SIZE + 3), None),
    "one shorter than both": (EARLIER, LATER.head(SIZE + 3), None),
}


@pytest.mark.parametrize("name", ONLINE)
def test_the_server_may_be_asked_for_the_proof(tmp_path: Path, name: str) -> None:
    """Both heads must begin the log that it publishes; a head it cannot lead to is a fork."""
    published, witnessed, shown = ONLINE[name]
    laptop = connected_laptop(tmp_path / "state")
    store = MemoryLogStore()
    store.append(published.leaves)
    laptop.server.receipt_log = ReceiptLog(store, lambda: NOW, os.urandom)
    log = PublishedLog(laptop.exchanger.connection, laptop.exchanger.recorder, NOW)
    if shown is not None:
        assert set_against(tmp_path, witnessed, connect=lambda: log) == shown
        return
    with pytest.raises(TrustBroken) as caught:
        set_against(tmp_path, witnessed, connect=lambda: log)
    assert caught.value.reason == "LOG_FORKED"


def test_a_witness_is_known_by_its_key(tmp_path: Path) -> None:
    """As typed: a file by the witness shows the log, one signed by somebody else nothing."""
    file = tmp_path / "witnessed.jws"
    words = ("--witnessed", str(file), "--witness-key", WITNESS.public.hex(), "--json")
    for key, expected in ((WITNESS, None), (ROOT, "WITNESS_INVALID")):
        file.write_text(cosign(WitnessedHead(PIN, LOG.head(), "token", NOW), key) + "\n")
        told = json.loads(verified(tmp_path, bundle().to_text(), *words).output)
        assert told.get("error", {}).get("reason") == expected
        assert expected or told["witness"] == "covered"
    file.write_text(cosign(WitnessedHead(PIN, LOG.head(SIZE - 1), "token", NOW), WITNESS))
    done = verified(tmp_path, bundle().to_text(), *words)
    assert (done.code, json.loads(done.output)["witness"]) == (8, "unknown")


@dataclass(frozen=True)
class Site:
    """A real server, a laptop that sent a check, and a witness."""

    home: Path
    invite: str
    receipts: tuple[Path, ...]
    key: Path
    public: str

    def witness(self, *words: str) -> Done:
        """Runs `kizashi-witness run`."""
        given = (
            "--invite",
            self.invite,
            "--state",
            str(self.home / "seen"),
            "--key",
            str(self.key),
        )
        return witness(self.home, "run", *given, *words)


def witness(home: Path, *words: str) -> Done:
    """Runs `kizashi-witness`."""
    command = [sys.executable, "-m", "kizashi_agent.command_line.witness", *words]
    done = subprocess.run(
        command, env=environment(home), capture_output=True, text=True, check=False, timeout=60
    )
    return Done(done.returncode, done.stdout + done.stderr, ())


@pytest.fixture(scope="module")
def site(server: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A laptop that has sent a check to it, and a witness's key."""
    home = tmp_path_factory.mktemp("site")
    key = home / "witness.seed"
    made = witness(home, "init", "--key", str(key), "--json")
    public = json.loads(made.output)["public_key"]
    with demo_clip() as clip:
        words = ("--consent", "score,feedback", "--adult", "--json")
        done = kizashi(home, "check", "--video", str(clip), "--join", str(server.invite), *words)
    sent = json.loads(done.output)["sent"]
    files = tuple(Path(each) for each in sent["receipt_files"])
    return Site(home, str(server.invite), files, key, public)


def test_receipts_of_a_real_check_verify(site: Site) -> None:
    """Each file of a check, against the pin the laptop has kept."""
    assert len(site.receipts) == 2
    for path in site.receipts:
        done = kizashi(site.home, "verify", str(path), "--json")
        assert done.code == 0, done.output
        assert json.loads(done.output)["log"]["size"] == 2


def test_the_server_is_asked_when_that_is_said(site: Site) -> None:
    """Within the hour no newer head is published: it is told, and by the exit code too."""
    path = str(site.receipts[0])
    done = kizashi(site.home, "verify", path, "--online", "--json")
    assert (done.code, json.loads(done.output)["in_published_log"]) == (8, "not_yet"), done.output
    told = " ".join(kizashi(site.home, "verify", path, "--online").output.split())
    assert say("en", "in_log_not_yet") in told


def test_a_witness_signs_what_it_sees(site: Site) -> None:
    """Twice the same head, readable with its key; the receipt can be set against it."""
    for _ in range(2):
        done = site.witness("--json")
        assert done.code == 0, done.output
        told = json.loads(done.output)
        head = read_witnessed_head(told["witnessed_head"], bytes.fromhex(site.public))
        assert head.head.size == told["size"] == 0
    words = ("--witnessed", told["file"], "--witness-key", site.public, "--json")
    done = kizashi(site.home, "verify", str(site.receipts[0]), *words)
    assert (json.loads(done.output)["witness"], done.code) == ("continues", 0)


def test_a_witness_keeps_the_evidence_of_a_fork(site: Site) -> None:
    """A log that forgot what the witness saw is not signed; both heads are kept and it is said."""
    heads = site.home / "seen" / "log-heads.json"
    assert site.witness().code == 0
    kept = heads.read_text()
    content = json.loads(kept)
    for each in content.values():
        each["size"] = 7
    heads.write_text(json.dumps(content))
    signed = (site.home / "seen" / "witnessed-head.jws").read_text()
    done = site.witness()
    heads.write_text(kept)
    assert done.code == 8
    assert "IS NOT WHAT IT WAS (LOG_SHRUNK)" in done.output
    assert "Traceback" not in done.output
    (path,) = (site.home / "seen").glob("fork-*.json")
    evidence = json.loads(path.read_text())
    assert evidence["seen_head"] != ""
    assert evidence["shown_head"] != ""
    assert (site.home / "seen" / "witnessed-head.jws").read_text() == signed


def test_a_witnesss_key_is_made_once_and_kept_closed(site: Site) -> None:
    """Nothing is overwritten, and a key that others can read is not used."""
    assert witness(site.home, "init", "--key", str(site.key)).code == 3
    site.key.chmod(0o644)
    try:
        done = site.witness()
    finally:
        site.key.chmod(0o600)
    assert (done.code, "chmod 600" in done.output) == (3, True)
