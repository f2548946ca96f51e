"""Whom the agent talks to, tried against real listeners on loopback."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import AgentError, ServerUnreachable, TrustBroken
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.trust import Connection, check_dates, connect
from kizashi_protocol import (
    Acknowledged,
    Acknowledgement,
    Invite,
    KeyState,
    SigningKey,
    fingerprint,
)
from kizashi_server.log.receipt_log import ReceiptLog

from tests.agent.submit.fake_server import FakeServer
from tests.agent.submit.loopback import PRESENT as NOW
from tests.agent.submit.loopback import Certificate, Service, accepting, forward, listening
from tests.protocol.values import DAY, PROGRAMME, REPORT_ID, ROOT, directory
from tests.server.memory_log import MemoryLogStore

PIN = fingerprint(ROOT.public)


@dataclass(frozen=True)
class Site:
    """A server on loopback and the laptop's state."""

    server: FakeServer
    port: int
    state: DeviceState

    def connect(
        self, *, port: int = 0, host: str = "127.0.0.1", pin: bytes = PIN, now: int = NOW
    ) -> Connection:
        """Connects as the agent does."""
        invite = Invite(host, port or self.port, PROGRAMME.programme_id, pin)
        return connect(invite, self.state, lambda: now, NotRecorded())

    def error(self, *, port: int = 0, pin: bytes = PIN, now: int = NOW) -> AgentError:
        """Why the agent does not connect; nothing was written and nothing of a person sent."""
        with pytest.raises(AgentError) as caught:
            self.connect(port=port, pin=pin, now=now)
        assert self.server.envelopes == []
        return caught.value


@contextlib.contextmanager
def site(folder: Path, certificate: Certificate, *, listed: bool = True) -> Iterator[Site]:
    """A server with this certificate, whose directory lists it or does not."""
    digests = [fingerprint(certificate.der)] if listed else []
    shown = directory(issue_time=NOW, expire_time=NOW + 30 * DAY, digests=digests)
    log = ReceiptLog(MemoryLogStore(), lambda: NOW, os.urandom)
    server = FakeServer(shown, NOW, receipt_log=log)
    with listening(Service(server), certificate) as port:
        yield Site(server, port, DeviceState(folder / "state", os.urandom))


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    """A self-signed certificate."""
    return Certificate.issue(NOW)


@pytest.fixture
def sound(tmp_path: Path, certificate: Certificate) -> Iterator[Site]:
    """A site with nothing wrong."""
    with site(tmp_path, certificate) as found:
        yield found


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_listed_certificate_is_enough(sound: Site, host: str) -> None:
    """A self-signed certificate in the signed directory leads to a working connection."""
    connection = sound.connect(host=host)
    assert connection.programme == PROGRAMME
    exchanger = Exchanger(connection, sound.state, os.urandom, lambda: NOW, NotRecorded())
    key = SigningKey.from_seed(b"p" * 32)
    answer = exchanger.exchange(
        Acknowledgement(REPORT_ID), [key], locale="en", report_id=os.urandom(16)
    )
    assert answer.reply.outcome == Acknowledged()
    close(connection)


def test_looking_at_a_server_leaves_no_trace(sound: Site) -> None:
    """Connecting writes nothing to the laptop."""
    close(sound.connect())
    assert not sound.state.folder.exists()


def test_an_unlisted_certificate_is_not_trusted(tmp_path: Path, certificate: Certificate) -> None:
    """A directory that holds does not vouch for a certificate it does not list."""
    with site(tmp_path, certificate, listed=False) as unlisted:
        assert unlisted.error().reason == "CERTIFICATE_UNTRUSTED"


def test_somebody_in_between_is_found(sound: Site) -> None:
    """Passing on the true directory behind another certificate does not help."""
    between = Certificate.issue(NOW)
    with listening(Service(sound.server), between) as port:
        assert sound.error(port=port).reason == "CERTIFICATE_UNTRUSTED"


def trust_only(authority: Certificate, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes an authority of the test the machine's only public one."""
    file = folder / "authority.pem"
    file.write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder / "none"))


def test_a_public_authority_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that an authority of the machine vouches for need not be listed."""
    authority = Certificate.issue(NOW, authority=True)
    trust_only(authority, tmp_path, monkeypatch)
    issued = Certificate.issue(NOW, issuer=authority)
    with site(tmp_path, issued, listed=False) as public:
        close(public.connect())


def test_a_public_authority_vouches_for_the_channel_and_not_for_another_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who answers with their own certificate and passes on only the check for a public one fails.

    The agent connects three times: to see the certificate, to talk, and to ask a public authority.
    Here the first two end at somebody in between, and all others at the true server.
    """
    authority = Certificate.issue(NOW, authority=True)
    trust_only(authority, tmp_path, monkeypatch)
    between = Certificate.issue(NOW)
    arrived: list[int] = []
    ended = threading.Semaphore(0)
    with (
        site(tmp_path, Certificate.issue(NOW, issuer=authority), listed=False) as true_site,
        listening(Service(true_site.server), between) as false_port,
    ):

        def choose(connection: socket.socket) -> None:
            arrived.append(false_port if len(arrived) < 2 else true_site.port)
            forward(connection, arrived[-1])
            ended.release()

        with accepting(choose) as port:
            assert true_site.error(port=port).reason == "CERTIFICATE_UNTRUSTED"
            # The agent hangs up: it does not stay connected to somebody it does not trust.
            assert all(ended.acquire(timeout=10) for _ in range(3))
    assert arrived == [false_port, false_port, true_site.port]


