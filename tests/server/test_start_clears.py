"""What a start clears, with the real parts put together: what went or changed meanwhile."""

import hashlib
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from kizashi_models.scorer_loading import load_scorer
from kizashi_protocol import (
    STANDING,
    Envelope,
    Feedback,
    Recipient,
    RecipientRole,
    Scope,
    SealedItem,
)
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_protocol.v1 import service_pb2
from kizashi_server.config import load
from kizashi_server.directory.key_rotation import retire_key, rotate
from kizashi_server.directory.recipient_files import (
    add_recipient,
    certify_request,
    remove_recipient,
    write_certificate,
)
from kizashi_server.directory.root_key import read_root
from kizashi_server.keys.states import KeyKind
from kizashi_server.programmes import CarriedProgramme, carry
from kizashi_server.store.sharing_contract import KeptShare
from kizashi_server.store.sharing_database import open_sharing

from tests.server.conftest import served
from tests.server.laptop import RESEARCH_KEY, RESEARCHER, Laptop, Person

PROGRAMME = "self-check"
SECONDS = 20
"""How long a sweep, which comes with the start, may take."""


def rows(state: Path, query: str) -> list[tuple[object, ...]]:
    """What the main database says."""
    with closing(sqlite3.connect(state / "kizashi.sqlite")) as connection:
        return connection.execute(query).fetchall()


def added(folder: Path, role: RecipientRole) -> Recipient:
    """Somebody who is certified, and listed at the next start."""
    root, now = read_root(folder / "root", None), int(time.time())
    request = RecipientRequest(RESEARCHER.name, RESEARCH_KEY.public)
    certificate = certify_request(
        root, request, role=role, programme_id=PROGRAMME, days=30, now=now
    )
    write_certificate(folder / "certificate", certificate)
    return add_recipient(folder / "state", folder / "certificate", root.public, {PROGRAMME}, now)


def carried(folder: Path) -> CarriedProgramme:
    """The programme as a start of the folder would carry it."""
    configuration = load(folder / "site.toml")
    scorers = {PROGRAMME: load_scorer(folder / "models", "even/1")}
    public = read_root(folder / "root", None).public
    return carry(configuration.programme, scorers, hashlib.sha256(public).digest(), None)[PROGRAMME]


@pytest.mark.proof
def test_a_start_under_other_terms_erases_what_waits(server_folder: Path, tmp_path: Path) -> None:
    """For a counsellor who is still certified; what was left under the terms of now waits on."""
    folder = tmp_path / "server"
    shutil.copytree(server_folder, folder)
    counsellor = added(folder, RecipientRole.COUNSELLOR)
    item = SealedItem(counsellor.public.key_id, b"a sealed feedback" * 100)
    before, site = carried(folder).terms_digest, folder / "site.toml"
    site.write_text(site.read_text().replace("Example Lab", "Another Lab"))
    sharing = open_sharing(folder / "state")
    for name, terms in ((b"b", before), (b"n", carried(folder).terms_digest)):
        assert sharing.leave(
            KeptShare(name * 16, PROGRAMME, terms, bytes(32), item, name * 32, 2**40)
        )
    sharing.close()
    with (
        served(folder) as running,
        closing(sqlite3.connect(folder / "state/shares.sqlite")) as kept,
    ):
        assert kept.execute("SELECT report_id FROM shares").fetchall() == [(b"n" * 16,)]
        assert '"shares_void"' in running.log()


@pytest.mark.proof
def test_a_start_forgets_what_went_while_it_was_off(server_folder: Path, tmp_path: Path) -> None:
    """Reports of a key that was deleted, and summaries of a researcher who was removed."""
    folder = tmp_path / "server"
    shutil.copytree(server_folder, folder)
    state = folder / "state"
    researcher = added(folder, RecipientRole.RESEARCH)
    with served(folder) as running:
        laptop = Laptop(running.directory(), PROGRAMME, int(time.time()))
        sent = laptop.check((Scope.SCORE, Scope.FEEDBACK, *STANDING), person=Person(b"anna"))
        request = service_pb2.ExchangeRequest(envelope=sent.envelope.to_message())
        reply = running.stub().Exchange(request, timeout=20)
        assert isinstance(sent.open(Envelope.parse(reply.envelope)).outcome, Feedback)
        assert running.stop() == 0
    ((key_id,),) = rows(state, "SELECT key_id FROM reports")
    assert isinstance(key_id, bytes)
    scopes = "SELECT scope FROM subjects ORDER BY scope"
    assert rows(state, scopes) == [(str(each),) for each in sorted(STANDING)]
    remove_recipient(state, researcher)
    rotate(
        state,
        [KeyKind.SEALING],
        now=int(time.time()),
        announce_seconds=0,
        random=os.urandom,
        cipher=None,
    )
    retire_key(state, key_id, now=int(time.time()), delete=True, cipher=None)
    with served(folder):
        assert rows(state, scopes) == [("cohort",), ("trend",)]
        end = time.monotonic() + SECONDS
        while rows(state, "SELECT key_id FROM reports") and time.monotonic() < end:
            time.sleep(0.1)
        assert rows(state, "SELECT key_id FROM reports") == []
