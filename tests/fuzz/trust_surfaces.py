"""What tells a laptop whom to trust: the invite that a person pastes, and the directory."""

from dataclasses import replace
from random import Random

from kizashi_protocol import (
    DIRECTORY_KEY_VALIDITY,
    Directory,
    Invite,
    MalformedInvite,
    SigningKey,
    UntrustedDirectory,
    certify_directory_key,
    fingerprint,
    sign_directory,
    verify_directory,
)
from kizashi_protocol.context import Label, framed
from kizashi_protocol.v1 import directory_pb2

from tests.fuzz import judge
from tests.fuzz.hostile import TEXTS, spoil_message, spoil_serialised
from tests.fuzz.surface import ReadingSurface
from tests.fuzz.wire import spoil_bytes
from tests.protocol.values import DAY, DIRECTORY_KEY, NOW, ROOT, directory


def directories() -> ReadingSurface[directory_pb2.SignedDirectory]:
    """A signed directory, spoilt at each level, signed again by the right key, another or none."""
    certificate = certify_directory_key(
        ROOT, DIRECTORY_KEY.public, start=NOW, expire=NOW + DIRECTORY_KEY_VALIDITY
    )
    good = sign_directory(
        replace(directory(digests=(bytes(32),)), version=5), DIRECTORY_KEY, certificate
    )
    other = SigningKey.from_seed(b"o" * 32)

    def make(draw: Random) -> tuple[str, directory_pb2.SignedDirectory]:
        signed = directory_pb2.SignedDirectory()
        signed.CopyFrom(good)
        signer = draw.choice((DIRECTORY_KEY, DIRECTORY_KEY, DIRECTORY_KEY, other, None))
        root = draw.choice((ROOT, ROOT, ROOT, other, None))
        level = draw.randrange(5)
        if level == 0:
            how = spoil_message(draw, signed)
        elif level == 1:
            message = directory_pb2.DirectoryKeyCertificate.FromString(good.certificate)
            how, signed.certificate = spoil_serialised(draw, message)
            if root is not None:
                signed.certificate_signature = root.sign(Label.DIRECTORY_KEY, signed.certificate)
        else:
            content = directory_pb2.Directory.FromString(good.directory)
            how, signed.directory = spoil_serialised(draw, content)
            if signer is not None:
                signed.directory_signature = signer.sign(Label.DIRECTORY, signed.directory)
        return how, signed

    def read(signed: directory_pb2.SignedDirectory) -> Directory:
        value = verify_directory(
            signed, root_fingerprint=fingerprint(ROOT.public), now=NOW + DAY, lowest_version=5
        )
        # What an agent does with a directory before it sends anything.
        value.programme("spring-check").terms(value.root_fingerprint)
        value.active_sealing_key()
        value.receipt_key_by_id()
        return value

    return ReadingSurface(
        "directory", 10, make, read, (UntrustedDirectory,), _directory_is_proper, [good]
    )


def _directory_is_proper(signed: directory_pb2.SignedDirectory, value: object) -> bool:
    if signed.root_public_key != ROOT.public or not isinstance(value, Directory):
        return False
    certificate = directory_pb2.DirectoryKeyCertificate.FromString(signed.certificate)
    content = directory_pb2.Directory.FromString(signed.directory)
    chain = (
        (ROOT.public, signed.certificate_signature, Label.DIRECTORY_KEY, signed.certificate),
        (
            certificate.directory_public_key,
            signed.directory_signature,
            Label.DIRECTORY,
            signed.directory,
        ),
    )
    names = [name for each in content.programmes for name in (each.owner, each.scoring_operator)]
    return (
        all(judge.holds(key, sig, framed(label.value, data)) for key, sig, label, data in chain)
        and certificate.expire_time - certificate.start_time <= 90 * DAY
        and max(content.issue_time, certificate.start_time) - DAY <= NOW + DAY
        and min(content.expire_time, certificate.expire_time) > NOW + DAY
        and content.version >= 5
        and all(len(each.public_key) == 1216 for each in content.sealing_keys)
        and all(map(judge.can_be_shown, names))
        and len(getattr(value, "recipients", ())) <= sum(map(_by_root, content.recipients))
    )


def _by_root(recipient: directory_pb2.SignedRecipient) -> bool:
    message = framed(Label.RECIPIENT.value, recipient.certificate)
    return judge.holds(ROOT.public, recipient.signature, message)


def invites() -> ReadingSurface[str]:
    """The text a person pastes."""
    good = str(Invite("check.example.org", 8443, "self-check", bytes(range(32))))
    goods = [good, good.replace("check.example.org", "[::1]"), f"  {good}\n"]
    pieces = (
        "kizashi://",
        "http://",
        ":",
        "@",
        "/",
        "#root=",
        "%00",
        "[",
        "]",
        "..",
        "\uff0e",
        "\u0661",
    )

    def make(draw: Random) -> tuple[str, str]:
        text = draw.choice(goods)
        at = draw.randrange(len(text) + 1)
        kind = draw.randrange(6)
        if kind == 0:
            return "bytes", spoil_bytes(draw, text.encode()).data.decode("utf-8", "surrogateescape")
        if kind == 1:
            return "text put in", text[:at] + draw.choice((*TEXTS, *pieces)) + text[at:]
        if kind == 2:
            return "letter changed", text[:at] + chr(draw.randrange(0x250)) + text[at + 1 :]
        if kind == 3:
            port = draw.choice(
                ("0", "65536", "99999", "-1", "0x10", "\u0664\u0664\u0663", "", "1e3", "08443")
            )
            return "another port", text.replace("8443", port)
        if kind == 4:
            host = draw.choice(
                ("-a.example", "a..b", "a" * 64, "a." * 200, "[1]", "[::g]", "user@a", "a b", "")
            )
            return "another host", text.replace("check.example.org", host).replace("[::1]", host)
        return "part dropped", text.replace(
            draw.choice(("#root=", "kizashi://", "/self-check", ":8443")), ""
        )

    def proper(text: str, value: object) -> bool:
        whole = text.strip()
        return (
            isinstance(value, Invite)
            and Invite.parse(str(value)) == value
            and whole.isascii()
            and whole.isprintable()
            and " " not in whole
            and whole.endswith(f"#root={value.root_fingerprint.hex()}")
            and whole.startswith(f"kizashi://{value.host}:")
            and 0 < value.port < 65_536
        )

    return ReadingSurface("invite", 14, make, Invite.parse, (MalformedInvite,), proper, goods)
