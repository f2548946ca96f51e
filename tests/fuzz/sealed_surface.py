"""Sealed reports through the whole intake: opened, read, verified, gated; all would be acted on.

Each input is a report that was good, spoilt inside, signed again or not, and then sealed as it
should be, so that nothing but what it says can stop it. Before each the server holds the same of the
same two people; after it, nothing may have become of any row but what the report deserves, and once
every key and consent is over nothing is left at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from kizashi_protocol import (
    Erased,
    ProtocolError,
    Redeemed,
    Refusal,
    Reply,
    Trend,
    read_reply,
    seal_report,
)
from kizashi_protocol.envelope import Envelope
from kizashi_protocol.errors import UnreadableEnvelope
from kizashi_protocol.open_reply import ReplyPrivateKey, open_reply
from kizashi_server.errors import PUBLIC_FAULTS, ExchangeRefused
from kizashi_server.exchange.rate_limit import RateLimiter
from kizashi_server.exchange.refusals import reasons

from tests.fuzz.deserved import Deserved, deserved
from tests.fuzz.judge import read_signed_token
from tests.fuzz.kept import (
    GONE,
    MADE,
    ROWS,
    Change,
    Tables,
    changes,
    left_in,
    put_back,
    tables_of,
)
from tests.fuzz.participants import Facts, Participant, facts_of
from tests.fuzz.reports import FOLLOW_UPS, KINDS, Good, dealt, good_report
from tests.fuzz.spoilt_reports import spoil_report
from tests.fuzz.surface import Attempt, seeded, told
from tests.protocol.jws import encoded
from tests.server.sharing.opened_check import certified
from tests.server.world import World, make_world

FOR_EVER = 2**40
"""Seconds since the epoch by which every key and every consent is gone."""

SEALED_TO_ANOTHER = "SEALED_TO_ANOTHER"


@dataclass
class SealedSurface:
    """An intake with real cryptography on stores in memory.

    Attributes:
        world: the server under test; a test may hand in one with a planted fault.
        goods: what is spoilt: reports of every kind.
        other: somebody on the same server whom none of them is about.
        facts: what is on the server.
        held: the same, as its stores hold it.
    """

    world: World
    goods: Sequence[Good] = field(default_factory=list)
    name: str = "sealed"
    share: int = 12

    def __post_init__(self) -> None:
        """Has two people deal with the server, and writes the good reports of one of them."""
        draw, laptop, keys = seeded(1), self.world.laptop, self.world.keys
        self.secrets = (keys.root_seed, *keys.state_seeds.values())
        one, self.other = (dealt(draw, laptop, self._taken) for _ in range(2))
        self.facts: Facts = facts_of((one, self.other))
        self.held: Tables = tables_of(self.stores)
        self.goods = goods_of(draw, self.world, one)

    @property
    def stores(self) -> Sequence[object]:
        """All that the server keeps anything in."""
        return (self.world.store, self.world.holdings, self.world.sharing)

    def control(self) -> Sequence[str]:
        """See `Surface`; each good report comes to what it asks for, and to nothing besides."""
        outcomes = []
        for good in self.goods:
            put_back(self.stores, self.held)
            scored = self.world.weigh.calls
            reply = self._exchange(good, good.plaintext)
            assert not isinstance(reply, str), (good.kind, reply)
            outcomes.append(type(reply.outcome).__name__)
            assert outcomes[-1] == good.outcome, (good.kind, reply.outcome)
            deserves = deserved(good, good.plaintext, self.facts)
            assert self.world.weigh.calls == scored + deserves.scored, good.kind
            assert len(reply.consent_receipts) == deserves.receipts, good.kind
            assert list(faults_of(reply, deserves)) == [], good.kind
            assert list(self._traces(good, reply, deserves)) == [], good.kind
        return outcomes

    def attempt(self, draw: Random) -> Attempt:
        """See `Surface`."""
        put_back(self.stores, self.held)
        good = draw.choice(self.goods)
        how, plaintext = spoil_report(draw, good, self.other)
        deserves = deserved(good, plaintext, self.facts)
        scored = self.world.weigh.calls
        try:
            came = self._exchange(good, plaintext)
        except Exception as error:  # noqa: BLE001 - any error that is not documented is looked for
            return Attempt(how, "CRASH", malformed=True, fault=told(error))
        faults = [*faults_of(came, deserves), *self._traces(good, came, deserves)]
        if self.world.weigh.calls != scored and not deserves.scored:
            faults.append("scored")
        reason = reason_of(came)
        malformed = is_refused(came) or not deserves.something
        return Attempt(f"{good.kind}: {how}", reason, malformed, "; ".join(faults) or None)

    def finish(self) -> Sequence[str]:
        """See `Surface`."""
        put_back(self.stores, self.held)
        return list(self._left_for_ever())

    def _taken(self, good: Good) -> Reply:
        reply = self._exchange(good, good.plaintext)
        assert not isinstance(reply, str), reply
        return reply

    def _exchange(self, good: Good, plaintext: bytes) -> Reply | str:
        """The opened reply, or the reason of a fault that is visible without opening."""
        header = good.header
        recipient = self.world.directory.active_sealing_key()
        try:
            envelope = seal_report(
                plaintext, recipient, programme_id=header.programme_id, report_id=header.report_id
            )
        except ProtocolError:
            return "DOES_NOT_FIT"
        try:
            return opened(good.reply_key, self.world.exchange(envelope), self.secrets)
        except (ExchangeRefused, ProtocolError) as error:
            if error.reason not in PUBLIC_FAULTS:
                raise
            return error.reason

    def _traces(self, good: Good, came: Reply | str, deserves: Deserved) -> Iterator[str]:
        """What became of rows that should not have, or should have and did not."""
        happened = set(changes(self.held, tables_of(self.stores)))
        allowed = set(deserves.notes)
        if not is_refused(came):
            allowed |= deserves.changes
        if not is_refused(came) and not isinstance(came, str):
            owed = {each for each in allowed if each.how == GONE}
            yield from (f"left in {each.table}" for each in owed - happened)
        if not isinstance(came, str) or came == SEALED_TO_ANOTHER:
            allowed.add(Change(MADE, ROWS, good.header.report_id))
        yield from (f"{each.how} in {each.table}" for each in happened - allowed)
        yield from self._left_for_ever()

    def _left_for_ever(self) -> Iterator[str]:
        for store in (self.world.store, self.world.holdings, self.world.sharing):
            store.purge(FOR_EVER)
        yield from left_in(self.stores)


class KeyLeaked(AssertionError):
    """A reply holds a key of the server."""


def goods_of(draw: Random, world: World, one: Participant) -> Sequence[Good]:
    """Reports of every kind: two of each that has consents, one of each other."""
    twice = [each for each in KINDS if each not in FOLLOW_UPS or each == "share"]
    return [good_report(draw, world.laptop, kind, one) for kind in (*KINDS, *twice)]


def opened(key: ReplyPrivateKey, sealed: Envelope, secrets: Sequence[bytes]) -> Reply | str:
    """The reply, or SEALED_TO_ANOTHER when the report named a key that is not its laptop's.

    Raises:
        KeyLeaked: one of the server's secrets is in it.
    """
    header = sealed.header
    try:
        plaintext = open_reply(
            sealed, key, programme_id=header.programme_id, report_id=header.report_id
        )
    except UnreadableEnvelope:
        return SEALED_TO_ANOTHER
    if holds_a_secret(plaintext, secrets):
        raise KeyLeaked
    return read_reply(plaintext)


def holds_a_secret(data: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether one of them is in it, raw, in hexadecimal or in base64."""
    return any(
        form in data
        for each in secrets
        for form in (each, each.hex().encode(), encoded(each).encode())
    )