def test_an_expired_certificate_says_so(tmp_path: Path) -> None:
    """Even when it is listed; the message speaks of the clock too."""
    with site(tmp_path, Certificate.issue(NOW, days=(-9, -1))) as expired:
        error = expired.error()
    assert error.reason == "CERTIFICATE_EXPIRED"
    assert "clock" in error.person


def test_a_certificate_of_tomorrow_says_so(tmp_path: Path) -> None:
    """The same before its first day."""
    with site(tmp_path, Certificate.issue(NOW, days=(1, 9))) as early:
        assert early.error().reason == "CERTIFICATE_EXPIRED"


def test_dates_hold_to_the_second(certificate: Certificate) -> None:
    """From its first second to the one before its last, by the laptop's clock."""
    invite = Invite("localhost", 1, "p", PIN)
    first, last = NOW - DAY, NOW + 30 * DAY
    for now in (first, last - 1):
        check_dates(certificate.der, invite, now)
    for now in (first - 1, last):
        with pytest.raises(TrustBroken):
            check_dates(certificate.der, invite, now)


def test_a_certificate_that_does_not_parse_is_no_server() -> None:
    """Bytes that are no certificate end in the agent's own error."""
    with pytest.raises(ServerUnreachable):
        check_dates(b"none", Invite("localhost", 1, "p", PIN), NOW)


def test_a_certificate_for_another_name_is_not_talked_to(tmp_path: Path) -> None:
    """A listed certificate is for the host it names."""
    with site(tmp_path, Certificate.issue(NOW, names=("elsewhere.example",))) as other:
        assert isinstance(other.error(), ServerUnreachable)


def test_nobody_there_is_unreachable(sound: Site) -> None:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = sound.error(port=port)
    assert isinstance(error, ServerUnreachable)
    assert f"127.0.0.1:{port}" in error.person


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x01\x00"])
def test_a_listener_without_tls_is_unreachable(sound: Site, says: bytes) -> None:
    """Something else on the port, which hangs up, speaks HTTP or stumbles through TLS."""

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.sendall(says)

    with accepting(answer) as port:
        assert isinstance(sound.error(port=port), ServerUnreachable)


def test_a_host_that_does_not_resolve_is_unreachable(sound: Site) -> None:
    """A name that cannot exist (RFC 6761, 6.4)."""
    with pytest.raises(ServerUnreachable):
        sound.connect(host="host.invalid")


def test_another_root_is_not_followed(sound: Site) -> None:
    """The pin decides, whatever else holds."""
    assert sound.error(pin=bytes(32)).reason == "DIRECTORY_WRONG_ROOT"


def test_an_older_directory_is_not_followed(sound: Site) -> None:
    """A laptop that has seen a newer one is not taken back."""
    sound.state.remember_directory_version(PIN, 2)
    error = sound.error()
    assert error.reason == "DIRECTORY_ROLLED_BACK"
    for words in ("an older list", "nothing more was sent", "Tell your site's contact"):
        assert words in error.person
    assert "invite" not in error.person


def test_another_roots_versions_do_not_matter(sound: Site) -> None:
    """What was seen of one root says nothing of another."""
    sound.state.remember_directory_version(bytes(32), 9)
    close(sound.connect())


def test_a_programme_that_is_not_offered_is_refused(sound: Site) -> None:
    """The invite's programme must be in the directory."""
    sound.server.directory = replace(sound.server.directory, programmes=())
    assert sound.error().reason == "PROGRAMME_UNKNOWN"


def test_a_directory_without_a_key_is_refused(sound: Site) -> None:
    """Nothing is recorded for a server that nothing could be sealed to."""
    keys = tuple(
        each._replace(state=KeyState.PENDING) for each in sound.server.directory.sealing_keys
    )
    sound.server.directory = replace(sound.server.directory, sealing_keys=keys)
    assert sound.error().reason == "NO_ACTIVE_KEY"


def test_an_expired_directory_is_refused(sound: Site) -> None:
    """The certificate may hold longer than the directory."""
    sound.server.directory = replace(sound.server.directory, expire_time=NOW)
    assert sound.error().reason == "DIRECTORY_EXPIRED"


def test_no_proxy_is_used(sound: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is another host: settings that send everybody else to one are not followed."""
    asked: list[bytes] = []

    def overhear(connection: socket.socket) -> None:
        with connection:
            asked.append(connection.recv(100))

    with accepting(overhear) as port:
        for name in ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy"):
            for spelling in (name, name.upper()):
                monkeypatch.setenv(spelling, f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        # gRPC leaves addresses of this machine out of proxies only where no_proxy says so.
        close(sound.connect(host="localhost"))
        close(sound.connect(host="127.0.0.1"))
    assert asked == []


def close(connection: Connection) -> None:
    """Ends a connection of a test."""
    connection.server.close()  # type: ignore[attr-defined]
