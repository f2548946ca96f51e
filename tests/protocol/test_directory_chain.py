"""From the pinned root to the directory: each broken link is refused, with its own reason."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    DIRECTORY_KEY_VALIDITY,
    Directory,
    KeyState,
    Setting,
    SignedCertificate,
    SigningKey,
    UntrustedDirectory,
    certify_directory_key,
    fingerprint,
    sign_directory,
    verify_directory,
)
from kizashi_protocol.context import Label
from kizashi_protocol.v1 import directory_pb2

from tests.protocol.values import DAY, DIRECTORY_KEY, NOW, PROGRAMME, ROOT, directory

STRANGER = SigningKey.from_seed(b"x" * 32)
PIN = fingerprint(ROOT.public)
CERTIFICATE = certify_directory_key(ROOT, DIRECTORY_KEY.public, start=NOW, expire=NOW + 60 * DAY)
SIGNED = sign_directory(directory(version=7, digests=[b"t" * 32]), DIRECTORY_KEY, CERTIFICATE)


def verified(
    signed: directory_pb2.SignedDirectory, now: int = NOW + DAY, lowest: int = 0, pin: bytes = PIN
) -> Directory:
    """What the laptop makes of a directory."""
    return verify_directory(signed, root_fingerprint=pin, now=now, lowest_version=lowest)


def reason_of(signed: directory_pb2.SignedDirectory, **arguments: Any) -> str:
    """Why the laptop refuses a directory."""
    with pytest.raises(UntrustedDirectory) as caught:
        verified(signed, **arguments)
    return caught.value.reason


def copy_of(
    signed: directory_pb2.SignedDirectory, **fields: bytes
) -> directory_pb2.SignedDirectory:
    """A signed directory with other fields."""
    changed = directory_pb2.SignedDirectory()
    changed.CopyFrom(signed)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def certified(start: int, expire: int, root: SigningKey = ROOT) -> SignedCertificate:
    """A certificate that `certify_directory_key` might refuse to make."""
    certificate = directory_pb2.DirectoryKeyCertificate(
        directory_public_key=DIRECTORY_KEY.public, start_time=start, expire_time=expire
    ).SerializeToString()
    return SignedCertificate(certificate, root.sign(Label.DIRECTORY_KEY, certificate), root.public)


def resigned(message: directory_pb2.Directory) -> directory_pb2.SignedDirectory:
    """A directory message of any content, properly signed."""
    content = message.SerializeToString()
    return copy_of(
        SIGNED, directory=content, directory_signature=DIRECTORY_KEY.sign(Label.DIRECTORY, content)
    )


def message() -> directory_pb2.Directory:
    """The content of the sound directory."""
    return directory_pb2.Directory.FromString(SIGNED.directory)


def test_a_sound_chain_gives_the_directory() -> None:
    """What the server signed is what the laptop reads."""
    assert verified(SIGNED) == directory(version=7, digests=[b"t" * 32])


@given(
    version=st.integers(0, 2**64 - 1),
    setting=st.sampled_from(Setting),
    state=st.sampled_from(KeyState),
)
def test_a_directory_survives_the_wire(version: int, setting: Setting, state: KeyState) -> None:
    """Every setting and key state comes back as it was."""
    sound = directory(version=version, programmes=[dataclasses.replace(PROGRAMME, setting=setting)])
    keys = tuple(each._replace(state=state) for each in sound.sealing_keys)
    receipts = tuple(each._replace(state=state) for each in sound.receipt_keys)
    sent = dataclasses.replace(sound, sealing_keys=keys, receipt_keys=receipts)
    assert verified(sign_directory(sent, DIRECTORY_KEY, CERTIFICATE)) == sent


def test_another_root_is_refused() -> None:
    """A chain that holds in itself, from a root that is not the pinned one, is worth nothing."""
    chain = certify_directory_key(STRANGER, DIRECTORY_KEY.public, start=NOW, expire=NOW + DAY)
    stranger = sign_directory(directory(), DIRECTORY_KEY, chain)
    assert reason_of(stranger) == "DIRECTORY_WRONG_ROOT"
    assert reason_of(SIGNED, pin=bytes(32)) == "DIRECTORY_WRONG_ROOT"
    assert reason_of(SIGNED, pin=PIN[:16]) == "DIRECTORY_WRONG_ROOT"
    assert reason_of(directory_pb2.SignedDirectory()) == "DIRECTORY_WRONG_ROOT"


@pytest.mark.parametrize(
    "name", ["directory", "directory_signature", "certificate", "certificate_signature"]
)
def test_a_flipped_bit_is_refused(name: str) -> None:
    """Each of the four signed or signing parts is covered, at its start and at its end."""
    original: bytes = getattr(SIGNED, name)
    for where in (0, len(original) - 1):
        flipped = bytearray(original)
        flipped[where] ^= 1
        assert reason_of(copy_of(SIGNED, **{name: bytes(flipped)})) == "DIRECTORY_SIGNATURE"


def test_the_pinned_root_alone_certifies() -> None:
    """Showing the pinned root's key beside somebody else's signature is not enough."""
    chain = certified(NOW, NOW + DAY, root=STRANGER)._replace(root_public=ROOT.public)
    forged = sign_directory(directory(), DIRECTORY_KEY, chain)
    assert reason_of(forged) == "DIRECTORY_SIGNATURE"


def test_the_certified_key_alone_signs_directories() -> None:
    """Neither a stranger nor the root itself signs in its place."""
    for signer in (STRANGER, ROOT):
        forged = sign_directory(directory(), signer, CERTIFICATE)
        assert reason_of(forged) == "DIRECTORY_SIGNATURE"


def test_a_signature_under_another_label_is_refused() -> None:
    """What a key signs for one purpose cannot be used for another."""
    other = DIRECTORY_KEY.sign(Label.DIRECTORY_KEY, SIGNED.directory)
    assert reason_of(copy_of(SIGNED, directory_signature=other)) == "DIRECTORY_SIGNATURE"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW - DAY, None),
        (NOW - DAY - 1, "DIRECTORY_NOT_YET"),
        (NOW + 30 * DAY - 1, None),
        (NOW + 30 * DAY, "DIRECTORY_EXPIRED"),
    ],
)
def test_a_directory_has_its_days(now: int, reason: str | None) -> None:
    """It holds from a day before its issue, for clocks that run behind, to its last second."""
    if reason is None:
        assert verified(SIGNED, now=now).version == 7
    else:
        assert reason_of(SIGNED, now=now) == reason


@pytest.mark.parametrize(
    ("now", "reason"),
    [(NOW + 4 * DAY - 1, "DIRECTORY_NOT_YET"), (NOW + 15 * DAY, "DIRECTORY_EXPIRED")],
)
def test_a_directory_key_has_its_days(now: int, reason: str) -> None:
    """A directory lives no longer than the key that signed it."""
    chain = certify_directory_key(
        ROOT, DIRECTORY_KEY.public, start=NOW + 5 * DAY, expire=NOW + 15 * DAY
    )
    signed = sign_directory(directory(), DIRECTORY_KEY, chain)
    assert verified(signed, now=NOW + 10 * DAY).version == 1
    assert reason_of(signed, now=now) == reason


def test_a_certificate_for_too_long_is_refused() -> None:
    """Even the root cannot certify a key for more than 90 days."""
    longest = certified(NOW, NOW + DIRECTORY_KEY_VALIDITY)
    assert verified(sign_directory(directory(), DIRECTORY_KEY, longest)).version == 1
    longer = certified(NOW, NOW + DIRECTORY_KEY_VALIDITY + 1)
    signed = sign_directory(directory(), DIRECTORY_KEY, longer)
    assert reason_of(signed) == "DIRECTORY_EXPIRED"


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_no_such_certificate_is_made(days: int) -> None:
    """The root's own tool refuses an empty life and one over 90 days."""
    with pytest.raises(ValueError, match="90 days"):
        certify_directory_key(ROOT, DIRECTORY_KEY.public, start=NOW, expire=NOW + days * DAY)


