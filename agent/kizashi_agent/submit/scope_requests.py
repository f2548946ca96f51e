"""What a laptop asks about a scope that outlasts a check: take it back, or show its trend."""

from kizashi_protocol import (
    Content,
    Invite,
    Locale,
    ProtocolError,
    ReceiptBundle,
    Recovery,
    Scope,
    ScopeWithdrawal,
    SigningKey,
    Trend,
    TrendEntry,
    TrendRequest,
    trend_context,
)
from kizashi_protocol.context import REPORT_ID_BYTES
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_trend import open_trend_entry

from kizashi_agent.device.participant import recovery_secret, standing_key, trend_seed
from kizashi_agent.errors import SealedRefusal, TrustBroken
from kizashi_agent.submit.erasing import acknowledge
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.receipt_checks import erasure_in

_NOBODYS_CODE = "RECOVERY_UNKNOWN"
_UNFINISHED = "RECOVERY_UNFINISHED"

MOST_PARTS = 100
"""How often a server is asked, at most, to go on with a recovery that it cannot end in one call:
some minutes' work, after which the person is told to ask again."""

_ONE_TIME_SEED_BYTES = 32


def withdraw_scope(
    scope: Scope, given_time: int, exchanger: Exchanger, locale: Locale
) -> ReceiptBundle:
    """Has the server erase what it holds under a scope; returns the erasure receipt with its proof.

    Args:
        scope: trend, cohort or research.
        given_time: of the consent taken back, seconds since the epoch; 0 if it is not known.
        exchanger: connected to the programme's server.
        locale: the language spoken.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when the receipt does not hold.
    """
    key = _standing_key(scope, exchanger)
    return _erasure(ScopeWithdrawal(scope, given_time), key, scope, exchanger, locale)


def recover_scope(
    code: bytes, scope: Scope, exchanger: Exchanger, locale: Locale
) -> ReceiptBundle | None:
    """The same with the recovery code (20 bytes); None where the server holds nothing under it.

    With scope score it is every check that the code reaches, and its feedback that waits for a
    counsellor; a server with many is asked again until it is through, `MOST_PARTS` times at most.

    It is signed with a key made for it alone: the code is enough, and laptops cannot be told apart.

    Raises:
        AgentError: as `withdraw_scope`.
    """
    invite = exchanger.connection.invite
    secret = recovery_secret(code, invite.root_fingerprint, invite.programme_id, scope)
    asked = 0
    while True:
        asked += 1
        try:
            key = _one_time_key(exchanger)
            return _erasure(Recovery(secret, scope), key, scope, exchanger, locale)
        except SealedRefusal as error:
            if error.reason == _NOBODYS_CODE:
                return None
            if error.reason != _UNFINISHED or asked == MOST_PARTS:
                raise


def fetch_trend(exchanger: Exchanger, locale: Locale) -> tuple[TrendEntry, ...]:
    """The person's own trend, opened, the oldest entry first.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when an entry does not open.
    """
    key, once = _standing_key(Scope.TREND, exchanger), _one_time_key(exchanger)
    report_id = exchanger.random_bytes(REPORT_ID_BYTES)
    answer = exchanger.exchange(TrendRequest(), [key, once], locale=locale, report_id=report_id)
    outcome, invite = answer.reply.outcome, exchanger.connection.invite
    if not isinstance(outcome, Trend):
        raise _untrue("a request for a trend was answered with something else")
    place = trend_context(invite.programme_id, key.public)
    try:
        opener = _trend_key(exchanger, invite)
        entries = tuple(open_trend_entry(each, opener, place) for each in outcome.entries)
    except ProtocolError as error:
        raise _untrue(error.log) from None
    if entries:
        acknowledge(report_id, once, locale, exchanger)
    return entries


def _erasure(
    content: Content, key: SigningKey, scope: Scope, exchanger: Exchanger, locale: Locale
) -> ReceiptBundle:
    report_id = exchanger.random_bytes(REPORT_ID_BYTES)
    answer = exchanger.exchange(content, [key], locale=locale, report_id=report_id)
    erasure = erasure_in(answer, _untrue)
    programme_id = exchanger.connection.invite.programme_id
    if (erasure.scope, erasure.programme_id) != (scope, programme_id):
        raise _untrue("the erasure receipt is for something else")
    return answer.bundles[-1]


def _standing_key(scope: Scope, exchanger: Exchanger) -> SigningKey:
    invite = exchanger.connection.invite
    seed = exchanger.state.seed()
    return standing_key(seed, invite.root_fingerprint, invite.programme_id, scope)


def _trend_key(exchanger: Exchanger, invite: Invite) -> ItemPrivateKey:
    seed = exchanger.state.seed()
    return ItemPrivateKey.from_seed(trend_seed(seed, invite.root_fingerprint, invite.programme_id))


def _one_time_key(exchanger: Exchanger) -> SigningKey:
    return SigningKey.from_seed(exchanger.random_bytes(_ONE_TIME_SEED_BYTES))


def _untrue(log: str) -> TrustBroken:
    return TrustBroken(
        log,
        "What the server answered does not hold, so it was not shown or counted. Tell your site's "
        "contact.",
        reason="ANSWER_INVALID",
    )
