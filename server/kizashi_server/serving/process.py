"""The one place where the parts of a serving process are put together."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from kizashi_models.scorer import Scorer
from kizashi_models.scorer_loading import load_scorer
from kizashi_protocol.directory import Directory

from kizashi_server import diagnostics
from kizashi_server.config import Configuration
from kizashi_server.directory.key_listing import seeds_in_the_clear
from kizashi_server.directory.published import Published, listed, publish, read_published
from kizashi_server.exchange.intake import Intake
from kizashi_server.exchange.keeping import Keeping, researchers_in
from kizashi_server.exchange.rate_limit import Rate, RateLimiter
from kizashi_server.exchange.recovery_search import BrokenOffSearches
from kizashi_server.exchange.sharing import Sharing
from kizashi_server.initialise import make_invites
from kizashi_server.keys.certificate import ReadCertificate, read_certificate, read_pair
from kizashi_server.keys.files import (
    check_private_directory,
    locked,
    replace_file,
    served_alone,
)
from kizashi_server.keys.ring import Keyring, load_keyring
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.seed_keys import unlock
from kizashi_server.log.receipt_log import ReceiptLog
from kizashi_server.programmes import CarriedProgramme, carry, load_scorers
from kizashi_server.serving.exchange_counts import ExchangeCounts
from kizashi_server.serving.lapse import (
    destinations_now,
    erase_decertified,
    erase_void,
    erase_void_shares,
    researchers_listed,
    sweep_holdings,
)
from kizashi_server.serving.live import KeySource, KeyWatch, Live, Serving
from kizashi_server.serving.service import KizashiServicer, Service, listen
from kizashi_server.serving.stop_signal import stop_signal
from kizashi_server.serving.sweep import KeySweep, Sweeper, sweep, sweep_shares
from kizashi_server.store.database import DATABASE_NAME, open_log_store, open_store
from kizashi_server.store.holdings_database import open_holdings
from kizashi_server.store.holdings_sql import SqlHoldings
from kizashi_server.store.log_sql import SqlLogStore
from kizashi_server.store.replay_sql import SqlStore
from kizashi_server.store.sharing_database import open_sharing
from kizashi_server.store.sharing_sql import SqlSharing

LEASE_MARGIN_SECONDS = 20
"""A claim outlives the longest deadline by this much, so that only a killed worker loses it."""


def run(configuration: Configuration, ready_file: Path | None) -> None:
    """Puts a server together, serves until told to stop, and takes it apart.

    Raises:
        ServerError: something needed at the start is not as it should be, or another process serves
            the same state directory.
    """
    state = configuration.server.state_directory
    check_private_directory(state)
    with served_alone(state):
        _run(configuration, ready_file)


def _run(configuration: Configuration, ready_file: Path | None) -> None:
    server = configuration.server
    state = server.state_directory
    cipher = unlock(configuration.keys, state, os.environ)
    certificate = read_certificate(server.certificate_path)
    tls = read_pair(certificate, server.certificate_key_path, int(time.time()))
    scorers = load_scorers(
        configuration.programme, lambda each: load_scorer(server.models_directory, each)
    )
    now = int(time.time())
    published = _publish(configuration, scorers, certificate.digest, now, cipher)
    keyring = load_keyring(state, published.directory, now, cipher)
    stores = Stores.open(state)
    root = published.directory.root_fingerprint
    programmes = carry(configuration.programme, scorers, root, configuration.help)
    erase_void(stores.holdings, programmes, now)
    erase_decertified(stores.holdings, researchers_listed(published.directory))
    erase_void_shares(stores.shares, destinations_now(published.directory, programmes))
    intake = _intake(configuration, keyring, programmes, stores, published.directory)
    live, counts = Live(Serving(published.signed, intake)), ExchangeCounts()
    servicer = KizashiServicer(live.read, counts, server.deadline_seconds)
    sweeper = _sweeper(live, state, counts)
    source = KeySource(state, cipher, lambda: int(time.time()))
    watch = KeyWatch(source, live, published.directory.expire_time)
    with stop_signal() as wait:
        service = listen(
            server.listen, tls, servicer, server.concurrent_exchanges, server.deadline_seconds
        )
        clear = seeds_in_the_clear(state)
        if clear:
            diagnostics.warn("seeds_in_the_clear", count=len(clear))
        sweeper.start()
        watch.start()
        _say_ready(configuration, certificate, service, root, ready_file)
        wait()
        diagnostics.info("stopping")
        service.stop(server.deadline_seconds)
    watch.stop()
    sweeper.stop()
    stores.close()


@dataclass(frozen=True, slots=True)
class Stores:
    """The databases in a state directory."""

    reports: SqlStore
    log: SqlLogStore
    holdings: SqlHoldings
    shares: SqlSharing

    @classmethod
    def open(cls, state: Path) -> Self:
        """Opens each, made or migrated as needed; `StoreUnavailable` where one resists."""
        reports, receipts = open_store(state / DATABASE_NAME), open_log_store(state / DATABASE_NAME)
        return cls(reports, receipts, open_holdings(state), open_sharing(state))

    def close(self) -> None:
        """Closes each."""
        self.reports.close()
        self.holdings.close()
        self.shares.close()
        self.log.close()


def _publish(
    configuration: Configuration,
    scorers: Mapping[str, Scorer],
    certificate_digest: bytes,
    now: int,
    cipher: SeedCipher | None,
) -> Published:
    state = configuration.server.state_directory
    with locked(state):
        return publish(
            state,
            read_published(state, now),
            [listed(each, scorers[each.id].extractor_ids) for each in configuration.programme],
            certificate_digest,
            now,
            cipher,
        )


def _intake(
    configuration: Configuration,
    keyring: Keyring,
    programmes: Mapping[str, CarriedProgramme],
    stores: Stores,
    directory: Directory,
) -> Intake:
    return Intake(
        keyring=keyring,
        programmes=programmes,
        store=stores.reports,
        keeping=Keeping(stores.holdings, researchers_in(directory)),
        sharing=Sharing(stores.shares, directory.counsellors),
        receipt_log=ReceiptLog(stores.log, lambda: int(time.time()), os.urandom),
        limiter=RateLimiter(
            {each.id: Rate(each.exchanges_per_minute) for each in configuration.programme},
            time.monotonic(),
        ),
        clock=lambda: int(time.time()),
        monotonic=time.monotonic,
        pause=time.sleep,
        lease_seconds=configuration.server.deadline_seconds + LEASE_MARGIN_SECONDS,
        random_bytes=os.urandom,
        broken_off=BrokenOffSearches(),
    )


def _sweeper(live: Live, state: Path, counts: ExchangeCounts) -> Sweeper:
    intake = live.read().intake
    keys = KeySweep(intake.store, lambda: live.read().intake.keyring, intake.lease_seconds)

    def sweep_now() -> None:
        now = int(time.time())
        # Before the log is emptied of what was deleted.
        keys.sweep(now)
        sweep(intake.store, state, now)
        sweep_holdings(intake.keeping.store, now)
        sweep_shares(intake.sharing.store, now)

    return Sweeper(sweep_now, counts)


def _say_ready(
    configuration: Configuration,
    certificate: ReadCertificate,
    service: Service,
    root_fingerprint: bytes,
    ready_file: Path | None,
) -> None:
    invites = make_invites(configuration, certificate.host, service.port, root_fingerprint)
    if ready_file is not None:
        ready = {"port": service.port, "invites": [str(each) for each in invites]}
        replace_file(ready_file, json.dumps(ready).encode())
    diagnostics.info("ready", port=service.port, programmes=len(configuration.programme))
    print(service.port, flush=True)
