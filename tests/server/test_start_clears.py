"""What a start clears, with the real parts put together: keys and researchers that went meanwhile."""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from kizashi_protocol import STANDING, Envelope, Feedback, RecipientRole, Scope
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_protocol.v1 import service_pb2
from kizashi_server.key_rotation import retire_key, rotate
from kizashi_server.key_states import KeyKind
from kizashi_server.recipient_files import (
    add_recipient,
    certify_request,
    remove_recipient,
    write_certificate,
)
from kizashi_server.root_key import read_root

from tests.server.conftest import served
from tests.server.laptop import RESEARCH_KEY, RESEARCHER, Laptop, Person

PROGRAMME = "self-check"
SECONDS = 20
"""How long a sweep, which comes with the start, may take."""


def rows(state: Path, query: str) -> list[tuple[object, ...]]:
    """What the main database says."""
    with closing(sqlite3.connect(state / "kizashi.sqlite")) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.proof
def test_a_start_forgets_what_went_while_it_was_off(server_folder: Path, tmp_path: Path) -> None:
    """Reports of a key that was deleted, and summaries of a researcher who was removed."""
    folder = tmp_path / "server"
    shutil.copytree(server_folder, folder)
    state, root, now = folder / "state", read_root(folder / "root", None), int(time.time())
    certificate = certify_request(
        root,
        RecipientRequest(RESEARCHER.name, RESEARCH_KEY.public),
        role=RecipientRole.RESEARCH,
        programme_id=PROGRAMME,
        days=30,
        now=now,
    )
    write_certificate(folder / "certificate", certificate)
    researcher = add_recipient(state, folder / "certificate", root.public, {PROGRAMME}, now)
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