def test_an_older_version_is_refused() -> None:
    """A laptop that has seen version 8 takes 8 again, and no longer 7."""
    assert verified(SIGNED, lowest=7).version == 7
    assert reason_of(SIGNED, lowest=8) == "DIRECTORY_ROLLED_BACK"


def malformed_directories() -> dict[str, directory_pb2.Directory]:
    """Directories that are signed as they should be, and still cannot be believed."""
    found: dict[str, directory_pb2.Directory] = {}

    def case(name: str) -> directory_pb2.Directory:
        found[name] = message()
        return found[name]

    case("a sealing key that is none").sealing_keys[0].public_key = bytes(1216)[:-1]
    case("a key without a state").sealing_keys[0].state = directory_pb2.KEY_STATE_UNSPECIFIED
    case("a receipt key without a state").receipt_keys[
        0
    ].state = directory_pb2.KEY_STATE_UNSPECIFIED
    case("a programme without a setting").programmes[0].setting = directory_pb2.SETTING_UNSPECIFIED
    case("a setting nobody knows").programmes[0].setting = 99  # type: ignore[assignment]
    case("an owner who scores").programmes[0].scoring_operator = PROGRAMME.owner
    disguised = PROGRAMME.owner.upper().replace(" ", "\u3000 ")
    case("an owner who scores, in capitals").programmes[0].scoring_operator = disguised
    for name in ("display_name", "owner", "scoring_operator"):
        setattr(case(f"no {name}").programmes[0], name, "")
        setattr(case(f"{name}: escape").programmes[0], name, "Spring\x1b[2J")
        setattr(case(f"{name}: two lines").programmes[0], name, "Spring\ncheck")
        setattr(case(f"{name}: turned").programmes[0], name, "Spring\u202echeck")
    return found


