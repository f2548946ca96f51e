"""The command line `kizashi-server`, and the one place where real parts are put together."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import typer
from kizashi_models.scorer_loading import load_scorer
from kizashi_protocol.closed_process import close_process

from kizashi_server import log
from kizashi_server.certificate import ReadCertificate, read_certificate, read_pair
from kizashi_server.cohort_commands import cohort_app
from kizashi_server.command_errors import one_line_errors
from kizashi_server.command_options import ProgrammeFlags, configuration_of, fingerprint_option
from kizashi_server.config import Configuration, load
from kizashi_server.exchange_counts import Audit
from kizashi_server.health_check import check_health
from kizashi_server.initialise import (
    CONFIGURATION_NAME,
    INVITE_NAME,
    AwaitingRoot,
    Initialised,
    initialise,
    initialise_below,
    make_invites,
)
from kizashi_server.intake import Intake
from kizashi_server.keeping import Keeping, researchers_in
from kizashi_server.key_commands import keys_app
from kizashi_server.key_files import (
    check_private_directory,
    locked,
    replace_file,
    served_alone,
)
from kizashi_server.key_listing import seeds_in_the_clear
from kizashi_server.keys import load_keyring
from kizashi_server.lapse import erase_decertified, erase_void, researchers_listed, sweep_holdings
from kizashi_server.live import KeySource, KeyWatch, Live, Serving
from kizashi_server.log_commands import log_app
from kizashi_server.programmes import carry, load_scorers
from kizashi_server.published import listed, publish, read_published
from kizashi_server.rate_limit import Rate, RateLimiter
from kizashi_server.receipt_log import ReceiptLog
from kizashi_server.recipient_commands import recipients_app, root_certify_recipient
from kizashi_server.research_commands import research_app
from kizashi_server.root_commands import root_certify, root_init
from kizashi_server.seed_keys import unlock
from kizashi_server.service import KizashiServicer, Service, listen
from kizashi_server.sharing import Sharing
from kizashi_server.store.database import DATABASE_NAME, open_log_store, open_store
from kizashi_server.store.holdings_database import open_holdings
from kizashi_server.store.sharing_database import open_sharing
from kizashi_server.sweep import Sweeper, sweep, sweep_keys, sweep_shares

LEASE_MARGIN_SECONDS = 20
"""A claim outlives the longest deadline by this much, so that only a killed worker loses it."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The Kizashi server: opens sealed self-checks, scores them with consent, seals the answer.",
    epilog="Exit codes: 0 done; 1 unexpected, or you said no; 2 usage, or nobody to ask; "
    "3 configuration; 4 keys, certificate or directory; 5 scorer; 6 address, or not healthy; "
    "7 database; 8 the log does not hold; 9 nothing may be released.",
)
# Any command may hold keys or summaries in memory.
app.callback()(close_process)
app.add_typer(log_app, name="log")
app.add_typer(keys_app, name="keys")
app.command()(root_init)
app.command()(root_certify)
app.command()(root_certify_recipient)
app.add_typer(recipients_app, name="recipients")
app.add_typer(cohort_app, name="cohort")
app.add_typer(research_app, name="research")

ConfigurationFile = Annotated[
    Path, typer.Option("--config", help="The configuration file.", show_default=False)
]


