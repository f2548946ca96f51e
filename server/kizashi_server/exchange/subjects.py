"""Who somebody is to the store: a key of one scope of one programme, by its digest."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from kizashi_protocol.consent import STANDING, ConsentRecord, Scope
from kizashi_protocol.context import framed

from kizashi_server.store.holdings_contract import HoldingsStore, Subject


def subject_digest_of(public: bytes, programme_id: str, scope: Scope) -> bytes:
    """SHA-256 over programme, scope and the participant's key (32 bytes) of that scope.

    Programme and scope are in it so that a key shown in two places is two subjects.
    """
    return hashlib.sha256(framed(programme_id.encode(), scope.encode(), public)).digest()


def digests_of(signers: Iterable[bytes], programme_id: str, scope: Scope) -> frozenset[bytes]:
    """The digests of everybody who signed, as subjects of a scope."""
    return frozenset(subject_digest_of(each, programme_id, scope) for each in signers)


def subject_of(record: ConsentRecord, token: str) -> Subject:
    """Whose consent a standing record is, and how it is kept.

    Raises:
        ValueError: the record does not outlast its check.
    """
    if record.scope not in STANDING or record.recovery_digest is None:
        raise ValueError("only a standing consent makes a subject")
    programme_id = record.terms.programme_id
    return Subject(
        digest=subject_digest_of(record.subject, programme_id, record.scope),
        scope=record.scope,
        programme_id=programme_id,
        consent=token,
        recovery_digest=record.recovery_digest,
        given_time=record.given_time,
        expire_time=record.expire_time,
    )


def withdrawn_among(
    consents: Sequence[ConsentRecord], programme_id: str, store: HoldingsStore
) -> Mapping[bytes, int]:
    """Subject's key (32 bytes) -> when it last took consent back, for those of these consents.

    By its key, or with the recovery code, which reaches a consent that nobody has seen yet.
    """
    digests: dict[bytes, bytes] = {}
    for each in consents:
        if each.scope in STANDING:
            digests[subject_digest_of(each.subject, programme_id, each.scope)] = each.subject
            if each.recovery_digest is not None:
                digests[each.recovery_digest] = each.subject
    times = store.withdrawn_times(digests.keys()) if digests else {}
    return latest(*({digests[digest]: time} for digest, time in times.items()))


def latest(*times: Mapping[bytes, int]) -> Mapping[bytes, int]:
    """The later time of each key that several name: nothing makes a withdrawal earlier."""
    found: dict[bytes, int] = {}
    for key, time in (each for some in times for each in some.items()):
        found[key] = max(time, found.get(key, time))
    return found