MALFORMED = malformed_directories()


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_directory_is_refused_though_signed(name: str) -> None:
    """A signature makes nobody sensible: names must be fit to show, states and settings known."""
    assert reason_of(resigned(MALFORMED[name])) == "DIRECTORY_MALFORMED"


def test_bytes_that_are_no_directory_are_refused() -> None:
    """The same for bytes that do not parse."""
    signature = DIRECTORY_KEY.sign(Label.DIRECTORY, b"\xff")
    garbled = copy_of(SIGNED, directory=b"\xff", directory_signature=signature)
    assert reason_of(garbled) == "DIRECTORY_MALFORMED"


def test_a_person_may_score_their_own() -> None:
    """In a personal setting owner and operator may be the same."""
    own = dataclasses.replace(PROGRAMME, setting=Setting.PERSONAL, scoring_operator=PROGRAMME.owner)
    signed = sign_directory(directory(programmes=[own]), DIRECTORY_KEY, CERTIFICATE)
    assert verified(signed).programme("spring-check") == own


def test_a_programme_that_is_not_listed_is_refused() -> None:
    """Asking for it says so by its reason."""
    with pytest.raises(UntrustedDirectory) as caught:
        directory().programme("autumn-check")
    assert caught.value.reason == "PROGRAMME_UNKNOWN"


@pytest.mark.parametrize("state", [KeyState.PENDING, KeyState.EXPIRED])
def test_only_an_active_key_is_sealed_to(state: KeyState) -> None:
    """A key announced or run out is listed and not used."""
    sound = directory()
    (entry,) = sound.sealing_keys
    assert sound.active_sealing_key() == entry.public
    resting = dataclasses.replace(sound, sealing_keys=(entry._replace(state=state),))
    with pytest.raises(UntrustedDirectory) as caught:
        resting.active_sealing_key()
    assert caught.value.reason == "NO_ACTIVE_KEY"
