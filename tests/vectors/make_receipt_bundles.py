"""Writes receipt_bundles.json: `python -m tests.vectors.make_receipt_bundles`.

Everything in it is derived from test keys, so that every run writes the same file.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from kizashi_protocol import (
    DIRECTORY_KEY_VALIDITY,
    ErasureReceipt,
    LogHead,
    LogProof,
    ReceiptBundle,
    SigningKey,
    certify_directory_key,
    countersign,
    fingerprint,
    read_log_head,
    sign_directory,
    sign_log_head,
    write_erasure,
)
from kizashi_protocol.moments import LATEST

from tests.protocol.logs import (
    CONSENT,
    ERASURE,
    SEEN_SIZE,
    SIZE,
    Log,
    bundle,
    log_with,
    proof_in,
)
from tests.protocol.values import (
    DAY,
    DIRECTORY_KEY,
    LOG_KEY,
    NOW,
    PROGRAMME,
    RECEIPT_KEY,
    REPORT_ID,
    ROOT,
    consent_token,
    directory,
)

FILE = Path(__file__).with_name("receipt_bundles.json")

COMMENT = (
    "TEST VECTORS of Kizashi, made by tests/vectors/make_receipt_bundles.py with test keys that "
    "guard nothing. No receipt in it is anybody's. Each bundle is verified against the root given "
    "with it, and holds or fails for the reason it expects."
)

HOLDS = "HOLDS"
OTHER = SigningKey.from_seed(b"o" * 32)
"""TEST KEY of somebody who is not the server."""


def vector(
    name: str, expect: str, content: ReceiptBundle, root: SigningKey = ROOT
) -> dict[str, Any]:
    """One vector."""
    return {
        "name": name,
        "expect": expect,
        "root": fingerprint(root.public).hex(),
        "bundle": json.loads(content.to_text()),
    }


def moved(content: ReceiptBundle, index: int) -> ReceiptBundle:
    """The bundle with another index beside the same path."""
    return replace(content, proof=replace(content.proof, leaf_index=index))


def forked() -> ReceiptBundle:
    """A head, rightly signed and with a proof of inclusion, of a log that begins otherwise."""
    honest = bundle()
    log = log_with([CONSENT])
    log = Log([b"\xff" * 32, *log.leaves[1:]])
    return replace(
        honest,
        proof=proof_in(log, SIZE - 1),
        head=sign_log_head(log.head(), LOG_KEY),
        consistency=tuple(log.proof(SEEN_SIZE, SIZE)),
    )


def shrunk() -> ReceiptBundle:
    """A head of a log that is shorter than the one published before."""
    longer = log_with([CONSENT], size=SIZE + 4)
    return replace(bundle(), seen=sign_log_head(longer.head(), LOG_KEY), consistency=())


def without_seen(content: ReceiptBundle) -> ReceiptBundle:
    """The bundle of a laptop that had seen no head before."""
    return replace(content, seen="", consistency=())


def with_directory(**changes: Any) -> bytes:
    """A signed directory that differs."""
    changed = directory(**changes)
    certificate = certify_directory_key(
        ROOT,
        DIRECTORY_KEY.public,
        start=changed.issue_time,
        expire=changed.issue_time + DIRECTORY_KEY_VALIDITY,
    )
    return sign_directory(changed, DIRECTORY_KEY, certificate).SerializeToString(deterministic=True)


def flipped(data: bytes) -> bytes:
    """Data with one bit turned."""
    return bytes([data[0] ^ 1]) + data[1:]


def vectors() -> list[dict[str, Any]]:
    """Every vector."""
    consent, erasure = bundle(CONSENT), bundle(ERASURE)
    proof = consent.proof
    head = read_log_head(consent.head, directory().log_key_by_id())
    later = countersign(consent_token(), RECEIPT_KEY, now=NOW + 31 * DAY)
    never = countersign(consent_token(), RECEIPT_KEY, now=LATEST + 1)
    elsewhere = write_erasure(ErasureReceipt(REPORT_ID, "autumn-check", NOW, 30), RECEIPT_KEY)
    forged = countersign(consent_token(), OTHER, now=NOW)
    renamed = replace(PROGRAMME, owner="Another University")
    return [
        vector("a consent", HOLDS, consent),
        vector("an erasure", HOLDS, erasure),
        vector("a consent on a laptop that saw no head before", HOLDS, without_seen(consent)),
        vector("another root", "DIRECTORY_WRONG_ROOT", consent, OTHER),
        vector(
            "a changed directory",
            "DIRECTORY_SIGNATURE",
            replace(consent, directory=consent.directory.replace(b"Spring", b"Summer")),
        ),
        vector(
            "a directory cut short",
            "DIRECTORY_MALFORMED",
            replace(consent, directory=consent.directory[:-1]),
        ),
        vector("after the directory's end", "DIRECTORY_EXPIRED", bundle(later)),
        vector(
            "before the directory's beginning",
            "DIRECTORY_NOT_YET",
            replace(
                consent,
                directory=with_directory(issue_time=NOW + 9 * DAY, expire_time=NOW + 20 * DAY),
            ),
        ),
        vector("a receipt by another key", "RECEIPT_INVALID", bundle(forged)),
        vector("a consent for a receipt", "RECEIPT_INVALID", bundle(consent_token())),
        vector("a receipt of a year that is no date", "RECEIPT_INVALID", bundle(never)),
        vector(
            "a head of a year that is no date",
            "LOG_HEAD",
            replace(consent, head=sign_log_head(replace(head, time=LATEST + 1), LOG_KEY)),
        ),
        vector(
            "a directory of a year that is no date",
            "DIRECTORY_MALFORMED",
            replace(consent, directory=with_directory(expire_time=LATEST + 1)),
        ),
        vector("a receipt of another programme", "RECEIPT_OTHER_PROGRAMME", bundle(elsewhere)),
        vector(
            "a consent to other terms",
            "RECEIPT_OTHER_PROGRAMME",
            replace(consent, directory=with_directory(programmes=[renamed])),
        ),
        vector("another receipt in its place", "LOG_UNPROVEN", replace(consent, token=ERASURE)),
        vector(
            "a flipped salt, and so another leaf",
            "LOG_UNPROVEN",
            replace(consent, proof=replace(proof, salt=flipped(proof.salt))),
        ),
        vector(
            "a flipped hash in the path",
            "LOG_UNPROVEN",
            replace(consent, proof=replace(proof, path=(flipped(proof.path[0]), *proof.path[1:]))),
        ),
        vector("a moved proof", "LOG_UNPROVEN", moved(consent, SIZE - 2)),
        vector("an index behind the end", "LOG_UNPROVEN", moved(consent, SIZE)),
        vector(
            "a path cut short",
            "LOG_UNPROVEN",
            replace(consent, proof=LogProof(SIZE - 1, proof.salt, proof.path[:-1])),
        ),
        vector("a head by another key", "LOG_HEAD", bundle(key=OTHER)),
        vector(
            "a head over another tree",
            "LOG_UNPROVEN",
            replace(consent, head=sign_log_head(LogHead(SIZE, bytes(32), NOW), LOG_KEY)),
        ),
        vector("a head cut short", "LOG_HEAD", replace(consent, head=consent.head[:-4])),
        vector(
            "a head that names another size",
            "LOG_UNPROVEN",
            replace(consent, head=sign_log_head(replace(head, size=SIZE * 2), LOG_KEY)),
        ),
        vector("a log that was rewritten", "LOG_INCONSISTENT", forked()),
        vector(
            "no proof from the head seen before",
            "LOG_INCONSISTENT",
            replace(consent, consistency=()),
        ),
        vector("a log that shrank", "LOG_SHRUNK", shrunk()),
    ]


def main() -> None:
    """Writes the file."""
    content = {"comment": COMMENT, "vectors": vectors()}
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
