"""The promise for every other command: whom each calls, what each writes, what each seals.

One person's laptop lives through them in order, each under a system-call trace of its own: consent
that outlasts a check, a check with it that is kept in the history, a check that had to wait and is
shared, the trend, the history, the ledger, all of it taken along, a receipt verified, keys backed up,
and everything taken back. So do a counsellor's and researcher's laptop, a witness's, a new one of the
same person's, and one on which nothing is to be kept.
"""

import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer, demo_server
from kizashi_agent.demo import demo_clip
from kizashi_agent.errors import TrustBroken
from kizashi_protocol import RecipientRole
from kizashi_server.directory.recipient_files import (
    add_recipient,
    certify_request,
    read_request,
    write_certificate,
)
from kizashi_server.directory.root_key import read_root

from tests.prove.commands import TRACED
from tests.prove.evidence import Run
from tests.prove.keyboard import somebody_agreeing, typed
from tests.prove.laptop import Laptop

PASSPHRASE = "one for this test alone"
CODE = re.compile(rb"  ([A-Z2-7]{4}(?:-[A-Z2-7]{1,4})+)")
SHARE_CODE = re.compile(rb"kizashi-share://\S+")
PUBLIC_KEY = re.compile(rb"[0-9a-f]{64}")

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


class Scene:
    """Everybody's laptop, and the one real server process they know."""

    def __init__(self, folder: Path, server: DemoServer) -> None:
        """All new."""
        self.server = server
        self.laptops = {
            name: Laptop(folder / name, server)
            for name in ("own", "counsellor", "witness", "new", "borrowed")
        }
        self.own = self.laptops["own"]
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text(f"{PASSPHRASE}\n", "utf-8")
        self.passphrase.chmod(0o600)
        self.key = self.laptops["counsellor"].home / "key.json"

    @property
    def unlocked(self) -> tuple[str, str]:
        """The option that spares a passphrase's being asked for."""
        return ("--passphrase-file", str(self.passphrase))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Laptops that have done nothing yet."""
    with demo_server() as running:
        yield Scene(tmp_path, running)


def test_every_command_keeps_the_promise(scene: Scene) -> None:
    """None calls anybody but the server, or writes outside its state, or seals another size."""
    _certify_a_counsellor(scene)
    code = _consent_and_check(scene)
    _share(scene)
    _look(scene)
    _witness(scene)
    _back_up(scene)
    _open_research(scene)
    _take_back(scene, code)
    _keep_nothing(scene)
    traced: dict[str, set[str]] = defaultdict(set)
    for name, laptop in scene.laptops.items():
        for run_name, (command, options), run in laptop.runs:
            traced[command] |= options
            _tell(name, run_name, run)
    left = [each for each in (scene.own.home / "state").rglob("*") if each.is_file()]
    print("left at the end:", ", ".join(sorted(each.name for each in left)))
    # Each names its state directory, which stands before the command.
    assert traced == {name: set(TRACED[name]) for name in TRACED if name != "kizashi"}


def _tell(laptop: str, name: str, run: Run) -> None:
    calls = f"{run.trace.calls:,} system calls"
    called = sorted(run.trace.called)
    print(f"{laptop:11} {name:15} {calls:>22}, {_sealed(run)} sealed, called {called}")


def _sealed(run: Run) -> int:
    return len(list(run.evidence.glob("sealed-*")))


def _certify_a_counsellor(scene: Scene) -> None:
    """A key is made on one laptop; the root, which is elsewhere, certifies it for both roles."""
    counsellor, request = scene.laptops["counsellor"], Path(f"{scene.key}.request")
    scene.key.parent.mkdir(parents=True)
    words = ("share", "make-key", str(scene.key), "--name", "Example Counsellor", *scene.unlocked)
    counsellor.keeps_silent("make-key", *words, asked_for=[scene.key])
    folder, programme_id = scene.server.folder, scene.server.invite.programme_id
    root, now = read_root(folder / "root", None), int(time.time())
    for role in RecipientRole:
        recipient = certify_request(
            root, read_request(request), role=role, programme_id=programme_id, days=30, now=now
        )
        file = folder / f"{role}.certificate"
        write_certificate(file, recipient)
        add_recipient(folder / "server", file, root.public, [programme_id], now)


def _consent_and_check(scene: Scene) -> str:
    """The recovery code, which is shown with the first consent."""
    invite, codes = str(scene.server.invite), []
    for scope in ("trend", "cohort", "research"):
        words = ("consent", "give", scope, "--join", invite, "--agree", "--adult")
        codes += CODE.findall(scene.own.keeps(f"give-{scope}", *words).output)
    scene.own.keeps_silent("history-on", "history", "on")
    with _check() as check:
        run = scene.own.keeps("check", *check, "--join", invite)
    assert _sealed(run) == 2, "the check and its acknowledgement"
    (code,) = codes
    return str(code.decode())


@contextmanager
def _check() -> Iterator[tuple[str, ...]]:
    with demo_clip() as clip:
        yield ("check", "--video", str(clip), "--consent", "score,feedback", "--adult")


def _share(scene: Scene) -> None:
    """A check that waited is sent from a terminal, shared there, and opened by the counsellor."""
    scene.own.leave_a_check_waiting()
    run = scene.own.keeps("send", "send", at=somebody_agreeing())
    assert _sealed(run) == 3, "sent as it was sealed before; acknowledged, shared, acknowledged"
    (code,) = SHARE_CODE.findall(run.output)
    words = ("share", "open", "--key", str(scene.key), *scene.unlocked)
    opened = scene.laptops["counsellor"].keeps("share-open", *words, at=typed(f"{code.decode()}\n"))
    assert code not in opened.output
    assert _sealed(opened) >= 1


def _look(scene: Scene) -> None:
    own = scene.own
    own.keeps("trend", "trend")
    own.keeps("doctor", "doctor")
    own.keeps_silent("history", "history")
    own.keeps_silent("history-off", "history", "off")
    taken = own.home / "mine.fhir.json"
    own.keeps("take-out", "take-out", str(taken), asked_for=[taken])
    own.keeps_silent("consent", "consent")
    own.keeps_silent("ledger", "ledger")
    own.keeps_silent("ledger-raw", "ledger", "--raw", "1")
    own.keeps_silent("verify", "verify", str(_receipt(own)))


def _receipt(laptop: Laptop) -> Path:
    return next((laptop.home / "state" / "receipts").glob("*.json"))


def _witness(scene: Scene) -> None:
    """Somebody signs the log's head, and the person asks for the proof that leads there."""
    witness, key = scene.laptops["witness"], scene.laptops["witness"].home / "key"
    folder = witness.home / "seen"
    witness.home.mkdir(parents=True)
    options = ("--key", str(key))
    made = witness.keeps("init", "init", *options, program="kizashi-witness", asked_for=[key])
    assert not made.trace.called
    (public,) = PUBLIC_KEY.findall(made.output)
    words = ("run", "--invite", str(scene.server.invite), "--state", str(folder), *options)
    witness.keeps("run", *words, program="kizashi-witness", asked_for=[folder])
    seen = ("--witnessed", str(folder / "witnessed-head.jws"), "--witness-key", public.decode())
    words = ("verify", str(_receipt(scene.own)), "--online", *seen)
    # A head is published once an hour, and until then nothing can be shown of a new receipt.
    scene.own.keeps("verify-online", *words, exit_code=TrustBroken.exit_code)


