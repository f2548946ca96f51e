"""`kizashi-server keys ...`: rotation, retirement, renewal and encryption of a server's keys.

Every command also erases the seeds whose day has come, so that a server which is off keeps none of
them for longer than it takes somebody to look.
"""

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kizashi_server.command_line.asking import agree, require_terminal
from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.options import ConfigurationFile
from kizashi_server.config import load
from kizashi_server.directory.key_listing import as_json, as_table, rows_of, seeds_in_the_clear
from kizashi_server.directory.key_rotation import delete_due, retire_key, rotate
from kizashi_server.directory.published import REQUEST_NAME, read_issued
from kizashi_server.directory.renewal import install, request_key
from kizashi_server.directory.request import read_certificate_file
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import check_private_directory, read_seed
from kizashi_server.keys.retirement import key_to_retire, what_retiring_does
from kizashi_server.keys.schedule_file import read_schedule
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.seed_encryption import encrypt_seeds
from kizashi_server.keys.seed_keys import unlock
from kizashi_server.keys.states import KeyKind
from kizashi_server.serving.live import days_to_warn_of

ANNOUNCE_HOURS = 1.0
"""A laptop fetches the directory when it connects; by an hour later its check is over."""

LONGEST_ANNOUNCEMENT_HOURS = 168.0

keys_app = typer.Typer(
    no_args_is_help=True, help="Rotates, lists, retires, renews and encrypts the server's keys."
)


class Kinds(StrEnum):
    """Which keys to rotate."""

    SEALING = "sealing"
    RECEIPT = "receipt"
    LOG = "log"
    ALL = "all"


Announce = Annotated[
    float,
    typer.Option(
        "--announce",
        min=0,
        max=LONGEST_ANNOUNCEMENT_HOURS,
        help="Hours for which a new key is listed before it is used. With 0, a laptop that "
        "finds its receipts signed with a key it has not seen fetches the directory once more.",
    ),
]


@dataclass(frozen=True, slots=True)
class Opened:
    """A state directory whose keys can be worked on."""

    state: Path
    cipher: SeedCipher | None
    now: int


