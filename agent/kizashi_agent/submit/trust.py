"""Whom the agent talks to: the pin leads to the root, the root to the directory and certificate.

The server's TLS certificate is taken as it comes, and the channel is opened to it alone; the
directory that arrives through it must then be signed down from the pinned root and either list
this very certificate or find it vouched for by a public authority. Before that holds, nothing
about the person is sent.
"""

import hashlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from kizashi_protocol import Directory, Invite, Programme, UntrustedDirectory, verify_directory
from kizashi_protocol.v1 import directory_pb2

from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.seen_head import SeenHead
from kizashi_agent.errors import AgentError, TrustBroken
from kizashi_agent.submit.log_trust import continued_log
from kizashi_agent.submit.recorder import Recorder, recorded_look
from kizashi_agent.submit.transport import DEADLINE, GrpcServer, Server, unreachable


@dataclass(frozen=True, slots=True)
class Connection:
    """A server whose directory and certificate hold.

    Attributes:
        server: the open connection.
        invite: where it leads and which root is pinned.
        directory: verified.
        signed: the same as it came, for receipts that are to be verified by others.
        log: the newest published head of the server's log, which continues the one seen before.
    """

    server: Server
    invite: Invite
    directory: Directory
    signed: directory_pb2.SignedDirectory
    log: SeenHead

    @property
    def programme(self) -> Programme:
        """The programme of the invite."""
        return self.directory.programme(self.invite.programme_id)


class Fetched(NamedTuple):
    """A verified directory, the same as it came, and the log's newest head; see `Connection`."""

    directory: Directory
    signed: directory_pb2.SignedDirectory
    log: SeenHead


def connect(
    invite: Invite, state: DeviceState, now: Callable[[], int], recorder: Recorder
) -> Connection:
    """Opens a connection and verifies everything that can be before something is sent.

    Args:
        invite: address, programme and pin.
        state: knows the newest directory version seen of this root.
        now: seconds since the epoch.
        recorder: told of the look at the directory.

    Raises:
        ServerUnreachable: nobody answers there.
        TrustBroken: certificate, root, signatures, dates, version, programme or log do not hold.
    """
    certificate = fetch_certificate(invite)
    check_dates(certificate, invite, now())
    server = GrpcServer.open(invite.address, ssl.DER_cert_to_PEM_cert(certificate))
    try:
        fetched = fetch_directory(server, invite, state, now, recorder)
        check_vouched(certificate, invite, fetched.directory)
    except AgentError:
        server.close()
        raise
    return Connection(server, invite, *fetched)


def fetch_directory(
    server: Server,
    invite: Invite,
    state: DeviceState,
    now: Callable[[], int],
    recorder: Recorder,
) -> Fetched:
    """The directory behind the pin, and the log, neither ever older than one seen before.

    Raises:
        TrustBroken: it does not hold, does not offer the invite's programme, or has no key to
            seal to; or the log does not continue the one seen before.
    """
    root = invite.root_fingerprint
    seen = state.newest_log_head(root)
    published = recorded_look(server, invite.address, seen.head.size, recorder)
    try:
        directory = verify_directory(
            published.directory,
            root_fingerprint=root,
            now=now(),
            lowest_version=state.highest_directory_version(root),
        )
        directory.programme(invite.programme_id)
        directory.active_sealing_key()
    except UntrustedDirectory as error:
        raise TrustBroken(error.log, error.person, reason=error.reason) from None
    log = continued_log(published, seen, directory, now())
    return Fetched(directory, published.directory, log)


def fetch_certificate(invite: Invite) -> bytes:
    """The certificate (DER) the server shows, whoever it is.

    Raises:
        ServerUnreachable: nobody answers, or not with TLS.
    """
    context = ssl.create_default_context()
    # Not trusted by this: it is judged by the directory, in `connect`.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    certificate = _handshake(invite, context)
    if certificate is None:
        raise unreachable(invite.address, "no certificate")
    return certificate


def check_vouched(certificate: bytes, invite: Invite, directory: Directory) -> None:
    """Returns when the directory or a public authority vouches for the certificate (DER).

    Raises:
        TrustBroken: neither does.
    """
    listed = hashlib.sha256(certificate).digest() in directory.tls_certificate_digests
    if listed or publicly_trusted(certificate, invite):
        return
    raise TrustBroken(
        "the TLS certificate is neither listed in the directory nor publicly trusted",
        "Somebody may stand between this laptop and the server: its certificate is not the "
        "one your site published. Nothing was sent. Try another network, or tell your site's "
        "contact.",
        reason="CERTIFICATE_UNTRUSTED",
    )


def publicly_trusted(certificate: bytes, invite: Invite) -> bool:
    """Whether a public authority vouches for this very certificate (DER) and its name."""
    try:
        # This is a second handshake: whoever stands in between could pass only this one on to the
        # true server, so that what it shows must be what the channel was opened to.
        return _handshake(invite, ssl.create_default_context()) == certificate
    except ssl.SSLError:
        return False


def check_dates(certificate: bytes, invite: Invite, now: int) -> None:
    """Returns when the certificate (DER) is within its dates.

    Raises:
        TrustBroken: it has expired or is not valid yet.
        ServerUnreachable: it does not parse.
    """
    try:
        parsed = x509.load_der_x509_certificate(certificate)
    except ValueError:
        raise unreachable(invite.address, "a certificate that does not parse") from None
    moment = datetime.fromtimestamp(now, UTC)
    if parsed.not_valid_before_utc <= moment < parsed.not_valid_after_utc:
        return
    raise TrustBroken(
        f"the certificate of {invite.address} is outside its dates",
        f"The certificate of {invite.address} has expired or is not valid yet. Nothing was sent. "
        "Check that this laptop's clock is right; if it is, your site must renew the certificate.",
        reason="CERTIFICATE_EXPIRED",
    )


def _handshake(invite: Invite, context: ssl.SSLContext) -> bytes | None:
    context.set_alpn_protocols(["h2"])
    host = invite.host.strip("[]")
    try:
        with (
            socket.create_connection((host, invite.port), timeout=DEADLINE) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            return secured.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:
        raise unreachable(invite.address, type(error).__name__) from None