def _back_up(scene: Scene) -> None:
    """A backup calls nobody, writes the one file it was asked for, and restores a new laptop."""
    file = scene.own.home / "backup.json"
    words = ("identity", "backup", str(file), *scene.unlocked)
    done = scene.own.keeps_silent("backup", *words, asked_for=[file])
    assert PASSPHRASE.encode() not in file.read_bytes() + done.output
    words = ("identity", "restore", str(file), *scene.unlocked)
    scene.laptops["new"].keeps_silent("restore", *words)


def _open_research(scene: Scene) -> None:
    """The operator exports what is sealed to the researcher, who opens it."""
    folder, configuration = scene.server.folder / "export", "server/kizashi-server.toml"
    export = ["research", "export", "--config", configuration, "--out", str(folder)]
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "kizashi_server", *export),
            *("--programme", scene.server.invite.programme_id),
        ],
        cwd=scene.server.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    researcher = scene.laptops["counsellor"]
    out = researcher.home / "summaries.jsonl"
    words = ("research", "open", str(folder), "--key", str(scene.key), "--out", str(out))
    researcher.keeps_silent("research-open", *words, *scene.unlocked, asked_for=[out])
    assert len(out.read_text().splitlines()) == 1


def _take_back(scene: Scene, code: str) -> None:
    own, borrowed = scene.own, scene.laptops["borrowed"]
    own.keeps("withdraw-scope", "withdraw", "--scope", "trend")
    own.keeps("share-cancel", "share", "cancel")
    receipts = borrowed.home / "receipts"
    words = ("withdraw", "--recovery", "--join", str(scene.server.invite))
    done = borrowed.keeps(
        "withdraw-code",
        *(*words, "--receipts", str(receipts)),
        at=typed(f"{code}\n"),
        asked_for=[receipts],
    )
    assert code.encode() not in done.output
    assert list(receipts.iterdir())
    assert not (borrowed.home / "state").exists()
    own.keeps("withdraw-all", "withdraw", "--all")
    own.keeps("ledger-clear", "ledger", "clear", "--yes")
    own.keeps_silent("history-clear", "history", "clear", "--yes")


def _keep_nothing(scene: Scene) -> None:
    """Checks that leave nothing behind, without an account or with nobody told; and tables alone."""
    borrowed = scene.laptops["borrowed"]
    tables = borrowed.home / "tables"
    with demo_clip() as clip:
        words = ("extract", str(clip), "--out", str(tables))
        borrowed.keeps_silent("extract", *words, asked_for=[tables])
    with _check() as check:
        invite = str(scene.server.invite)
        borrowed.keeps("no-account", *check, "--no-account", "--join", invite)
        assert _sealed(borrowed.keeps_silent("local", *check, "--local")) == 0
    assert not (borrowed.home / "state").exists()
