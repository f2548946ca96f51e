"""What a report may at most come to, as the judge sees it: outcomes, receipts, and rows.

Whatever is not named here nobody deserves. A content that the protocol is given deserves nothing
until it is judged here, and so the first good report of it shows that this module lacks it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kizashi_protocol import STANDING, Label, Scope, SealedItem
from kizashi_protocol.context import framed
from kizashi_protocol.keys import OVERHEAD_BYTES
from kizashi_protocol.sealed_item import ITEM_PLAINTEXT_BYTES
from kizashi_protocol.v1 import exchange_pb2

from tests.fuzz import judge
from tests.fuzz.kept import (
    CHANGED,
    ERASED_ITEMS,
    GONE,
    HOLDINGS,
    MADE,
    RECOVERED,
    ROWS,
    SHARES,
    TOMBSTONES,
    Change,
)
from tests.fuzz.participants import Facts
from tests.fuzz.reports import SHARE_SCOPES, Good
from tests.protocol.jws import encoded
from tests.server.laptop import RESEARCHER
from tests.server.sharing.opened_check import COUNSELLOR_KEY

PUBLIC_KEY_BYTES = 1216
ITEM_BYTES = range(OVERHEAD_BYTES + 1, 12_001)
NEED_THE_SCORE = {"feedback", "trend", "cohort"}
BY_ID = {"acknowledgement", "withdrawal", "share_withdrawal"}


@dataclass(frozen=True, slots=True)
class Deserved:
    """What a plaintext may at most come to.

    Attributes:
        kind: the content's name.
        readable: it parses, its signatures hold, and its figures are in range.
        scored: it may be scored.
        outcomes: names of the outcomes it may get beside a refusal.
        receipts: how many of its consents may be countersigned.
        entries: of a trend.
        item: what was left for a counsellor and may be given out.
        stated: what an erasure receipt may be of: check and scope.
        changes: what may become of rows beside its own; with any outcome but a refusal, what is to
            go has gone.
        notes: rows that may come with a refusal too: that something which never came is not to
            count, if it comes.
    """

    kind: str | None = None
    readable: bool = False
    scored: bool = False
    outcomes: frozenset[str] = frozenset()
    receipts: int = 0
    entries: int = 0
    item: SealedItem | None = None
    stated: frozenset[tuple[str | None, str | None]] = frozenset()
    changes: frozenset[Change] = field(default=frozenset(), repr=False)
    notes: frozenset[Change] = field(default=frozenset(), repr=False)

    @property
    def something(self) -> bool:
        """Whether it may come to anything but a refusal."""
        return bool(self.outcomes)


def deserved(good: Good, plaintext: bytes, facts: Facts) -> Deserved:
    """What the judge says of a plaintext that was made from this report."""
    layers = judge.parse_signed(plaintext)
    signers = judge.signers_of(good.header, layers[0]) if layers else None
    if layers is None or signers is None or layers[1].locale not in {"en", "ja"}:
        return Deserved()
    message = layers[1]
    kind = message.WhichOneof("content")
    if kind is None or len(message.reply_public_key) != PUBLIC_KEY_BYTES:
        return Deserved(kind=kind)
    return _of_content(good, kind, getattr(message, kind), signers, facts)


def _of_content(  # noqa: PLR0911 - one judgement a kind of content
    good: Good, kind: str, content: Any, signers: frozenset[bytes], facts: Facts
) -> Deserved:
    match kind:
        case "check":
            return _check(good, content, signers, facts)
        case "share":
            return _share(good, content, signers, facts)
        case "scope_withdrawal":
            return _scope_withdrawal(good, content.scope, signers, facts)
        case "recovery" | "redemption":
            by_secret = _recovery if kind == "recovery" else _redemption
            return by_secret(good, content, facts)
        case "trend_request":
            entries = sum(facts.entries.get(each, 0) for each in signers)
            return Deserved(kind, True, outcomes=frozenset({"Trend"}), entries=entries)
        case _ if kind in BY_ID:
            return _by_id(good, kind, content.report_id, signers, facts)
        case _:
            return Deserved(kind)


def subject_digest(programme_id: str, scope: str, public: bytes) -> bytes:
    """Who somebody is to the store: SHA-256 over programme, scope and key."""
    return hashlib.sha256(framed(programme_id.encode(), scope.encode(), public)).digest()


def erasure_name(owner: bytes, programme_id: str, scope: str, check: bytes) -> bytes:
    """By which what is kept of a check goes with it: an HMAC under the check's key."""
    place = framed(b"kizashi/v1 kept of a check", programme_id.encode(), scope.encode(), check)
    return hmac.digest(owner, place, "sha256")