@keys_app.command("list")
def list_keys(
    config: ConfigurationFile,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists every key: kind, id, state, since and until when."""
    with one_line_errors():
        state = load(config).server.state_directory
        check_private_directory(state)
        now = int(time.time())
        delete_due(state, now)
        published = read_issued(state)
        rows = rows_of(read_schedule(state), published, now)
        clear = seeds_in_the_clear(state)
    if json:
        typer.echo(as_json(rows, published, clear))
        return
    typer.echo(as_table(rows))
    if clear:
        typer.echo(f"{len(clear)} seeds are in the clear; encrypt them with: keys encrypt")
    days = days_to_warn_of(published.directory.expire_time, now)
    if days is not None:
        left = f"Days until the directory expires: {days}"
        said = left if days >= 0 else "The directory has expired"
        typer.echo(f"{said}; renew it with: keys request, root-certify, keys install")


@keys_app.command("rotate")
def rotate_keys(
    config: ConfigurationFile,
    kind: Annotated[Kinds, typer.Option(help="Which keys.")] = Kinds.ALL,
    announce: Announce = ANNOUNCE_HOURS,
) -> None:
    """Makes successors of the keys in use. A running server takes them up by itself."""
    os.umask(0o077)
    kinds = list(KeyKind) if kind is Kinds.ALL else [KeyKind(kind)]
    with one_line_errors():
        opened = _open(config)
        schedule = rotate(
            opened.state,
            kinds,
            now=opened.now,
            announce_seconds=int(announce * 3600),
            random=os.urandom,
            cipher=opened.cipher,
        )
        rows = rows_of(schedule, read_issued(opened.state), int(time.time()))
    typer.echo(as_table(rows))


@keys_app.command("retire")
def retire_one(
    key_id: Annotated[str, typer.Argument(help="Its id, as `keys list` shows it.")],
    config: ConfigurationFile,
    now: Annotated[
        bool,
        typer.Option(
            "--now", help="Delete it at once: for a key that somebody else may have got hold of."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Ends the use of a key at once; a pending successor takes its place."""
    os.umask(0o077)
    with one_line_errors():
        opened, wanted = _open(config), _key_id(key_id)
        key, state = key_to_retire(opened.state, wanted, now=opened.now, delete=now)
        if not yes:
            instead = "add --yes"
            require_terminal("a yes", instead)
            typer.echo(what_retiring_does(key.kind, state, delete=now))
            agree(
                f"Retire the {state} {key.kind} key {key_id}?",
                declined="Nothing was retired.",
                instead=instead,
            )
        schedule = retire_key(
            opened.state, wanted, now=int(time.time()), delete=now, cipher=opened.cipher
        )
        rows = rows_of(schedule, read_issued(opened.state), int(time.time()))
    typer.echo(as_table(rows))


@keys_app.command("request")
def request_certificate(config: ConfigurationFile) -> None:
    """Asks for a new directory key; the one in use goes on until another is installed."""
    os.umask(0o077)
    with one_line_errors():
        opened = _open(config)
        request = request_key(opened.state, random=os.urandom, cipher=opened.cipher)
    typer.echo(f"Directory key {request.key_id.hex()} waits for the root:")
    typer.echo(f"carry {opened.state / REQUEST_NAME} to its machine, and run there")
    typer.echo("  kizashi-server root-certify --root-dir DIR --request FILE --out CERTIFICATE")
    typer.echo(f"then here\n  kizashi-server keys install CERTIFICATE --config {config}")


@keys_app.command("install")
def install_certificate(
    certificate: Annotated[Path, typer.Argument(help="As root-certify wrote it.")],
    config: ConfigurationFile,
    announce: Announce = ANNOUNCE_HOURS,
) -> None:
    """Puts a certified directory key to use, and a new sealing key with it."""
    os.umask(0o077)
    with one_line_errors():
        opened = _open(config)
        published = install(
            opened.state,
            read_certificate_file(certificate),
            now=opened.now,
            announce_seconds=int(announce * 3600),
            random=os.urandom,
            cipher=opened.cipher,
        )
        rows = rows_of(read_schedule(opened.state), published, opened.now)
    typer.echo(as_table(rows))


@keys_app.command("encrypt")
def encrypt(
    config: ConfigurationFile,
    old_config: Annotated[
        Path | None,
        typer.Option(
            help="A configuration whose [keys] the seeds are encrypted with so far; not needed "
            "for seeds in the clear."
        ),
    ] = None,
) -> None:
    """Encrypts the seeds as the configuration's keys table says. Restart the server afterwards."""
    os.umask(0o077)
    with one_line_errors():
        configuration = load(config)
        state = configuration.server.state_directory
        check_private_directory(state)
        before = None if old_config is None else unlock(load(old_config).keys, state, os.environ)
        after = unlock(configuration.keys, state, os.environ, first=True)
        if after is None:
            raise KeyFault(
                "nothing to encrypt with",
                f"{config} does not say what to encrypt with: add [keys] first.",
            )
        delete_due(state, int(time.time()))
        changed = encrypt_seeds(state, before, after)
    typer.echo(f"{len(changed)} seeds encrypted. Restart the server if it runs.")


def _open(config: Path) -> Opened:
    configuration = load(config)
    state, now = configuration.server.state_directory, int(time.time())
    check_private_directory(state)
    cipher = unlock(configuration.keys, state, os.environ)
    delete_due(state, now)
    # Before a fresh seed is encrypted with a passphrase that nothing else there knows.
    for path in state.glob("directory-*.seed"):
        read_seed(path, cipher)
    return Opened(state, cipher, now)


def _key_id(text: str) -> bytes:
    try:
        key_id = bytes.fromhex(text)
    except ValueError:
        key_id = b""
    if len(key_id) != 16:
        raise KeyFault(
            "bad key id",
            f"{text!r} is no key id, which has 32 digits of 0-9 and a-f. Copy one whole from: "
            "kizashi-server keys list --config FILE",
        )
    return key_id
