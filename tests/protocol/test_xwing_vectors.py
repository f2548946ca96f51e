"""Our keys against the published X-Wing vectors of HPKE.

The vectors come with the package cryptography-vectors (HPKE/hpke-pq-test-vectors.json, from
draft-ietf-hpke-pq). None of them has our AEAD, and each message has associated data, which the
library's public `Suite` cannot take. So three things are checked: our growth of keys from seeds
against every vector; our key objects against the vectors' own suites through the library's private
function with associated data; and an independent HPKE against the vectors' intermediate values,
which `test_vectors` then holds against messages of our very suite.
"""

import json
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.bindings._rust import openssl as library
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from kizashi_protocol.keys import expand
from kizashi_protocol.open_reply import ReplyPrivateKey
from kizashi_protocol.open_report import ReportPrivateKey

from tests.protocol.independent_hpke import decapsulate, key_schedule

XWING = 0x647A
HKDF_SHA256 = 0x0001
KDFS = {HKDF_SHA256: KDF.HKDF_SHA256, 0x0011: KDF.SHAKE256}
CHACHA20_POLY1305 = 0x0003


def published() -> list[dict[str, Any]]:
    """The vectors with X-Wing."""
    with cryptography_vectors.open_vector_file("HPKE/hpke-pq-test-vectors.json", "rb") as file:
        return [each for each in json.load(file) if each["kem_id"] == XWING]


VECTORS = published()


def of_bytes(vector: dict[str, Any], name: str) -> bytes:
    """A field of a vector."""
    return bytes.fromhex(vector[name])


def test_there_are_vectors() -> None:
    """The package still carries X-Wing, once with the KDF of our suite."""
    assert sorted(each["kdf_id"] for each in VECTORS) == sorted(KDFS)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: f"kdf-{each['kdf_id']}")
def test_a_seed_grows_into_the_published_public_key(vector: dict[str, Any]) -> None:
    """SHAKE-256, the order of the halves and their encodings are X-Wing's."""
    seed, public = of_bytes(vector, "skRm"), of_bytes(vector, "pkRm")
    assert expand(seed)[1].raw == public
    assert ReportPrivateKey.from_seed(seed).public.raw == public
    assert ReplyPrivateKey.from_seed(seed).public.raw == public


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: f"kdf-{each['kdf_id']}")
def test_our_key_objects_open_the_published_message(vector: dict[str, Any]) -> None:
    """Decapsulation, key schedule and decryption agree, in the suite of the vector."""
    assert vector["aead_id"] == CHACHA20_POLY1305
    suite = Suite(KEM.MLKEM768_X25519, KDFS[vector["kdf_id"]], AEAD.CHACHA20_POLY1305)
    key = ReportPrivateKey.from_seed(of_bytes(vector, "skRm"))
    first = vector["encryptions"][0]
    opened = library.hpke._decrypt_with_aad(
        suite,
        of_bytes(vector, "enc") + of_bytes(first, "ct"),
        key.primitive,
        info=of_bytes(vector, "info"),
        aad=of_bytes(first, "aad"),
    )
    assert opened == of_bytes(first, "pt")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: f"kdf-{each['kdf_id']}")
def test_the_independent_decapsulation_agrees(vector: dict[str, Any]) -> None:
    """The second reading of X-Wing reaches the published shared secret."""
    secret = decapsulate(of_bytes(vector, "skRm"), of_bytes(vector, "enc"))
    assert secret == of_bytes(vector, "shared_secret")


def test_the_independent_key_schedule_agrees() -> None:
    """The second reading of RFC 9180 reaches the published key and nonce."""
    (vector,) = (each for each in VECTORS if each["kdf_id"] == HKDF_SHA256)
    schedule = key_schedule(
        of_bytes(vector, "shared_secret"), of_bytes(vector, "info"), of_bytes(vector, "suite_id")
    )
    assert schedule == (of_bytes(vector, "key"), of_bytes(vector, "base_nonce"))