def _by_id(
    good: Good, kind: str, check: bytes, signers: frozenset[bytes], facts: Facts
) -> Deserved:
    if len(check) != 16:
        return Deserved(kind)
    if kind == "withdrawal" and len(signers) != 1:
        return Deserved(kind, True)
    if not facts.is_owned(check, signers):
        # A withdrawal of a check that never came is remembered, so that it never will.
        never = kind == "withdrawal" and check not in facts.owners
        notes = {Change(MADE, ROWS, check)} if never else set()
        return Deserved(kind, True, notes=frozenset(notes))
    changes = {Change(CHANGED, ROWS, check)}
    if kind == "acknowledgement":
        return Deserved(
            kind, True, outcomes=frozenset({"Acknowledged"}), changes=frozenset(changes)
        )
    if facts.waits(check):
        changes.add(Change(GONE, SHARES, check))
    scope = "share" if kind == "share_withdrawal" else None
    if kind == "withdrawal":
        changes |= set(_erased_with(good.header.programme_id, check, facts))
    return Deserved(
        kind,
        True,
        outcomes=frozenset({"Erased"}),
        stated=frozenset({(encoded(check), scope)}),
        changes=frozenset(changes),
    )


def _erased_with(programme_id: str, check: bytes, facts: Facts) -> Iterable[Change]:
    for each in STANDING:
        name = erasure_name(facts.owners[check], programme_id, each, check)
        yield Change(MADE, ERASED_ITEMS, name)
    for scope, key in facts.kept.get(check, ()):
        yield Change(CHANGED, HOLDINGS, subject_digest(programme_id, scope, key))


def _scope_withdrawal(good: Good, scope: str, signers: frozenset[bytes], facts: Facts) -> Deserved:
    if scope not in STANDING:
        return Deserved("scope_withdrawal")
    if len(signers) != 1:
        return Deserved("scope_withdrawal", True)
    return _erased(good, "scope_withdrawal", scope, signers, facts)


def _recovery(good: Good, recovery: exchange_pb2.Recovery, facts: Facts) -> Deserved:
    if len(recovery.secret) != 32 or recovery.scope not in {"score", *STANDING}:
        return Deserved("recovery")
    if recovery.scope == "score":
        return _recovery_of_checks(good, recovery.secret, facts)
    if recovery.secret in facts.recoveries:
        scope, key = facts.recoveries[recovery.secret]
        return _erased(good, "recovery", scope, [key], facts)
    # Its digest is remembered, so that a consent which bears it and is on its way does not count.
    digest = hashlib.sha256(recovery.secret).digest()
    return Deserved("recovery", True, notes=frozenset({Change(MADE, TOMBSTONES, digest)}))


def _recovery_of_checks(good: Good, secret: bytes, facts: Facts) -> Deserved:
    # Remembered, so that a check of this secret that is on its way does not count.
    notes = frozenset({Change(MADE, RECOVERED, (good.header.programme_id, secret))})
    if secret not in facts.reached:
        return Deserved("recovery", True, notes=notes)
    changes = set()
    for check in facts.reached[secret]:
        changes.add(Change(CHANGED, ROWS, check))
        if facts.waits(check):
            changes.add(Change(GONE, SHARES, check))
    return Deserved(
        "recovery",
        True,
        outcomes=frozenset({"Erased"}),
        stated=frozenset({(None, "score")}),
        changes=frozenset(changes),
        notes=notes,
    )


def _erased(good: Good, kind: str, scope: str, keys: Iterable[bytes], facts: Facts) -> Deserved:
    changes = set()
    for key in keys:
        digest = subject_digest(good.header.programme_id, scope, key)
        changes.add(Change(MADE, TOMBSTONES, digest))
        if (scope, key) in facts.held:
            changes.add(Change(GONE, HOLDINGS, digest))
    return Deserved(
        kind,
        True,
        outcomes=frozenset({"Erased"}),
        stated=frozenset({(None, str(scope))}),
        changes=frozenset(changes),
    )


def _redemption(_: Good, redemption: exchange_pb2.Redemption, facts: Facts) -> Deserved:
    secret, key_id = redemption.secret, redemption.key_id
    check, item = facts.waiting.get(secret, (b"", None))
    if item is None or key_id != item.key_id:
        return Deserved("redemption", len(secret) == 32 and len(key_id) == 16)
    changes = frozenset({Change(GONE, SHARES, check)})
    return Deserved(
        "redemption", True, outcomes=frozenset({"Redeemed"}), item=item, changes=changes
    )


