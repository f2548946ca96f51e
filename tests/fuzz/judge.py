"""What an input deserves, found out another way than the product's.

Signatures are verified with the library directly, tokens taken apart by hand, and the ranges of
measurements read from the comments of `summary.proto`, which are what the parties agreed on. A
mutation may leave an input as good as it was; only the judge knows which do, so that "a malformed
input was scored" can be told from "another good input was scored".
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import DecodeError, Message
from kizashi_protocol import Header
from kizashi_protocol.context import Label, framed, info
from kizashi_protocol.v1 import exchange_pb2, summary_pb2

from tests.protocol.jws import decoded, encoded

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45)
SUMMARY_PROTO = Path(__file__).parents[2] / "protos/kizashi_protocol/v1/summary.proto"
RECOVERY = "kizashi:recovery"
"""A digest of the laptop's own choice."""

_FIELD = re.compile(r"((?:  //[^\n]*\n)+)  (?:optional )?float (\w+) = \d+;")
_RANGE = re.compile(r"(-?[\d,.]*\d) to (-?[\d,]*\d(?:\.\d+)?)")


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is this key's over this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (ValueError, InvalidSignature):
        return False
    return True


def read_signed_token(token: str, kind: str) -> tuple[dict[str, Any], bytes, dict[str, Any]] | None:
    """The header's key or key id, the key that signed where it is there whole, and the payload.

    None unless form, algorithm, type and, where the key is there, signature are as agreed.
    """
    try:
        first, second, third = token.split(".")
        header, payload = (
            json.loads(decoded(each), object_pairs_hook=_once) for each in (first, second)
        )
        signature = decoded(third)
    except (ValueError, RecursionError):
        return None
    if not (isinstance(header, dict) and isinstance(payload, dict)):
        return None
    if (header.pop("alg", None), header.pop("typ", None)) != ("Ed25519", kind):
        return None
    if header.keys() == {"kid"}:
        return header, b"", payload
    public = _key_of(header)
    if public is None or not holds(public, signature, f"{first}.{second}".encode()):
        return None
    return header, public, payload


def same_json(one: object, other: object) -> bool:
    """Whether two JSON values are the same: 1, 1.0 and true are three."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def consent_is_proper(
    token: str, genuine: Mapping[str, Any], others: Mapping[str, Any], now: int
) -> bytes | None:
    """The subject of a consent that holds, or None.

    Args:
        token: as received.
        genuine: the payload that the laptop signed for this scope and check.
        others: by language, the notice with which it would be as good.
        now: seconds since the epoch.
    """
    read = read_signed_token(token, "kizashi-consent+jws")
    if read is None:
        return None
    _, subject, payload = read
    if not (type(payload.get("dct:issued")) is type(payload.get("dct:valid")) is int):
        return None
    issued, valid = payload["dct:issued"], payload["dct:valid"]
    most = 7 if "kizashi:report" in genuine else 365
    if not (0 <= issued <= now + 86_400 and now < valid <= issued + most * 86_400):
        return None
    notices = (genuine["dpv:hasNotice"], *others.values())
    methods = ("kizashi:interactive", "kizashi:command_line")
    free = ("dct:issued", "dct:valid", "dpv:hasNotice", "dpv:hasIndicationMethod", RECOVERY)
    proper = (
        any(same_json(payload.get("dpv:hasNotice"), each) for each in notices)
        and payload.get("dpv:hasIndicationMethod") in methods
        and same_json(
            *({k: v for k, v in each.items() if k not in free} for each in (payload, genuine))
        )
        and payload.keys() - {RECOVERY} == genuine.keys() - {RECOVERY}
        and _can_be_recovered_as_it_says(payload)
    )
    return subject if proper else None


def signers_of(header: Header, signed: exchange_pb2.SignedReport) -> frozenset[bytes] | None:
    """The keys whose signatures hold; None when one does not, or there are none or too many."""
    if not 1 <= len(signed.signatures) <= 6:
        return None
    bound = framed(info(Label.REPORT, header), signed.report)
    message = framed(Label.PARTICIPANT_SIGNATURE.value, bound)
    if not all(holds(each.public_key, each.signature, message) for each in signed.signatures):
        return None
    return frozenset(each.public_key for each in signed.signatures)


def parse_signed(plaintext: bytes) -> tuple[exchange_pb2.SignedReport, exchange_pb2.Report] | None:
    """Both layers of a report, or None."""
    try:
        signed = exchange_pb2.SignedReport.FromString(plaintext)
        return signed, exchange_pb2.Report.FromString(signed.report)
    except DecodeError:
        return None


def summary_is_proper(summary: summary_pb2.Summary) -> bool:
    """Whether every figure lies in the range that `summary.proto` gives it, and goes together."""
    parts = [summary, summary.head_motion, summary.quality, *summary.action_units]
    neutral = summary.quality.neutral_duration > 0
    return (
        summary.schema_version == 1
        and summary.mode == summary_pb2.MODE_STATIC
        and summary.HasField("head_motion")
        and summary.HasField("quality")
        and 0 < len(summary.extractor_id) <= 64
        and all(" " <= letter <= "~" for letter in summary.extractor_id)
        and tuple(each.action_unit for each in summary.action_units) == UNITS
        and all(map(_in_range, parts))
        and all(
            each.HasField("baseline_subtracted_mean") == (neutral and each.action_unit != 28)
            for each in summary.action_units
        )
    )


@cache
def ranges() -> Mapping[str, tuple[float, float]]:
    """Field -> lowest and highest, from the comments of `summary.proto`."""
    found = {}
    for comment, name in _FIELD.findall(SUMMARY_PROTO.read_text("utf-8")):
        low, high = _RANGE.findall(comment)[0]
        found[name] = (float(low.replace(",", "")), float(high.replace(",", "")))
    return found


def can_be_shown(text: str) -> bool:
    """Whether no character of it controls a terminal or breaks a line."""
    return all(unicodedata.category(each)[0] != "C" and each not in "\u2028\u2029" for each in text)


def _can_be_recovered_as_it_says(payload: Mapping[str, Any]) -> bool:
    """A consent that stands says how, one to score may, and no other does."""
    if RECOVERY not in payload:
        return "kizashi:report" in payload
    may = "kizashi:report" not in payload or payload["dpv:hasPurpose"] == "kizashi:score"
    return may and _is_digest(payload[RECOVERY])


def _is_digest(value: object) -> bool:
    try:
        return isinstance(value, str) and encoded(decoded(value)) == value and len(value) == 43
    except ValueError:
        return False


def _in_range(part: Message) -> bool:
    for field, value in part.ListFields():
        if isinstance(value, float):
            low, high = ranges()[field.name]
            if not (math.isfinite(value) and low <= value <= high):
                return False
    # Unit 28 has no intensity: all its figures but presence are 0.
    return not (
        isinstance(part, summary_pb2.ActionUnitFigures)
        and part.action_unit == 28
        and any(_intensities(part))
    )


def _intensities(unit: summary_pb2.ActionUnitFigures) -> Iterator[float]:
    for field, value in unit.ListFields():
        if isinstance(value, float) and "presence" not in field.name and field.name != "onset_rate":
            yield value


def _key_of(header: Mapping[str, Any]) -> bytes | None:
    jwk = header.get("jwk")
    if header.keys() != {"jwk"} or not isinstance(jwk, dict) or jwk.keys() != {"kty", "crv", "x"}:
        return None
    if (jwk["kty"], jwk["crv"]) != ("OKP", "Ed25519") or not isinstance(jwk["x"], str):
        return None
    try:
        return decoded(jwk["x"])
    except ValueError:
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
