"""Heads, receipts in the log, bundles and witnesses: what holds, and each way it does not."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    NO_HEAD,
    Acknowledged,
    Erased,
    LogEvidence,
    LogHead,
    LogProof,
    MalformedMessage,
    ProtocolError,
    ReceiptBundle,
    Reply,
    SigningKey,
    UntrustedLog,
    WitnessedHead,
    cosign,
    fingerprint,
    key_id_of,
    read_log_head,
    read_reply,
    read_witnessed_head,
    sign_log_head,
    verify_bundle,
    verify_evidence,
    verify_logged,
    write_reply,
)
from kizashi_protocol.log_head import LOG_HEAD_TYPE
from kizashi_protocol.log_proof import LONGEST_PROOF, receipt_leaf
from kizashi_protocol.v1 import exchange_pb2

from tests.protocol.jws import parts, signed
from tests.protocol.logs import CONSENT, ERASURE, SALT, SIZE, bundle, log_with, proof_in
from tests.protocol.strategies import MOMENTS
from tests.protocol.values import LOG_KEY, NOW, RECEIPT_KEY, ROOT, feedback
from tests.vectors import make_receipt_bundles as made

KEYS = {key_id_of(LOG_KEY.public): LOG_KEY.public}
WITNESS = SigningKey.from_seed(b"w" * 32)
HASHES = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, 2**53 - 1)
HEADS = st.builds(LogHead, NUMBERS, HASHES, MOMENTS)
PROOFS = st.builds(
    LogProof, st.integers(0, 2**53 - 2), HASHES, st.lists(HASHES, max_size=6).map(tuple)
)
LOG = log_with([CONSENT, ERASURE])
HEAD = LOG.head()
HEADER, PAYLOAD = parts(sign_log_head(HEAD, LOG_KEY))
EVIDENCE = LogEvidence(
    (proof_in(LOG, SIZE - 2), proof_in(LOG, SIZE - 1)), sign_log_head(HEAD, LOG_KEY)
)


def reason_of(attempt: Callable[[], object]) -> str:
    """The reason of the one error that an attempt ends with."""
    with pytest.raises(ProtocolError) as caught:
        attempt()
    return caught.value.reason


@given(head=HEADS)
def test_a_head_survives_its_token(head: LogHead) -> None:
    """Signed and read, it is the same."""
    assert read_log_head(sign_log_head(head, LOG_KEY), KEYS) == head


@pytest.mark.parametrize("name", PAYLOAD)
@pytest.mark.parametrize("value", [None, 1.5, -1, 2**53, True, [], {}, "", "AA"], ids=repr)
def test_a_head_out_of_form_is_refused_though_signed(name: str, value: object) -> None:
    """A server cannot make a reader fail in another way than by one error."""
    token = signed(HEADER, PAYLOAD | {name: value}, LOG_KEY)
    assert reason_of(lambda: read_log_head(token, KEYS)) == "LOG_HEAD"


@pytest.mark.parametrize("name", PAYLOAD)
def test_a_head_without_a_part_is_none(name: str) -> None:
    """Size, root and time are all needed."""
    rest = {each: value for each, value in PAYLOAD.items() if each != name}
    assert reason_of(lambda: read_log_head(signed(HEADER, rest, LOG_KEY), KEYS)) == "LOG_HEAD"


def test_only_a_listed_log_key_signs_heads() -> None:
    """Neither a stranger nor the server's own receipt key."""
    for key in (WITNESS, RECEIPT_KEY):
        assert reason_of(partial(read_log_head, sign_log_head(HEAD, key), KEYS)) == "LOG_HEAD"
        forged = signed(HEADER, PAYLOAD, key)
        assert reason_of(partial(read_log_head, forged, KEYS)) == "LOG_HEAD"
    other = signed(HEADER | {"typ": "kizashi-receipt+jws"}, PAYLOAD, LOG_KEY)
    assert HEADER["typ"] == LOG_HEAD_TYPE
    assert reason_of(lambda: read_log_head(other, KEYS)) == "LOG_HEAD"


def test_receipts_of_a_reply_stand_in_its_log() -> None:
    """Each is proved, and the head continues what was seen."""
    assert verify_evidence((CONSENT, ERASURE), EVIDENCE, NO_HEAD, KEYS) == HEAD
    seen = LOG.head(7)
    continued = replace(EVIDENCE, consistency=tuple(LOG.proof(7, SIZE)))
    assert verify_evidence((CONSENT, ERASURE), continued, seen, KEYS) == HEAD


def test_receipts_of_another_number_or_order_do_not() -> None:
    """A proof too few, too many or for another receipt."""
    for receipts in ((CONSENT,), (ERASURE, CONSENT), (CONSENT, ERASURE, CONSENT), ()):
        assert (
            reason_of(partial(verify_evidence, receipts, EVIDENCE, NO_HEAD, KEYS)) == "LOG_UNPROVEN"
        )


def test_a_log_that_forgot_what_was_seen_is_caught() -> None:
    """A head seen before that is no beginning of the reply's is LOG_INCONSISTENT or LOG_SHRUNK."""
    for seen, reason in (
        (LogHead(7, bytes(32), NOW), "LOG_INCONSISTENT"),
        (LogHead(SIZE, bytes(32), NOW), "LOG_INCONSISTENT"),
        (LogHead(SIZE + 1, HEAD.root, NOW), "LOG_SHRUNK"),
    ):
        attempt = replace(EVIDENCE, consistency=tuple(LOG.proof(seen.size, SIZE)))
        assert (
            reason_of(partial(verify_evidence, (CONSENT, ERASURE), attempt, seen, KEYS)) == reason
        )