def is_refused(came: Reply | str) -> bool:
    """Whether nothing was given."""
    if isinstance(came, str):
        return came != SEALED_TO_ANOTHER
    return isinstance(came.outcome, Refusal)


def reason_of(came: Reply | str) -> str:
    """What a table says of an answer."""
    if isinstance(came, str):
        return came
    outcome = came.outcome
    return f"sealed {outcome.reason}" if isinstance(outcome, Refusal) else type(outcome).__name__


def faults_of(came: Reply | str, deserves: Deserved) -> Iterator[str]:
    """What an answer gives that the report did not deserve."""
    if isinstance(came, str):
        return
    outcome, name = came.outcome, type(came.outcome).__name__
    if isinstance(outcome, Refusal):
        if outcome.reason not in reasons():
            yield f"an undocumented reason: {outcome.reason}"
    elif name not in deserves.outcomes:
        yield f"undeserved: {name}"
    if len(came.consent_receipts) > deserves.receipts:
        yield f"{len(came.consent_receipts)} consent receipts"
    if isinstance(outcome, Trend) and len(outcome.entries) > deserves.entries:
        yield f"{len(outcome.entries)} entries of a trend"
    if isinstance(outcome, Redeemed) and outcome.sealed != deserves.item:
        yield "somebody else's feedback"
    if isinstance(outcome, Erased) and _stated(outcome.receipt) not in deserves.stated:
        yield f"an erasure receipt of {_stated(outcome.receipt)}"


def _stated(receipt: str) -> tuple[str | None, str | None]:
    """The check and the scope that an erasure receipt is of."""
    read = read_signed_token(receipt, "kizashi-erasure-receipt+jws")
    return (None, None) if read is None else (read[2].get("report"), read[2].get("scope"))


def sealed_surface(world: World | None = None) -> SealedSurface:
    """The surface on a server in memory that no rate limits."""
    return SealedSurface(world or fuzzed_world())


def fuzzed_world(**stores: object) -> World:
    """A server in memory that no rate limits, with a counsellor and a researcher."""
    world = make_world(
        certify=lambda root: [certified(root)],
        **stores,  # type: ignore[arg-type]
    )
    return replace(world, intake=replace(world.intake, limiter=Unlimited({}, 0)))


class Unlimited(RateLimiter):
    """Lets everything pass: how often something is done is looked at elsewhere."""

    def allows(self, programme_id: str, now: float) -> bool:
        """Always."""
        return True

    def allows_search(self, programme_id: str, now: float) -> bool:
        """Always."""
        return True
