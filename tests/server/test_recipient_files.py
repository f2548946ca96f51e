"""Recipients on the operator's side: only the root certifies, only what holds is listed."""

import os
import stat
from pathlib import Path

import pytest
from kizashi_protocol import Recipient, RecipientRole, SigningKey
from kizashi_protocol.directory_chain import verify_directory
from kizashi_protocol.keys import expand
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_protocol.recipients import MOST_RECIPIENTS
from kizashi_server.directory.published import listed, publish
from kizashi_server.directory.recipient_files import (
    RECIPIENTS_NAME,
    add_recipient,
    certify_request,
    kept_recipients,
    read_request,
    remove_recipient,
    write_certificate,
)
from kizashi_server.directory.root_key import read_root
from kizashi_server.errors import KeyFault

from tests.server.conftest import command, make_server
from tests.server.initialised import EXTRACTORS, NOW, Made

DAY = 24 * 3600
REQUEST = RecipientRequest("Example Counsellor", expand(b"h" * 32)[1])
STRANGER = SigningKey.from_seed(b"x" * 32)


def root_of(made: Made) -> SigningKey:
    """The server's root."""
    return read_root(made.folder / "root", None)


def certified(
    made: Made,
    *,
    root: SigningKey | None = None,
    request: RecipientRequest = REQUEST,
    programme_id: str = "self-check",
    days: int = 30,
) -> tuple[Path, Recipient]:
    """A certificate in a file, as it is carried from the root's machine to the server."""
    recipient = certify_request(
        root or root_of(made),
        request,
        role=RecipientRole.COUNSELLOR,
        programme_id=programme_id,
        days=days,
        now=NOW,
    )
    path = made.folder / f"{os.urandom(4).hex()}.certificate"
    write_certificate(path, recipient)
    return path, recipient


def added(made: Made, path: Path, now: int = NOW) -> Recipient:
    """What the server makes of a file."""
    return add_recipient(made.state, path, root_of(made).public, {"self-check"}, now)


def refused(made: Made, path: Path, now: int = NOW) -> str:
    """Why the server does not take a file."""
    with pytest.raises(KeyFault) as caught:
        added(made, path, now)
    return caught.value.person


def published(made: Made, now: int = NOW) -> tuple[int, tuple[Recipient, ...]]:
    """The version and recipients of the directory after a start."""
    before = made.published()
    programmes = [listed(each, EXTRACTORS[each.id]) for each in made.configuration.programme]
    digest = before.directory.tls_certificate_digests[0]
    signed = publish(made.state, before, programmes, digest, now).signed
    found = verify_directory(
        signed, root_fingerprint=made.result.root_fingerprint, now=now, lowest_version=0
    )
    return found.version, found.recipients


def test_a_certified_recipient_is_listed_from_the_next_start(made: Made) -> None:
    """In a new version of the directory, that a laptop verifies; and no newer one without change."""
    path, recipient = certified(made)
    assert published(made) == (1, ())
    assert added(made, path) == recipient
    assert published(made) == (2, (recipient,))
    assert published(made) == (2, (recipient,))


def test_a_removed_recipient_is_listed_no_longer(made: Made) -> None:
    """Removing one that is gone is no error."""
    path, recipient = certified(made)
    added(made, path)
    remove_recipient(made.state, recipient)
    remove_recipient(made.state, recipient)
    assert published(made) == (1, ())


def test_an_expired_recipient_is_listed_no_longer(made: Made) -> None:
    """Its file may stay."""
    path, recipient = certified(made, days=1)
    added(made, path)
    assert kept_recipients(made.state, root_of(made).public, NOW + DAY - 1) == (recipient,)
    assert kept_recipients(made.state, root_of(made).public, NOW + DAY) == ()


def test_the_servers_own_keys_certify_nobody(made: Made) -> None:
    """No key in the state directory makes a certificate that the server itself would take."""
    for path in made.state.glob("*.seed"):
        forged, _ = certified(made, root=SigningKey.from_seed(path.read_bytes()))
        assert "not signed by the root" in refused(made, forged)
    forged, _ = certified(made, root=STRANGER)
    assert "not signed by the root" in refused(made, forged)
    assert published(made) == (1, ())


