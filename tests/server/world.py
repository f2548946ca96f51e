"""A server without a network: real keys, directory, crypto and scoring, and a clock that is set."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.scorer import Scorer, Weighed
from kizashi_protocol import Directory, Envelope, Recipient, Reply, Setting, SigningKey
from kizashi_protocol.v1 import service_pb2
from kizashi_server.config import HelpSettings, ProgrammeSettings
from kizashi_server.directory.published import first_directory, listed
from kizashi_server.exchange.intake import Intake
from kizashi_server.exchange.keeping import Keeping
from kizashi_server.exchange.rate_limit import Rate, RateLimiter
from kizashi_server.exchange.recovery_search import BrokenOffSearches
from kizashi_server.exchange.sharing import Sharing
from kizashi_server.keys.ring import FreshKeys, Keyring, SealingKey
from kizashi_server.log.receipt_log import ReceiptLog
from kizashi_server.programmes import carry
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.log_contract import LogStore
from kizashi_server.store.replay_contract import Store
from kizashi_server.store.sharing_contract import SharingStore
from numpy.typing import NDArray

from tests.models.scoring import EXTRACTOR_ID, even_weigh, norms_of, norms_table
from tests.server.laptop import RESEARCHER, Laptop, Sent
from tests.server.memory_holdings import MemoryHoldings
from tests.server.memory_log import MemoryLogStore
from tests.server.memory_sharing import MemorySharing
from tests.server.memory_store import MemoryStore

START = 1_800_000_000
DAY = 24 * 3600
LEASE = 30

PROGRAMME = ProgrammeSettings(
    id="self-check",
    display_name="Self-check",
    owner="Example University",
    scoring_operator="Example Lab",
    setting=Setting.EDUCATION,
    jurisdiction="JP",
    scorer="made-up/1",
    backup_days=7,
)
HELP = HelpSettings(name="Student Counselling", hours="9-17", phone="000", address="Room 1")


@dataclass
class Clock:
    """Seconds that pass when told to, or when somebody pauses."""

    seconds: float = START
    paused: Callable[[], None] = lambda: None

    def wall(self) -> int:
        """Seconds since the epoch."""
        return int(self.seconds)

    def monotonic(self) -> float:
        """The same seconds."""
        return self.seconds

    def pause(self, seconds: float) -> None:
        """Lets them pass, and whatever is to happen meanwhile happen."""
        self.seconds += seconds
        self.paused()


@dataclass
class CountingWeigh:
    """Weighs as `even_weigh`, counts, and can be held up."""

    calls: int = 0
    meanwhile: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, z: NDArray[np.float32]) -> Weighed:
        """See `scorer.Weigh`."""
        with self.lock:
            self.calls += 1
        self.meanwhile()
        return even_weigh(z)


@dataclass
class World:
    """An intake and a laptop that trusts it."""

    intake: Intake
    directory: Directory
    clock: Clock
    weigh: CountingWeigh
    store: Store
    holdings: HoldingsStore
    sharing: SharingStore
    keys: FreshKeys = field(repr=False)

    @property
    def laptop(self) -> Laptop:
        """A laptop whose clock agrees."""
        return Laptop(self.directory, PROGRAMME.id, self.clock.wall())

    def exchange(self, envelope: Envelope, seconds: float = 10) -> Envelope:
        """The sealed reply, if there is one within this many seconds."""
        sealed = self.intake.exchange(envelope.to_message(), self.clock.monotonic() + seconds)
        return Envelope.parse(service_pb2.Envelope.FromString(sealed))

    def reply_to(self, sent: Sent) -> Reply:
        """The opened reply."""
        return sent.open(self.exchange(sent.envelope))


def make_world(
    store: Store | None = None,
    programme: ProgrammeSettings = PROGRAMME,
    help_settings: HelpSettings | None = HELP,
    *,
    holdings: HoldingsStore | None = None,
    sharing: SharingStore | None = None,
    log_store: LogStore | None = None,
    certify: Callable[[SigningKey], Sequence[Recipient]] = lambda _: (),
) -> World:
    """A world at `START` with one programme; its root certifies whom it is told to."""
    keys, clock, weigh = FreshKeys.make(os.urandom), Clock(), CountingWeigh()
    scorer = Scorer("made-up/1", STUDY_FIGURES, norms_of(norms_table()), weigh)
    directory = first_directory(keys, [listed(programme, (EXTRACTOR_ID,))], bytes(32), START)
    directory = replace(directory, recipients=tuple(certify(keys.root)))
    (entry,) = directory.sealing_keys
    keyring = Keyring(
        {keys.sealing.key_id: SealingKey(keys.sealing, entry.delete_time)}, keys.receipt, keys.log
    )
    kept = MemoryStore() if store is None else store
    held = MemoryHoldings() if holdings is None else holdings
    shares = MemorySharing() if sharing is None else sharing
    intake = Intake(
        keyring=keyring,
        programmes=carry(
            [programme], {programme.id: scorer}, directory.root_fingerprint, help_settings
        ),
        store=kept,
        keeping=Keeping(held, lambda *_: [RESEARCHER]),
        sharing=Sharing(shares, directory.counsellors),
        receipt_log=ReceiptLog(log_store or MemoryLogStore(), clock.wall, os.urandom),
        limiter=RateLimiter(
            {programme.id: Rate(programme.exchanges_per_minute)}, clock.monotonic()
        ),
        clock=clock.wall,
        monotonic=clock.monotonic,
        pause=clock.pause,
        lease_seconds=LEASE,
        random_bytes=os.urandom,
        broken_off=BrokenOffSearches(),
    )
    return World(intake, directory, clock, weigh, kept, held, shares, keys)
