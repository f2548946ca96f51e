"""Recipients: only the root makes them, a directory carries them, each has its days."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    Directory,
    InvalidSigner,
    MalformedMessage,
    Recipient,
    RecipientRole,
    SealingPublicKey,
    SignedRecipient,
    SigningKey,
    UntrustedDirectory,
    certify_directory_key,
    certify_recipient,
    read_recipient,
    sign_directory,
    verify_directory,
)
from kizashi_protocol.context import Label
from kizashi_protocol.keys import expand
from kizashi_protocol.moments import EARLIEST, LATEST
from kizashi_protocol.recipients import MOST_RECIPIENTS, RECIPIENT_VALIDITY
from kizashi_protocol.v1 import directory_pb2

from tests.protocol.strategies import PROGRAMME_IDS
from tests.protocol.values import (
    COUNSELLOR_SEED,
    DAY,
    DIRECTORY_KEY,
    NOW,
    PROGRAMME,
    ROOT,
    TERMS,
    counsellor,
    directory,
)

STRANGER = SigningKey.from_seed(b"x" * 32)
PUBLIC: SealingPublicKey = expand(COUNSELLOR_SEED)[1]
CERTIFICATE = certify_directory_key(ROOT, DIRECTORY_KEY.public, start=NOW, expire=NOW + 60 * DAY)


def verified(*recipients: Recipient, now: int = NOW) -> Directory:
    """What a laptop makes of a directory that lists these."""
    signed = sign_directory(directory(recipients=recipients), DIRECTORY_KEY, CERTIFICATE)
    return verify_directory(
        signed, root_fingerprint=TERMS.root_fingerprint, now=now, lowest_version=0
    )


def refused(*recipients: Recipient) -> str:
    """Why a laptop refuses a directory that lists these."""
    with pytest.raises(UntrustedDirectory) as caught:
        verified(*recipients)
    return caught.value.reason


def signed_by(key: SigningKey, certificate: bytes) -> Recipient:
    """A recipient whose certificate somebody has signed, whoever it was."""
    signature = key.sign(Label.RECIPIENT, certificate)
    return dataclasses.replace(counsellor(), signed=SignedRecipient(certificate, signature))


@given(
    role=st.sampled_from(RecipientRole),
    name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=80),
    programme_id=PROGRAMME_IDS,
    start=st.integers(EARLIEST, LATEST - RECIPIENT_VALIDITY),
    days=st.integers(1, RECIPIENT_VALIDITY),
)
def test_a_certificate_survives_being_written(
    role: RecipientRole, name: str, programme_id: str, start: int, days: int
) -> None:
    """What the root stated is what is read."""
    signed = certify_recipient(
        ROOT,
        role=role,
        public=PUBLIC,
        name=name,
        programme_id=programme_id,
        start=start,
        expire=start + days,
    )
    assert read_recipient(signed, ROOT.public) == Recipient(
        role, PUBLIC, name, programme_id, start, start + days, signed
    )


@pytest.mark.parametrize(
    "change",
    [
        {"expire": NOW},
        {"expire": NOW + RECIPIENT_VALIDITY + 1},
        {"name": ""},
        {"name": " Spaces "},
        {"name": "Two\nlines"},
        {"name": "x" * 81},
        {"programme_id": "Spring Check"},
        {"programme_id": ""},
    ],
    ids=str,
)
def test_no_such_certificate_is_made(change: dict[str, str | int]) -> None:
    """The root's own tool refuses an empty or long life, and names that cannot be shown."""
    with pytest.raises(MalformedMessage):
        counsellor(**change)  # type: ignore[arg-type]


def test_a_directory_carries_its_recipients() -> None:
    """Both roles come back as the root certified them."""
    listed = (counsellor(), counsellor(role=RecipientRole.RESEARCH, name="Example Study"))
    assert verified(*listed).recipients == listed