def test_a_file_put_into_the_state_directory_is_checked_at_the_start(made: Made) -> None:
    """Whoever can write there still cannot list anybody."""
    path, _ = certified(made)
    added(made, path)
    (kept,) = (made.state / RECIPIENTS_NAME).iterdir()
    forged, _ = certified(made, root=STRANGER)
    kept.write_bytes(forged.read_bytes())
    with pytest.raises(KeyFault, match="not signed by the root"):
        published(made)


def test_certificates_are_closed_to_others(made: Made) -> None:
    """As everything in the state directory."""
    path, _ = certified(made)
    added(made, path)
    folder = made.state / RECIPIENTS_NAME
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_what_does_not_fit_is_refused(made: Made) -> None:
    """Another programme, one that has run out, one that is there already, and no certificate."""
    other, _ = certified(made, programme_id="another")
    assert "not carried here" in refused(made, other)
    path, _ = certified(made)
    assert "has expired" in refused(made, path, NOW + 30 * DAY)
    added(made, path)
    assert "is there already" in refused(made, path)
    for content in (b"", b"\xff", b"text"):
        path.write_bytes(content)
        assert "signed" in refused(made, path) or "no certificate" in refused(made, path)
    assert "cannot be read" in refused(made, made.folder / "none")


def test_a_directory_has_room_for_so_many(made: Made) -> None:
    """One more is refused when it is added, not at the next start."""
    for number in range(MOST_RECIPIENTS):
        request = RecipientRequest(f"Counsellor {number}", expand(bytes([number]) * 32)[1])
        added(made, certified(made, request=request)[0])
    assert "one too many" in refused(made, certified(made)[0])


@pytest.mark.parametrize(("programme", "days"), [("Self Check", 30), ("self-check", 367)])
def test_the_root_certifies_nothing_out_of_form(made: Made, programme: str, days: int) -> None:
    """Nor for more than twelve months."""
    with pytest.raises(KeyFault):
        certified(made, programme_id=programme, days=days)


def test_a_request_that_is_none_is_refused(tmp_path: Path) -> None:
    """Missing or of another form."""
    path = tmp_path / "request"
    with pytest.raises(KeyFault):
        read_request(path)
    path.write_text("{}")
    with pytest.raises(KeyFault):
        read_request(path)
    path.write_bytes(REQUEST.written())
    assert read_request(path) == REQUEST


def test_an_open_root_directory_is_refused(made: Made) -> None:
    """The root is for one account alone."""
    (made.folder / "root").chmod(0o755)
    with pytest.raises(KeyFault, match="chmod 700"):
        root_of(made)


@pytest.mark.proof
def test_the_commands_lead_from_request_to_list(tmp_path: Path) -> None:
    """Each on its own machine; the fingerprint is shown every time."""
    make_server(tmp_path)
    tmp_path.joinpath("request").write_bytes(REQUEST.written())
    shown = REQUEST.fingerprint.hex(" ", -4)
    certify = ("root-certify-recipient", "--root-dir", "root", "--request", "request")
    words = (
        *("--role", "counsellor", "--programme", "self-check"),
        *("--out", "certificate", "--expect", shown, "--name", REQUEST.name),
    )
    done = command(tmp_path, *certify, *words)
    assert (done.returncode, shown in done.stdout) == (0, True), done.stderr
    again = command(tmp_path, *certify, *words)
    assert (again.returncode, again.stderr.count("\n")) == (4, 1)
    configuration = ("--config", "site.toml")
    for act in (("add", "certificate"), ("list",), ("remove", shown), ("list",)):
        done = command(tmp_path, "recipients", *act, *configuration)
        assert done.returncode == 0, done.stderr
    assert "There is none." in done.stdout
    missing = command(tmp_path, "recipients", "remove", shown, *configuration)
    assert (missing.returncode, missing.stderr.count("\n")) == (4, 1)
