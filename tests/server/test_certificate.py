"""The TLS certificate: for which hosts, with which key, until when."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from kizashi_server.errors import KeyFault
from kizashi_server.keys.certificate import (
    SELF_SIGNED_VALIDITY,
    ReadCertificate,
    read_certificate,
    read_pair,
    self_signed,
)
from kizashi_server.keys.files import replace_file

from tests.server.initialised import NOW, Made


def test_certificate_stands_for_each_host(made: Made) -> None:
    """Names and addresses, P-256, ten years, no authority over others."""
    pem = (made.state / "tls.crt").read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["check.example.org"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    assert certificate.not_valid_after_utc == datetime.fromtimestamp(
        NOW + SELF_SIGNED_VALIDITY, UTC
    )


def test_certificate_and_key_must_belong_together(made: Made) -> None:
    """And be within their dates."""
    certificate = read_certificate(made.state / "tls.crt")
    key_path = made.state / "tls.key"
    assert read_pair(certificate, key_path, NOW).key == key_path.read_bytes()
    with pytest.raises(KeyFault, match="expired"):
        read_pair(certificate, key_path, certificate.expire_time)
    other = self_signed(["a"], start=NOW, expire=NOW + 10)
    replace_file(key_path, other.key)
    with pytest.raises(KeyFault, match="another certificate"):
        read_pair(certificate, key_path, NOW)
    replace_file(key_path, b"no key")
    with pytest.raises(KeyFault, match="no usable private key"):
        read_pair(certificate, key_path, NOW)


def read_self_signed(folder: Path, hosts: list[str]) -> ReadCertificate:
    """What is read of a certificate for these hosts."""
    path = folder / "c.crt"
    path.write_bytes(self_signed(hosts, start=NOW, expire=NOW + 10).certificate)
    return read_certificate(path)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["::1"], "[::1]"),
        (["[::1]", "a"], "[::1]"),
        (["*.example.org", "b.example.org"], "b.example.org"),
        (["*.example.org"], "example.org"),
    ],
)
def test_invites_name_a_host_that_can_be_written(
    tmp_path: Path, hosts: list[str], expected: str
) -> None:
    """Addresses in brackets, no wildcards."""
    assert read_self_signed(tmp_path, hosts).host == expected


def test_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    """Missing or something else."""
    with pytest.raises(KeyFault, match="cannot be read"):
        read_certificate(tmp_path / "none.crt")
    (tmp_path / "bad.crt").write_text("no certificate")
    with pytest.raises(KeyFault, match="no PEM certificate"):
        read_certificate(tmp_path / "bad.crt")
