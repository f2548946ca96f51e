"""What rides along with a check: standing consents, and what each of them brings."""

from collections.abc import Iterable
from dataclasses import dataclass

from kizashi_protocol import (
    Check,
    ResearchItem,
    Scope,
    SealedItem,
    read_consent,
    research_context,
    seal_for_research,
)
from kizashi_protocol.consent import ConsentRecipient
from kizashi_protocol.open_item import ItemPrivateKey

from kizashi_agent.device.participant import trend_seed
from kizashi_agent.errors import TrustBroken
from kizashi_agent.submit.standing import Life, StandingConsent, researcher_of
from kizashi_agent.submit.trust import Connection
from kizashi_agent.submit.waiting import WaitingCheck

_RIDES = (Life.HOLDS, Life.ENDS_SOON)


@dataclass(frozen=True, slots=True)
class Looked:
    """A standing consent, and where it is in its life for a programme as it is now."""

    consent: StandingConsent
    life: Life

    @property
    def rides(self) -> bool:
        """Whether it is sent along."""
        return self.life in _RIDES


def look(given: list[StandingConsent], connection: Connection, now: int) -> list[Looked]:
    """Which of the consents to a programme ride along with a check, and why others do not.

    Args:
        given: those to the connection's programme.
        connection: verified.
        now: seconds since the epoch.
    """
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    researcher = researcher_of(connection, now)
    certified = researcher and ConsentRecipient(researcher.name, researcher.fingerprint)

    def life(consent: StandingConsent) -> Life:
        found = consent.life(now, terms)
        if found in _RIDES and consent.record.recipient not in (None, certified):
            return Life.TERMS_CHANGED
        return found

    return [Looked(each, life(each)) for each in given]


def riding_tokens(looked: Iterable[Looked]) -> tuple[str, ...]:
    """Tokens of the standing consents that are sent along."""
    return tuple(each.consent.token for each in looked if each.rides)


def check_content(check: WaitingCheck, seed: bytes, connection: Connection, now: int) -> Check:
    """The content of a check with what its standing consents bring.

    Args:
        check: with its consents.
        seed: of the participant's keys, 32 bytes.
        connection: whose directory names the research key.
        now: seconds since the epoch.

    Raises:
        TrustBroken: the research key that was consented to is no longer certified.
    """
    scopes = {record.scope: record for record in map(read_consent, check.consents)}
    invite, trend_key, research = check.invite, None, None
    if Scope.TREND in scopes:
        grown = trend_seed(seed, invite.root_fingerprint, invite.programme_id)
        trend_key = ItemPrivateKey.from_seed(grown).public
    if Scope.RESEARCH in scopes:
        recipient = scopes[Scope.RESEARCH].recipient
        item = ResearchItem(check.summary, check.added)
        research = _for_research(item, recipient, connection, now)
    return Check(check.consents, check.scorer_id, check.summary, trend_key, research)


def _for_research(
    item: ResearchItem, recipient: ConsentRecipient | None, connection: Connection, now: int
) -> SealedItem:
    researcher = researcher_of(connection, now)
    if researcher is None or recipient is None or researcher.fingerprint != recipient.fingerprint:
        raise TrustBroken(
            "the research key of a consent is no longer certified",
            "Whoever was to receive your summary for research is no longer certified for this "
            "programme, so nothing was sent. Take that consent back with: kizashi withdraw --scope "
            "research, and start again.",
            reason="RESEARCHER_CHANGED",
        )
    invite = connection.invite
    place = research_context(invite.root_fingerprint, invite.programme_id)
    return seal_for_research(item, researcher.public, place)
