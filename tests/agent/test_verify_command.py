"""`kizashi verify` and `kizashi-witness` as they are typed, against vectors and a real server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.commands.demo import DemoServer, demo_server
from kizashi_agent.demo import demo_clip
from kizashi_agent.show.words import say
from kizashi_protocol import (
    LogHead,
    SigningKey,
    WitnessedHead,
    cosign,
    fingerprint,
    read_witnessed_head,
)

from tests.agent.command_line import Done, environment, kizashi
from tests.protocol.logs import CONSENT, ERASURE, SEEN_SIZE, SIZE, bundle, log_with
from tests.protocol.values import NOW, ROOT
from tests.vectors.make_receipt_bundles import FILE, HOLDS

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
def test_what_does_not_hold_is_named(tmp_path: Path, reason: str) -> None:
    """One line with the very reason, and exit code 8."""
    vector = ONE_OF_EACH[reason]
    content = json.dumps(vector["bundle"])
    done = verified(tmp_path, content, "--json", root=vector["root"])
    error = json.loads(done.output)["error"]
    assert (error["reason"], error["exit_code"], done.code) == (reason, 8, 8)
    assert error["message"] == say("en", f"fault_{reason.lower()}")


def test_every_fault_has_words_in_both_languages() -> None:
    """Of the vectors' reasons, and of a witness's."""
    reasons = {*ONE_OF_EACH, "LOG_FORKED", "WITNESS_INVALID", "WITNESS_OTHER_ROOT"} - {HOLDS}
    for reason in reasons:
        assert say("en", f"fault_{reason.lower()}") != say("ja", f"fault_{reason.lower()}")


@pytest.mark.parametrize("content", ["", "{}", "\x1b[2J", "[" * 100_000])
def test_another_file_is_no_receipt(tmp_path: Path, content: str) -> None:
    """Exit code 3, and nothing of it is printed."""
    done = verified(tmp_path, content)
    assert done.code == 3
    assert done.output == f"kizashi: {say('en', 'fault_receipt_malformed')}\n"


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
OTHER = LogHead(SIZE, bytes(32), NOW)
STANDINGS: dict[str, tuple[LogHead, bytes, str | None, str | None]] = {
    "the same head": (LOG.head(), PIN, "covered", None),
    "the published head before": (LOG.head(SEEN_SIZE), PIN, "continues", None),
    "a head of another size": (LOG.head(SIZE - 1), PIN, "unknown", None),
    "another log": (OTHER, PIN, None, "LOG_FORKED"),
    "another log before": (LogHead(SEEN_SIZE, bytes(32), NOW), PIN, None, "LOG_FORKED"),
    "another server": (LOG.head(), bytes(32), None, "WITNESS_OTHER_ROOT"),
}


@pytest.mark.parametrize("name", STANDINGS)
def test_a_witnessed_head_shows_what_it_can(tmp_path: Path, name: str) -> None:
    """Covered, continued, not to be told offline, or a fork that is said loudly."""
    head, root, shown, reason = STANDINGS[name]
    file = tmp_path / "witnessed.jws"
    file.write_text(cosign(WitnessedHead(root, head, "token", NOW), WITNESS) + "\n")
    words = ("--witnessed", str(file), "--witness-key", WITNESS.public.hex(), "--json")
    done = verified(tmp_path, bundle().to_text(), *words)
    told = json.loads(done.output)
    if shown is None:
        assert (told["error"]["reason"], done.code) == (reason, 8)
    else:
        assert (told["witness"], done.code) == (shown, 8 if shown == "unknown" else 0)


def test_a_witness_is_known_by_its_key(tmp_path: Path) -> None:
    """A file signed by somebody else shows nothing."""
    file = tmp_path / "witnessed.jws"
    file.write_text(cosign(WitnessedHead(PIN, LOG.head(), "token", NOW), ROOT))
    words = ("--witnessed", str(file), "--witness-key", WITNESS.public.hex(), "--json")
    done = verified(tmp_path, bundle().to_text(), *words)
    assert json.loads(done.output)["error"]["reason"] == "WITNESS_INVALID"


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
    command = [sys.executable, "-m", "kizashi_agent.witness.cli", *words]
    done = subprocess.run(
        command, env=environment(home), capture_output=True, text=True, check=False, timeout=60
    )
    return Done(done.returncode, done.stdout + done.stderr, ())


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    """A real server process on loopback."""
    with demo_server() as running:
        yield running


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
