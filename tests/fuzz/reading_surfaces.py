"""Everything that parses what strangers write, called as it is.

Plain seeded randomness draws the inputs, not hypothesis: most take 30 to 500 microseconds here, and
hypothesis would add milliseconds to each for a shrinking that one mutation of a known good input
does not need. The properties that are about any value at all are hypothesis's, in tests/protocol.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from google.protobuf.message import DecodeError, Message
from kizashi_protocol import (
    CIPHERTEXT_BYTES,
    DIRECTORY_KEY_VALIDITY,
    Acknowledged,
    ConsentReceipt,
    ConsentRecord,
    Directory,
    Envelope,
    Erased,
    ErasureReceipt,
    InvalidConsent,
    InvalidSigner,
    Invite,
    MalformedInvite,
    MalformedMessage,
    Refusal,
    Reply,
    Report,
    Scope,
    SigningKey,
    UntrustedDirectory,
    Withheld,
    certify_directory_key,
    countersign,
    fingerprint,
    key_id_of,
    read_consent,
    read_erasure,
    read_receipt,
    read_reply,
    read_report,
    sign_consent,
    sign_directory,
    verify_directory,
    write_erasure,
    write_reply,
)
from kizashi_protocol.context import Label, framed
from kizashi_protocol.v1 import directory_pb2, exchange_pb2, service_pb2

from tests.fuzz import judge
from tests.fuzz.hostile import TEXTS, made_up, spoil_message
from tests.fuzz.hostile_tokens import spoil_token
from tests.fuzz.reports import Good, deserved, good_check, good_follow_up, spoil_report
from tests.fuzz.surface import ReadingSurface, Surface, seeded
from tests.fuzz.wire import Spoilt, spoil_bytes, spoil_records
from tests.protocol.jws import decoded, parts
from tests.protocol.values import (
    DAY,
    DIRECTORY_KEY,
    NOW,
    PARTICIPANT,
    RECEIPT_KEY,
    REPORT_ID,
    ROOT,
    consent_token,
    directory,
    feedback,
)
from tests.server.laptop import Laptop
from tests.server.world import make_world

RECEIPT_KEYS = {key_id_of(RECEIPT_KEY.public): RECEIPT_KEY.public}


def spoil_serialised(draw: Random, message: Message) -> Spoilt:
    """A message as bytes, changed as a message, as records or as bytes; or made up by grammar."""
    kind = draw.randrange(8)
    if kind == 0:
        return spoil_bytes(draw, message.SerializeToString())
    if kind == 1:
        return spoil_records(draw, message.SerializeToString())
    if kind == 2:
        return Spoilt("made up", made_up(draw, message.DESCRIPTOR).SerializeToString())
    changed = type(message)()
    changed.CopyFrom(message)
    how = spoil_message(draw, changed)
    return Spoilt(how, changed.SerializeToString())


# --- Envelopes


def envelopes(laptop: Laptop) -> ReadingSurface[bytes]:
    """The outside of an envelope."""
    good = laptop.seal(b"report", REPORT_ID).to_message()

    def read(data: bytes) -> Envelope:
        try:
            message = service_pb2.Envelope.FromString(data)
        except DecodeError:
            raise MalformedMessage(
                "gRPC refuses it before we see it", reason="NO_MESSAGE"
            ) from None
        return Envelope.parse(message)

    def proper(data: bytes, value: object) -> bool:
        message = service_pb2.Envelope.FromString(data)
        return (
            isinstance(value, Envelope)
            and (message.protocol_version, message.suite) == (1, 1)
            and (len(message.key_id), len(message.report_id)) == (16, 16)
            and re.fullmatch(r"[a-z0-9-]{1,64}", message.programme_id, re.ASCII) is not None
            and "\n" not in message.programme_id
            and len(message.ciphertext) == CIPHERTEXT_BYTES == 33_904
        )

    return ReadingSurface(
        "envelope",
        15,
        lambda draw: spoil_serialised(draw, good),
        read,
        (MalformedMessage,),
        proper,
        [good.SerializeToString()],
    )


# --- Reports


def reports(laptop: Laptop) -> ReadingSurface[tuple[Good, bytes]]:
    """The plaintext of a report."""
    draw = seeded(0)
    goods = [good_check(draw, laptop, locale) for locale in ("en", "ja") for _ in range(4)]
    owner = SigningKey.from_seed(draw.randbytes(32))
    goods += [
        good_follow_up(draw, laptop, kind, owner) for kind in ("acknowledgement", "withdrawal")
    ]

    def make(draw: Random) -> tuple[str, tuple[Good, bytes]]:
        good = draw.choice(goods)
        how, plaintext = spoil_report(draw, good)
        return how, (good, plaintext)

    def proper(given: tuple[Good, bytes], value: object) -> bool:
        return isinstance(value, Report) and deserved(*given).readable

    return ReadingSurface(
        "report",
        8,
        make,
        lambda given: read_report(given[0].header, given[1]),
        (MalformedMessage, InvalidSigner),
        proper,
        [(good, good.plaintext) for good in goods],
    )


# --- Tokens


def consents() -> ReadingSurface[str]:
    """Consent records."""
    keys = {scope: SigningKey.from_seed(scope.encode().ljust(32)) for scope in SCOPES}
    goods = [(consent_token(scope, key), key) for scope, key in keys.items()]

    def proper(token: str, value: object) -> bool:
        read = judge.read_signed_token(token, "kizashi-consent+jws")
        if read is None or not isinstance(value, ConsentRecord) or read[1] != value.subject:
            return False
        # What was read says what was signed, member for member.
        key = next((key for _, key in goods if key.public == value.subject), None)
        return key is None or judge.same_json(parts(sign_consent(value, key))[1], read[2])

    return ReadingSurface(
        "consent",
        14,
        lambda draw: _token(draw, *draw.choice(goods)),
        read_consent,
        (InvalidConsent,),
        proper,
        [token for token, _ in goods],
    )


SCOPES = (Scope.SCORE, Scope.FEEDBACK)


def receipts() -> ReadingSurface[str]:
    """Countersigned consents."""
    good = countersign(consent_token(), RECEIPT_KEY, now=NOW)

    def make(draw: Random) -> tuple[str, str]:
        if draw.random() < 0.3:
            how, consent = _token(draw, consent_token(), PARTICIPANT)
            return f"inner {how}", _countersigned(consent)
        return _token(draw, good, RECEIPT_KEY)

    def proper(token: str, value: object) -> bool:
        payload = _by_receipt_key(token, "kizashi-consent-receipt+jws")
        if payload is None or not isinstance(value, ConsentReceipt):
            return False
        inner = judge.read_signed_token(payload["consent"], "kizashi-consent+jws")
        return inner is not None and inner[1] == value.consent.subject

    return ReadingSurface(
        "receipt",
        9,
        make,
        lambda token: read_receipt(token, RECEIPT_KEYS),
        (InvalidConsent,),
        proper,
        [good],
    )


def erasures() -> ReadingSurface[str]:
    """Erasure receipts."""
    good = write_erasure(ErasureReceipt(REPORT_ID, "self-check", NOW, 7), RECEIPT_KEY)

    def proper(token: str, value: object) -> bool:
        payload = _by_receipt_key(token, "kizashi-erasure-receipt+jws")
        return payload is not None and isinstance(value, ErasureReceipt)

    return ReadingSurface(
        "erasure",
        6,
        lambda draw: _token(draw, good, RECEIPT_KEY),
        lambda token: read_erasure(token, RECEIPT_KEYS),
        (InvalidConsent,),
        proper,
        [good],
    )


def _token(draw: Random, token: str, key: SigningKey) -> tuple[str, str]:
    how, data = spoil_token(draw, token, key)
    # A token may come from a file or a message; only a file can hold half a character.
    return how, data.decode("utf-8", draw.choice(("replace", "surrogateescape")))


def _countersigned(consent: str) -> str:
    return countersign(consent.encode("utf-8", "replace").decode(), RECEIPT_KEY, now=NOW)


def _by_receipt_key(token: str, kind: str) -> Mapping[str, Any] | None:
    read = judge.read_signed_token(token, kind)
    first, second, third = token.split(".")
    bound = f"{first}.{second}".encode()
    if read is None or not judge.holds(RECEIPT_KEY.public, decoded(third), bound):
        return None
    return read[2]


# --- The directory


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
        and all(map(_can_be_shown, names))
        and len(getattr(value, "recipients", ())) <= sum(map(_by_root, content.recipients))
    )


def _by_root(recipient: directory_pb2.SignedRecipient) -> bool:
    message = framed(Label.RECIPIENT.value, recipient.certificate)
    return judge.holds(ROOT.public, recipient.signature, message)


# --- Invites and replies


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


def replies() -> ReadingSurface[bytes]:
    """What an agent finds in an opened reply."""
    receipt = write_erasure(ErasureReceipt(REPORT_ID, "self-check", NOW, 7), RECEIPT_KEY)
    tokens = (countersign(consent_token(), RECEIPT_KEY, now=NOW),)
    goods = [
        write_reply(each)
        for each in (
            Reply(feedback(), tokens),
            Reply(Withheld(), tokens),
            Reply(Refusal("CONSENT_MISSING", "No.")),
            Reply(Acknowledged()),
            Reply(Erased(receipt)),
        )
    ]

    def make(draw: Random) -> tuple[str, bytes]:
        return spoil_serialised(draw, exchange_pb2.Reply.FromString(draw.choice(goods)))

    def proper(data: bytes, value: object) -> bool:
        message = exchange_pb2.Reply.FromString(data)
        kind = message.WhichOneof("outcome")
        if not isinstance(value, Reply) or kind is None:
            return False
        if kind == "feedback" and not message.feedback.help:
            return False
        shown = _texts_of(getattr(message, kind)) if kind in {"feedback", "refusal"} else []
        return all(map(_can_be_shown, shown))

    return ReadingSurface("reply", 6, make, read_reply, (MalformedMessage,), proper, goods)


def _texts_of(message: Message) -> list[str]:
    found: list[str] = []
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            if isinstance(each, str):
                found.append(each)
            elif isinstance(each, Message):
                found += _texts_of(each)
    return found


def _can_be_shown(text: str) -> bool:
    return all(unicodedata.category(each)[0] != "C" and each not in "\u2028\u2029" for each in text)


def surfaces() -> Sequence[Surface]:
    """All of them."""
    laptop = make_world().laptop
    return (
        envelopes(laptop),
        reports(laptop),
        consents(),
        receipts(),
        erasures(),
        directories(),
        invites(),
        replies(),
    )