@given(token=st.text(max_size=50), salt=HASHES, other=HASHES)
def test_a_leaf_hides_what_it_is_of(token: str, salt: bytes, other: bytes) -> None:
    """Another salt gives another leaf, and a receipt alone finds none."""
    leaf = receipt_leaf(token, salt)
    assert len(leaf) == 32
    assert (receipt_leaf(token, other) == leaf) == (other == salt)


def test_a_receipt_is_not_proved_by_another_salt() -> None:
    """The commitment binds the salt too."""
    proof = replace(proof_in(LOG, SIZE - 1), salt=bytes(32))
    assert reason_of(lambda: verify_logged(ERASURE, proof, HEAD)) == "LOG_UNPROVEN"
    verify_logged(ERASURE, proof_in(LOG, SIZE - 1), HEAD)


@given(
    proofs=st.lists(PROOFS, min_size=1, max_size=4).map(tuple),
    consistency=st.lists(HASHES, max_size=6).map(tuple),
)
def test_evidence_survives_its_reply(
    proofs: tuple[LogProof, ...], consistency: tuple[bytes, ...]
) -> None:
    """Written and read, it is the same; a reply without any has none."""
    evidence = LogEvidence(proofs, "a head", consistency)
    reply = Reply(Erased("r"), ("c",), log=evidence)
    assert read_reply(write_reply(reply)) == reply
    assert reply.receipts == ("c", "r")
    assert read_reply(write_reply(Reply(Acknowledged()))).log is None
    assert Reply(feedback(), ("c",)).receipts == ("c",)


@pytest.mark.parametrize(
    "proof",
    [
        {"leaf_index": 2**53, "salt": SALT},
        {"leaf_index": 0, "salt": SALT[1:]},
        {"leaf_index": 0, "salt": SALT, "path": [b"short"]},
        {"leaf_index": 0, "salt": SALT, "path": [SALT] * (LONGEST_PROOF + 1)},
    ],
    ids=["index", "salt", "short", "long"],
)
def test_evidence_out_of_form_is_malformed(proof: dict[str, Any]) -> None:
    """Before anything is computed from it."""
    message = exchange_pb2.Reply(log_head="h")
    message.acknowledged.SetInParent()
    message.log_proofs.add(**proof)
    assert reason_of(lambda: read_reply(message.SerializeToString())) == "MALFORMED"


VECTORS: list[dict[str, Any]] = json.loads(made.FILE.read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: str(each["name"]))
def test_a_bundle_does_what_its_vector_says(vector: dict[str, Any]) -> None:
    """It holds against the pinned root, or fails for the reason the file expects."""

    def verified() -> object:
        content = ReceiptBundle.parse(json.dumps(vector["bundle"]).encode())
        return verify_bundle(content, bytes.fromhex(vector["root"]))

    if vector["expect"] == made.HOLDS:
        assert verified()
    else:
        assert reason_of(verified) == vector["expect"]


def test_the_vectors_are_the_scripts() -> None:
    """The file is what the script would write today, and it has every reason in it."""
    assert json.loads(json.dumps(made.vectors())) == VECTORS
    assert len({each["expect"] for each in VECTORS}) == 12


def test_a_verified_bundle_tells_where_the_receipt_stands() -> None:
    """What it says, at which index, of which size, after which head."""
    found = verify_bundle(bundle(), fingerprint(ROOT.public))
    assert (found.leaf_index, found.head.size, found.seen.size) == (SIZE - 1, SIZE, 5)


def test_a_bundle_survives_its_file() -> None:
    """Written and read, it is the same."""
    for token in (CONSENT, ERASURE):
        content = bundle(token)
        assert ReceiptBundle.parse(content.to_text().encode()) == content


TEXT = bundle().to_text()


@pytest.mark.parametrize("name", json.loads(TEXT))
@pytest.mark.parametrize("value", [None, 1.5, -1, [], {}, "*", ["*"], "é", True], ids=repr)
def test_a_file_out_of_form_is_no_bundle(name: str, value: object) -> None:
    """One error, whatever is in it; what parses by chance does not verify."""
    text = json.dumps(json.loads(TEXT) | {name: value}).encode()
    with pytest.raises(ProtocolError):
        verify_bundle(ReceiptBundle.parse(text), fingerprint(ROOT.public))


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b" " * 2_000_000])
def test_no_json_is_no_bundle(text: bytes) -> None:
    """Nor what is far too long."""
    with pytest.raises(MalformedMessage):
        ReceiptBundle.parse(text)


@given(head=HEADS, root=HASHES, time=MOMENTS)
def test_a_witnessed_head_survives_its_token(head: LogHead, root: bytes, time: int) -> None:
    """Co-signed and read, it is the same."""
    witnessed = WitnessedHead(root, head, "the server's token", time)
    assert read_witnessed_head(cosign(witnessed, WITNESS), WITNESS.public) == witnessed


def test_a_witness_is_believed_by_its_own_key_alone() -> None:
    """Neither the server's keys nor a head that nobody witnessed will do."""
    token = cosign(WitnessedHead(bytes(32), HEAD, "t", NOW), WITNESS)
    for text, public in (
        (token, LOG_KEY.public),
        (token[:-3], WITNESS.public),
        (sign_log_head(HEAD, WITNESS), WITNESS.public),
        ("", WITNESS.public),
    ):
        assert reason_of(partial(read_witnessed_head, text, public)) == "WITNESS_INVALID"


def test_untrusted_log_speaks_to_a_person() -> None:
    """Every fault has a sentence with what to do."""
    assert "contact" in UntrustedLog("log").person