@pytest.mark.parametrize("signer", [STRANGER, DIRECTORY_KEY], ids=["stranger", "directory key"])
def test_the_root_alone_certifies_recipients(signer: SigningKey) -> None:
    """The server's own directory key cannot make one, nor slip one in beside a good one."""
    forged = signed_by(signer, counsellor().signed.certificate)
    assert refused(forged) == "DIRECTORY_RECIPIENT"
    assert refused(counsellor(), forged) == "DIRECTORY_RECIPIENT"
    with pytest.raises(InvalidSigner):
        read_recipient(forged.signed, ROOT.public)


def test_a_changed_certificate_is_refused() -> None:
    """No bit of key, name, programme, role or dates can be changed after signing."""
    good = counsellor()
    for where in range(0, len(good.signed.certificate), 97):
        changed = bytearray(good.signed.certificate)
        changed[where] ^= 1
        spoiled = SignedRecipient(bytes(changed), good.signed.signature)
        assert refused(dataclasses.replace(good, signed=spoiled)) == "DIRECTORY_RECIPIENT"


def test_what_the_root_signed_for_another_purpose_is_no_recipient() -> None:
    """A signature under another label does not count."""
    certificate = counsellor().signed.certificate
    other = SignedRecipient(certificate, ROOT.sign(Label.DIRECTORY_KEY, certificate))
    assert refused(dataclasses.replace(counsellor(), signed=other)) == "DIRECTORY_RECIPIENT"


@pytest.mark.parametrize(
    "certificate",
    [
        b"\xff",
        directory_pb2.RecipientCertificate().SerializeToString(),
        directory_pb2.RecipientCertificate(
            role=directory_pb2.RECIPIENT_ROLE_COUNSELLOR,
            public_key=PUBLIC.raw[:-1],
            name="Name",
            programme_id="p",
            expire_time=1,
        ).SerializeToString(),
        directory_pb2.RecipientCertificate(
            role=directory_pb2.RECIPIENT_ROLE_COUNSELLOR,
            public_key=PUBLIC.raw,
            name="Name",
            programme_id="p",
            expire_time=RECIPIENT_VALIDITY + 1,
        ).SerializeToString(),
    ],
    ids=["no message", "empty", "no key", "too long"],
)
def test_a_malformed_certificate_is_refused_though_the_root_signed_it(certificate: bytes) -> None:
    """Twelve months hold for the root too."""
    assert refused(signed_by(ROOT, certificate)) == "DIRECTORY_MALFORMED"


def test_more_recipients_than_a_laptop_reads_are_refused() -> None:
    """A directory has an end."""
    assert len(verified(*[counsellor()] * MOST_RECIPIENTS).recipients) == MOST_RECIPIENTS
    assert refused(*[counsellor()] * (MOST_RECIPIENTS + 1)) == "DIRECTORY_MALFORMED"


def test_an_expired_recipient_is_left_out() -> None:
    """One that has run out does not spoil the directory; it is simply not there."""
    lasting, ending = counsellor(), counsellor(name="Ending", expire=NOW + DAY)
    assert verified(ending, lasting, now=NOW + DAY - 1).recipients == (ending, lasting)
    assert verified(ending, lasting, now=NOW + DAY).recipients == (lasting,)


@given(
    role=st.sampled_from(RecipientRole),
    programme=st.sampled_from(["spring-check", "autumn-check"]),
    now=st.integers(NOW - 2, NOW + 12),
)
def test_counsellors_are_those_of_the_programme_and_of_the_day(
    role: RecipientRole, programme: str, now: int
) -> None:
    """Role, programme and both dates count, at every moment."""
    listed = counsellor(role=role, programme_id=programme, start=NOW, expire=NOW + 10)
    found = directory(recipients=[listed]).counsellors(PROGRAMME.programme_id, now)
    holds = NOW <= now < NOW + 10
    expected = role is RecipientRole.COUNSELLOR and programme == "spring-check" and holds
    assert (found == (listed,)) is expected