@app.command()
def init(  # noqa: PLR0913, PLR0917 - the options of a command
    root_dir: Annotated[
        Path | None,
        typer.Option(help="New directory for a root key made here, to be moved away."),
    ] = None,
    root_fingerprint: Annotated[
        str | None,
        typer.Option(help="Of a root made elsewhere with root-init; in place of --root-dir."),
    ] = None,
    state: Annotated[Path | None, typer.Option(help="New directory for everything else.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="A configuration file, in place of the options below.")
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="Name or address people reach the server by; may be repeated, the first goes "
            "into the invites.",
            show_default="localhost, 127.0.0.1",
        ),
    ] = None,
    listen_on: Annotated[
        str | None, typer.Option("--listen", help='"host:port".', show_default="127.0.0.1:8443")
    ] = None,
    programme: Annotated[
        str | None, typer.Option(help="Its id.", show_default="self-check")
    ] = None,
    display_name: Annotated[
        str | None, typer.Option(help="What a person is shown.", show_default="Self-check")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who offers the programme.")] = None,
    scoring_operator: Annotated[
        str | None, typer.Option(help="Who runs this server.", show_default="the owner")
    ] = None,
    setting: Annotated[
        str | None,
        typer.Option(
            help="personal, education, workplace, healthcare or research.", show_default="personal"
        ),
    ] = None,
    jurisdiction: Annotated[
        str | None, typer.Option(help='Whose law applies, such as "JP" or "EU".')
    ] = None,
    legal_basis: Annotated[
        str | None, typer.Option(help="The provision the programme rests on.")
    ] = None,
    scorer: Annotated[
        str | None, typer.Option(help="Identifier and version.", show_default="research-prior/1")
    ] = None,
) -> None:
    """Makes keys, certificate, directory, configuration and invite. Overwrites nothing."""
    os.umask(0o077)
    flags = ProgrammeFlags(
        listen_on,
        programme,
        display_name,
        owner,
        scoring_operator,
        setting,
        jurisdiction,
        legal_basis,
        scorer,
    )
    with one_line_errors():
        configuration, text = configuration_of(config, state, flags)
        scorers = load_scorers(
            configuration.programme, lambda each: load_scorer(_models(configuration), each)
        )
        fingerprint = fingerprint_option(root_dir, root_fingerprint)
        folder = configuration.server.state_directory
        cipher = unlock(configuration.keys, folder, os.environ, first=True)
        hosts = host or ["localhost", "127.0.0.1"]
        now = int(time.time())
        made: Initialised | AwaitingRoot
        if root_dir is None:
            made = initialise_below(
                configuration, text, hosts, fingerprint, now=now, random=os.urandom, cipher=cipher
            )
        else:
            extractor_ids = {name: each.extractor_ids for name, each in scorers.items()}
            made = initialise(
                configuration,
                text,
                extractor_ids,
                hosts,
                root_dir,
                now=now,
                random=os.urandom,
                cipher=cipher,
            )
    typer.echo(f"Keys and certificate are in {folder} (back-ups: see deploy/README.md).")
    if cipher is None:
        typer.echo("The seeds there are in the clear; [keys] in the configuration encrypts them.")
    if made.invites:
        typer.echo(f"Invite, also in {folder / INVITE_NAME}:")
        for invite in made.invites:
            typer.echo(f"  {invite}")
    _say_next(made, config or folder / CONFIGURATION_NAME)


@app.command()
def serve(
    config: ConfigurationFile,
    ready_file: Annotated[
        Path | None,
        typer.Option(help='Where to write {"port": ..., "invites": [...]} once ready.'),
    ] = None,
) -> None:
    """Serves until SIGTERM or SIGINT. Prints the port on one line once ready; logs to stderr."""
    os.umask(0o077)
    log.configure(sys.stderr)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with one_line_errors():
        run(load(config), stopping, ready_file)


@app.command()
def health(config: ConfigurationFile) -> None:
    """Asks the server of a configuration whether it serves; exit code 0 says yes."""
    with one_line_errors():
        server = load(config).server
        check_health(server.listen, read_certificate(server.certificate_path))
    typer.echo("serving")


def _say_next(made: Initialised | AwaitingRoot, configuration_path: Path) -> None:
    if isinstance(made, AwaitingRoot):
        typer.echo(f"Directory key {made.request.key_id.hex()} waits for the root:")
        typer.echo(f"carry {made.request_file} to its machine, and run there")
        typer.echo("  kizashi-server root-certify --root-dir DIR --request FILE --out CERTIFICATE")
        typer.echo("then here")
        typer.echo(f"  kizashi-server keys install CERTIFICATE --config {configuration_path}")
    else:
        typer.echo(f"Root fingerprint, to be published: {made.root_fingerprint.hex()}")
        typer.echo(
            f"Now move {made.root_file} to another machine or a disk in a safe, and delete it "
            "here: whoever holds it can pose as this server."
        )
    typer.echo(f"Then start with: kizashi-server serve --config {configuration_path}")


def run(configuration: Configuration, stopping: threading.Event, ready_file: Path | None) -> None:
    """Puts a server together, serves until told to stop, and takes it apart.

    Raises:
        ServerError: something needed at the start is not as it should be, or another process serves
            the same state directory.
    """
    state = configuration.server.state_directory
    check_private_directory(state)
    with served_alone(state):
        _run(configuration, stopping, ready_file)


def _run(configuration: Configuration, stopping: threading.Event, ready_file: Path | None) -> None:
    server = configuration.server
    state = server.state_directory
    cipher = unlock(configuration.keys, state, os.environ)
    certificate = read_certificate(server.certificate_path)
    tls = read_pair(certificate, server.certificate_key_path, int(time.time()))
    scorers = load_scorers(
        configuration.programme, lambda each: load_scorer(_models(configuration), each)
    )
    now = int(time.time())
    with locked(state):
        published = publish(
            state,
            read_published(state, now),
            [listed(each, scorers[each.id].extractor_ids) for each in configuration.programme],
            certificate.digest,
            now,
            cipher,
        )
    keyring = load_keyring(state, published.directory, now, cipher)
    store = open_store(state / DATABASE_NAME)
    log_store = open_log_store(state / DATABASE_NAME)
    holdings = open_holdings(state)
    shares = open_sharing(state)
    audit = Audit()
    root = published.directory.root_fingerprint
    programmes = carry(configuration.programme, scorers, root, configuration.help)
    erase_void(holdings, programmes, now)
    erase_decertified(holdings, researchers_listed(published.directory))
    intake = Intake(
        keyring=keyring,
        programmes=programmes,
        store=store,
        keeping=Keeping(holdings, researchers_in(published.directory)),
        sharing=Sharing(shares, published.directory.counsellors),
        receipt_log=ReceiptLog(log_store, lambda: int(time.time()), os.urandom),
        limiter=RateLimiter(
            {each.id: Rate(each.exchanges_per_minute) for each in configuration.programme},
            time.monotonic(),
        ),
        clock=lambda: int(time.time()),
        monotonic=time.monotonic,
        pause=time.sleep,
        lease_seconds=server.deadline_seconds + LEASE_MARGIN_SECONDS,
        random_bytes=os.urandom,
    )
    live = Live(Serving(published.signed, intake))
    servicer = KizashiServicer(live.read, audit, server.deadline_seconds)
    service = listen(
        server.listen, tls, servicer, server.concurrent_exchanges, server.deadline_seconds
    )
    clear = seeds_in_the_clear(state)
    if clear:
        log.warn("seeds_in_the_clear", count=len(clear))
    sweeper = _sweeper(live, state, audit)
    sweeper.start()
    source = KeySource(state, cipher, lambda: int(time.time()))
    watch = KeyWatch(source, live, published.directory.expire_time)
    watch.start()
    _say_ready(configuration, certificate, service, root, ready_file)
    stopping.wait()
    log.info("stopping")
    service.stop(server.deadline_seconds)
    watch.stop()
    sweeper.stop()
    store.close()
    holdings.close()
    shares.close()
    log_store.close()


def _models(configuration: Configuration) -> Path | None:
    return configuration.server.models_directory


def _sweeper(live: Live, state: Path, audit: Audit) -> Sweeper:
    intake = live.read().intake

    def sweep_now() -> None:
        now = int(time.time())
        # Before the log is emptied of what was deleted.
        sweep_keys(intake.store, lambda: live.read().intake.keyring, now)
        sweep(intake.store, state, now)
        sweep_holdings(intake.keeping.store, now)
        sweep_shares(intake.sharing.store, now)

    return Sweeper(sweep_now, audit)


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
    log.info("ready", port=service.port, programmes=len(configuration.programme))
    print(service.port, flush=True)