def _check(
    good: Good, check: exchange_pb2.Check, signers: frozenset[bytes], facts: Facts
) -> Deserved:
    if len(check.consents) > len(Scope) or not judge.summary_is_proper(check.summary):
        return Deserved("check")
    if not _has_form(check):
        return Deserved("check")
    only_readable = Deserved("check", True)
    held = _faithful(good, check.consents)
    if held is None or not set(held.values()) <= signers or "score" not in held:
        return only_readable
    worked_out = bool(NEED_THE_SCORE & held.keys())
    told = check.summary.extractor_id == good.extractor_id or not worked_out
    if check.scorer_id != good.scorer_id or not told or not _goes_with(check, held):
        return only_readable
    receipts = sum(scope in good.consents for scope in held)
    return Deserved(
        "check",
        True,
        scored=worked_out,
        outcomes=frozenset({"Feedback" if "feedback" in held else "Withheld"}),
        receipts=receipts,
        changes=frozenset(_kept_of(good, held, facts)),
    )


def _kept_of(good: Good, held: Mapping[str, bytes], facts: Facts) -> Iterable[Change]:
    for scope, key in held.items():
        if scope in STANDING and scope in good.consents:
            how = CHANGED if (scope, key) in facts.held else MADE
            yield Change(how, HOLDINGS, subject_digest(good.header.programme_id, scope, key))


def _has_form(check: exchange_pb2.Check) -> bool:
    """Whether what comes with the consents has the sizes it must have."""
    research = check.research
    return len(check.trend_public_key) in {0, PUBLIC_KEY_BYTES} and (
        not check.HasField("research")
        or (len(research.key_id) == 16 and len(research.ciphertext) in ITEM_BYTES)
    )


def _goes_with(check: exchange_pb2.Check, held: Mapping[str, bytes]) -> bool:
    """Whether there comes with the consents just what they are for, to whom they name."""
    if bool(check.trend_public_key) != ("trend" in held):
        return False
    if check.HasField("research") != ("research" in held):
        return False
    size = ITEM_PLAINTEXT_BYTES[Label.RESEARCH_SUMMARY] + OVERHEAD_BYTES
    item = (check.research.key_id, len(check.research.ciphertext))
    return "research" not in held or item == (RESEARCHER.fingerprint[:16], size)


def _share(
    good: Good, share: exchange_pb2.Share, signers: frozenset[bytes], facts: Facts
) -> Deserved:
    sealed, check = share.sealed, share.report_id
    lengths = (len(check), len(share.opening_nonce), len(share.redemption_digest))
    item_has_form = len(sealed.key_id) == 16 and len(sealed.ciphertext) in ITEM_BYTES
    if lengths != (16, 32, 32) or len(share.consents) > len(Scope) or not item_has_form:
        return Deserved("share")
    held = _faithful(good, share.consents) or {}
    size = ITEM_PLAINTEXT_BYTES[Label.SHARED_FEEDBACK] + OVERHEAD_BYTES
    deserves = (
        good.kind == "share"
        and set(SHARE_SCOPES) <= held.keys()
        and {held["score"], held["share"]} <= signers
        and held["score"] == facts.owners.get(check)
        and share.opening_nonce == facts.nonces.get(check)
        and (sealed.key_id, len(sealed.ciphertext)) == (COUNSELLOR_KEY.public.key_id, size)
    )
    if not deserves:
        return Deserved("share", True)
    changes = {Change(MADE, SHARES, check), Change(CHANGED, ROWS, check)}
    outcomes = frozenset({"Shared"})
    return Deserved("share", True, outcomes=outcomes, receipts=1, changes=frozenset(changes))


def _faithful(good: Good, tokens: Iterable[str]) -> Mapping[str, bytes] | None:
    """The subject of each consent; None where one does not hold or a scope comes twice."""
    held: dict[str, bytes] = {}
    for token in tokens:
        found = _holds(good, token)
        if found is None or found[0] in held:
            return None
        held[found[0]] = found[1]
    return held


def _holds(good: Good, token: str) -> tuple[str, bytes] | None:
    read = judge.read_signed_token(token, "kizashi-consent+jws")
    if read is None:
        return None
    scope = str(read[2].get("dpv:hasPurpose")).removeprefix("kizashi:")
    if scope not in good.consents:
        # A consent that nothing here rests on; whether it holds makes no difference.
        return (scope, read[1]) if scope in set(Scope) else None
    others = {"other": good.notices[scope]}
    subject = judge.consent_is_proper(token, good.consents[scope], others, good.now)
    return None if subject is None else (scope, subject)
