"""What is kept of a check under the standing consents that came with it.

The trend's entry is sealed to the person's own key, the summary for research was sealed on the
laptop, and the contribution to a cohort is a month and a band: nothing here keeps a summary that
the server could read.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kizashi_models.scorer import Abstention, Score
from kizashi_protocol.consent import (
    TREND_ENTRIES,
    ConsentRecipient,
    ConsentRecord,
    Scope,
    read_consent,
)
from kizashi_protocol.context import Label, framed
from kizashi_protocol.directory import Directory
from kizashi_protocol.keys import KEY_ID_BYTES
from kizashi_protocol.moments import DAY
from kizashi_protocol.reply import Band
from kizashi_protocol.report import Check
from kizashi_protocol.trend import TrendEntry, seal_trend_entry, trend_context

from kizashi_server.consent_gate import Permission
from kizashi_server.exchange.answering import ReportContext
from kizashi_server.exchange.subjects import subject_of
from kizashi_server.release.cohort import contribution_at
from kizashi_server.store.holdings_contract import HoldingsStore, Item

MOST_KEPT = {Scope.TREND: TREND_ENTRIES, Scope.COHORT: 13, Scope.RESEARCH: 100}
"""Items a person has at most under each scope, the oldest dropped first: a trend as its consent
says, the months that a consent can touch, and a bound on what one key can fill a disk with."""

_ERASURE_NAME = b"kizashi/v1 kept of a check"


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeping needs of the world.

    Attributes:
        store: where it is kept.
        researchers: who evaluates summaries given for research in a programme (its id) at a moment
            (seconds since the epoch), as the root has certified them.
    """

    store: HoldingsStore = field(repr=False)
    researchers: Callable[[str, int], Sequence[ConsentRecipient]]


def researchers_in(directory: Directory) -> Callable[[str, int], Sequence[ConsentRecipient]]:
    """Who evaluates summaries given for research, as a directory lists them; see `Keeping`."""

    def certified(programme_id: str, now: int) -> Sequence[ConsentRecipient]:
        listed = directory.researchers(programme_id, now)
        return [ConsentRecipient(each.name, each.fingerprint) for each in listed]

    return certified


def misfit(
    check: Check,
    permitted: Mapping[Scope, Permission],
    researchers: Sequence[ConsentRecipient],
) -> str | None:
    """Why what a check brings along does not go with its consents, or None when it does.

    Returns:
        REPORT_INVALID where a key or a sealed summary came without its consent, or the other way
        round, and CONSENT_TERMS_CHANGED where the research key is another than the programme's.
    """
    brought = {Scope.TREND: check.trend_key, Scope.RESEARCH: check.research}
    if any((item is not None) != (scope in permitted) for scope, item in brought.items()):
        return "REPORT_INVALID"
    if check.research is None:
        return None
    recipient = permitted[Scope.RESEARCH].records[0].recipient
    if recipient is None or recipient not in researchers:
        return "CONSENT_TERMS_CHANGED"
    to_them = check.research.key_id == recipient.fingerprint[:KEY_ID_BYTES]
    sized = check.research.is_sized_for(Label.RESEARCH_SUMMARY)
    return None if to_them and sized else "REPORT_INVALID"


def keep_of_check(
    check: Check,
    permitted: Mapping[Scope, Permission],
    result: Score | Abstention | None,
    context: ReportContext,
    store: HoldingsStore,
) -> None:
    """Keeps what is permitted, and nothing else.

    Whoever takes a consent or the check back at this very moment is heard: the store then keeps
    nothing. Done again for the same check, it keeps nothing more.

    Args:
        check: as received; `misfit` found nothing wrong with it.
        permitted: as `permit_check` says.
        result: None when nothing was scored.
        context: of the report.
        store: where to.
    """
    tokens = {read_consent(token).scope: token for token in check.consents}
    owner = permitted[Scope.SCORE].records[0].subject
    for scope, permission in permitted.items():
        record = permission.records[0]
        item = _item(scope, record, owner, check, result, context)
        if item is not None:
            store.keep(subject_of(record, tokens[scope]), item, MOST_KEPT[scope])


def erasure_name(owner: bytes, report_id: bytes, programme_id: str, scope: Scope) -> bytes:
    """By which what is kept of a check under a scope goes with the check: HMAC-SHA256, 32 bytes.

    Its key is in no store, which has a digest of it alone; whoever withdraws the check shows it. So
    nobody can tell from the stores what is kept of which check, or of the same under two scopes.

    Args:
        owner: the check's score key, public, 32 bytes.
        report_id: the check, 16 bytes.
        programme_id: of the check.
        scope: that it is kept under.
    """
    place = framed(_ERASURE_NAME, programme_id.encode(), scope.encode(), report_id)
    return hmac.digest(owner, place, "sha256")


def _item(  # noqa: PLR0913, PLR0917 - a check, what came of it, and under which consent it is kept
    scope: Scope,
    record: ConsentRecord,
    owner: bytes,
    check: Check,
    result: Score | Abstention | None,
    context: ReportContext,
) -> Item | None:
    name = context.header.report_id
    erased_by = erasure_name(owner, name, record.terms.programme_id, scope)
    match scope:
        case Scope.TREND if check.trend_key is not None and result is not None:
            entry = TrendEntry(context.now // DAY, _band(result), result.scorer_id, result.norms_id)
            place = trend_context(record.terms.programme_id, record.subject)
            return Item(name, seal_trend_entry(entry, check.trend_key, place), erased_by)
        case Scope.COHORT if isinstance(result, Score):
            contribution = contribution_at(context.now, result.band)
            return Item(contribution.name, contribution.to_bytes(), erased_by)
        case Scope.RESEARCH if check.research is not None:
            return Item(name, check.research.to_message().SerializeToString(), erased_by)
        case _:
            return None


def _band(result: Score | Abstention) -> Band | None:
    return result.band if isinstance(result, Score) else None
