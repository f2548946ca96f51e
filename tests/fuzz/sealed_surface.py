"""Sealed reports through the whole intake: opened, read, verified, gated; a score would be counted.

Each input is a report that was good, spoilt inside, signed again or not, and then sealed as it
should be, so that nothing but what it says can stop it. After each the store holds at most the
report's own row, and after its day nothing.
"""

from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass, field, replace
from random import Random

from kizashi_protocol import (
    Acknowledged,
    Erased,
    Feedback,
    ProtocolError,
    Refusal,
    Reply,
    SigningKey,
    Withheld,
    read_reply,
    seal_report,
)
from kizashi_protocol.envelope import Envelope
from kizashi_protocol.errors import UnreadableEnvelope
from kizashi_protocol.open_reply import ReplyPrivateKey, open_reply
from kizashi_server.answering import owner_digest_of
from kizashi_server.errors import PUBLIC_FAULTS, ExchangeRefused
from kizashi_server.refusals import reasons
from kizashi_server.store.replay_contract import Answer, Arrival

from tests.fuzz.reports import Deserved, Good, deserved, good_check, good_follow_up, spoil_report
from tests.fuzz.surface import Attempt, seeded, told
from tests.protocol.jws import encoded
from tests.server.memory_store import MemoryStore
from tests.server.world import PROGRAMME, World, make_world

FOR_EVER = 2**40
"""Seconds since the epoch by which every key is gone."""

ROWS = "_rows"
"""Where the store in memory keeps the rows of reports."""

SEALED_TO_ANOTHER = "SEALED_TO_ANOTHER"

FOLLOW_UPS = ("acknowledgement", "withdrawal")


@dataclass
class SealedSurface:
    """An intake with real cryptography on a store in memory.

    Attributes:
        world: the server under test; a test may hand in one with a planted fault.
        goods: what is spoilt.
        owner: the key that owns every check that a follow-up is about.
    """

    world: World
    goods: Sequence[Good] = field(default_factory=list)
    owner: SigningKey = field(default_factory=lambda: SigningKey.from_seed(b"w" * 32))
    name: str = "sealed"
    share: int = 12

    def __post_init__(self) -> None:
        """Writes the good reports, each followed by a few that are about a check."""
        draw, laptop = seeded(1), self.world.laptop
        goods = [good_check(draw, laptop, locale) for locale in ("en", "ja") for _ in range(6)]
        goods += [good_follow_up(draw, laptop, kind, self.owner) for kind in FOLLOW_UPS]
        self.goods = goods
        self._before = _sizes(self.world.store)
        keys = self.world.keys
        self.secrets = (keys.root_seed, *keys.state_seeds.values())

    def control(self) -> Sequence[str]:
        """See `Surface`; each good check is scored, and each follow-up is done."""
        outcomes = []
        for good in self.goods:
            scored = self.world.weigh.calls
            reply = self._exchange(good, good.plaintext)
            assert not isinstance(reply, str), reply
            expected = Feedback if good.about is None else (Acknowledged, Erased)
            assert isinstance(reply.outcome, expected), reply.outcome
            assert self.world.weigh.calls == scored + (good.about is None)
            assert len(reply.consent_receipts) == len(good.consents)
            outcomes.append(type(reply.outcome).__name__)
            self._forget()
        return outcomes

    def attempt(self, draw: Random) -> Attempt:
        """See `Surface`."""
        good = draw.choice(self.goods)
        how, plaintext = spoil_report(draw, good)
        deserves = deserved(good, plaintext)
        scored = self.world.weigh.calls
        try:
            came = self._exchange(good, plaintext)
        except Exception as error:  # noqa: BLE001 - any error that is not documented is looked for
            return Attempt(how, "CRASH", malformed=True, fault=told(error))
        faults = [*faults_of(came, deserves), *self._traces(good, came, deserves, scored)]
        reason = reason_of(came)
        taken = deserves.feedback or deserves.receipts or deserves.follow_up
        malformed = not (taken and not reason.isupper())
        return Attempt(how, reason, malformed, "; ".join(faults) or None)

    def finish(self) -> Sequence[str]:
        """See `Surface`: no row outlives the keys."""
        self._forget()
        return [f"{size} rows stay" for name, size in self._before if name == ROWS and size]

    def _exchange(self, good: Good, plaintext: bytes) -> Reply | str:
        """The opened reply, or the reason of a fault that is visible without opening."""
        header = good.header
        if good.about is not None:
            self._answered_before(good, good.about)
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

    def _answered_before(self, good: Good, about: bytes) -> None:
        arrival = Arrival(about, bytes(32), PROGRAMME.id, good.header.key_id, FOR_EVER - 1)
        claim = self.world.store.claim(arrival, now=0, lease_expire_time=1)
        assert claim is not None
        digest = owner_digest_of(self.owner.public)
        self.world.store.answer(claim, Answer(digest, b"sealed", FOR_EVER - 1))

    def _traces(
        self, good: Good, came: Reply | str, deserves: Deserved, scored: int
    ) -> Iterator[str]:
        if self.world.weigh.calls != scored and not deserves.feedback:
            yield "scored"
        answered = not isinstance(came, str) or came == SEALED_TO_ANOTHER
        # Its own, that of the check it is about, and that of a check that is never to come.
        rows = answered + (good.about is not None) + (deserves.kind == "withdrawal")
        before = dict(self._before)
        for name, size in _sizes(self.world.store):
            if name == ROWS and size > rows:
                yield f"{size - rows} rows left"
            elif name != ROWS and size > before.get(name, 0) and _is_no(came):
                yield f"{size - before.get(name, 0)} left in {name}"
        self._forget()

    def _forget(self) -> None:
        self.world.store.purge(FOR_EVER)
        self._before = _sizes(self.world.store)


class KeyLeaked(AssertionError):
    """A reply holds a key of the server."""


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


def _is_no(came: Reply | str) -> bool:
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
    outcome = came.outcome
    if isinstance(outcome, Refusal) and outcome.reason not in reasons():
        yield f"an undocumented reason: {outcome.reason}"
    if isinstance(outcome, Feedback) and not deserves.feedback:
        yield "feedback"
    if isinstance(outcome, Withheld) and not deserves.receipts:
        yield "taken as if it held"
    if len(came.consent_receipts) > deserves.receipts:
        yield f"{len(came.consent_receipts)} consent receipts"
    if isinstance(outcome, Acknowledged | Erased) and not deserves.follow_up:
        yield f"{type(outcome).__name__}"


def sealed_surface(world: World | None = None) -> SealedSurface:
    """The surface on a server in memory that no rate limits."""
    programme = replace(PROGRAMME, exchanges_per_minute=100_000)
    return SealedSurface(world or make_world(MemoryStore(), programme))


def _sizes(store: object) -> list[tuple[str, int]]:
    return [(name, len(value)) for name, value in vars(store).items() if isinstance(value, Sized)]
