"""The server's TLS certificate: a self-signed one to start with, and what is read from any."""

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from kizashi_protocol.moments import DAY

from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import read_private

SELF_SIGNED_VALIDITY = 10 * 365 * DAY
"""Seconds. What bounds trust in a self-signed certificate is the directory that lists it, which
holds for 90 days at most and is renewed without touching the certificate."""


class TlsPair(NamedTuple):
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "TlsPair(...)"


def self_signed(hosts: Sequence[str], *, start: int, expire: int) -> TlsPair:
    """A certificate for host names and addresses, signed by its own ECDSA P-256 key.

    It is trusted through the signed directory, which lists its digest, and by nobody else.

    Args:
        hosts: at least one DNS name in ASCII or IP address, an IPv6 one with or without brackets.
        start: seconds since the epoch.
        expire: seconds since the epoch.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kizashi server")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(start, UTC))
        .not_valid_after(datetime.fromtimestamp(expire, UTC))
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return TlsPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


class ReadCertificate(NamedTuple):
    """What the server needs to know of its certificate.

    Attributes:
        pem: the whole chain as read.
        digest: SHA-256 of the DER of the first certificate, 32 bytes.
        host: the first name or address it stands for, as an invite writes it.
        expire_time: seconds since the epoch.
    """

    pem: bytes
    digest: bytes
    host: str
    expire_time: int


def read_certificate(path: Path) -> ReadCertificate:
    """Reads a PEM chain; the first certificate is the server's.

    Raises:
        KeyFault: it cannot be read, is no certificate, or names no host.
    """
    try:
        pem = path.read_bytes()
        certificate = x509.load_pem_x509_certificates(pem)[0]
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except OSError as error:
        raise _fault(path, f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise _fault(path, "holds no PEM certificate") from None
    except x509.ExtensionNotFound:
        raise _fault(path, "names no host (it has no subjectAltName)") from None
    hosts = [_written(each) for each in names if isinstance(each, x509.DNSName | x509.IPAddress)]
    if not hosts:
        raise _fault(path, "names no host")
    expire_time = int(certificate.not_valid_after_utc.timestamp())
    plain = next((host for host in hosts if not host.startswith("*")), hosts[0])
    return ReadCertificate(pem, certificate_digest(pem), plain.removeprefix("*."), expire_time)


def certificate_digest(pem: bytes) -> bytes:
    """SHA-256 of the DER of the first certificate in PEM, 32 bytes."""
    certificate = x509.load_pem_x509_certificates(pem)[0]
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()


def read_pair(certificate: ReadCertificate, key_path: Path, now: int) -> TlsPair:
    """The certificate with its private key.

    Raises:
        KeyFault: the certificate has expired at `now` (seconds since the epoch), or the key is
            missing, open to other accounts, or another certificate's.
    """
    if now >= certificate.expire_time:
        raise KeyFault(
            "the TLS certificate has expired",
            "The TLS certificate has expired. Renew it, or make a new state directory: "
            "kizashi-server init --help tells how.",
        )
    pem = read_private(key_path)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFault(
            f"{key_path} holds no usable private key",
            f"{key_path} holds no unencrypted PEM private key. Check tls_key.",
        ) from None
    public = x509.load_pem_x509_certificates(certificate.pem)[0].public_key()
    if _written_public(key.public_key()) != _written_public(public):
        raise KeyFault(
            f"{key_path} belongs to another certificate",
            f"{key_path} belongs to another certificate. Check tls_certificate and tls_key.",
        )
    return TlsPair(certificate.pem, pem)


def _written_public(public: Any) -> bytes:
    encoded: bytes = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)


def _written(name: x509.DNSName | x509.IPAddress) -> str:
    if isinstance(name, x509.DNSName):
        return name.value
    address = str(name.value)
    return f"[{address}]" if ":" in address else address


def _fault(path: Path, text: str) -> KeyFault:
    return KeyFault(
        f"{path} {text}",
        f"The TLS certificate {path} {text}. Check tls_certificate in the configuration.",
    )
