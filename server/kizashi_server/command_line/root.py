"""`kizashi-server root-init` and `root-certify`: what is run on the machine of the root."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol.context import Label
from kizashi_protocol.moments import DAY
from kizashi_protocol.passphrase import SHORTEST_PASSPHRASE, Passphrase
from kizashi_protocol.signing import SigningKey

from kizashi_server.command_line.asking import ask_passphrase
from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.root_statement import Statement, let_sign
from kizashi_server.directory.request import KeyRequest, certificate_json
from kizashi_server.directory.root_key import (
    MOST_DAYS,
    certify,
    make_root,
    read_root,
    require_no_root,
    root_is_encrypted,
)
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import read_private, write_private
from kizashi_server.keys.seed_keys import passphrase_in

PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="A file with mode 0600 that holds the passphrase, in place of asking."),
]
ExpectedDigits = Annotated[
    str | None,
    typer.Option(
        "--expect", metavar="DIGITS", help="Sign only if the key has these, in place of asking."
    ),
]


def root_init(
    root_dir: Annotated[Path, typer.Option(help="New directory for the root key alone.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Makes a root key, encrypted by a passphrase. Run it on another machine than the server."""
    os.umask(0o077)
    with one_line_errors():
        require_no_root(root_dir)
        passphrase = _passphrase(passphrase_file, chosen=True)
        fingerprint = make_root(root_dir, passphrase, os.urandom)
    typer.echo(f"Root key in {root_dir}: copy the folder to a second disk, and lock both away.")
    typer.echo(f"Root fingerprint, to be published: {fingerprint.hex()}")
    typer.echo("On the server: kizashi-server init --root-fingerprint DIGITS, with these digits")


def root_certify(  # noqa: PLR0913, PLR0917 - the options of a command
    root_dir: Annotated[Path, typer.Option(help="The directory of the root key.")],
    request: Annotated[Path, typer.Option(help="As the server wrote it.")],
    out: Annotated[Path, typer.Option(help="Where to write the certificate.")],
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How long it holds.")] = MOST_DAYS,
    expect: ExpectedDigits = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Certifies a server's directory key. Run it where the root key is.

    What is to be signed is shown first, and signed after a yes or with the digits in --expect.
    """
    os.umask(0o077)
    now = int(time.time())
    with one_line_errors():
        wanted = KeyRequest.read(request)
        let_sign(statement_of(wanted, now=now, days=days), expect, typer.echo)
    root = open_root(root_dir, passphrase_file)
    with one_line_errors():
        certificate = certify(root, wanted, now=now, days=days)
        write_private(out, certificate_json(certificate))
    typer.echo(f"Signed: {out}. Carry it to the server, and run there:")
    typer.echo(f"  kizashi-server keys install {out.name} --config FILE")


def statement_of(request: KeyRequest, *, now: int, days: int) -> Statement:
    """What the root would state about the key of a request; `now` in seconds since the epoch."""
    return Statement(
        Label.DIRECTORY_KEY,
        "your server",
        f"a server under the root {request.root_fingerprint.hex()}",
        request.key_id.hex(),
        now,
        now + days * DAY,
    )


def open_root(root_directory: Path, passphrase_file: Path | None) -> SigningKey:
    """The root key in a directory; its passphrase is asked for where it needs one and none is given.

    What goes wrong ends the command with one line.
    """
    with one_line_errors():
        encrypted = root_is_encrypted(root_directory)
        passphrase = _passphrase(passphrase_file, chosen=False) if encrypted else None
        return read_root(root_directory, passphrase)


def _passphrase(path: Path | None, *, chosen: bool) -> Passphrase:
    if path is not None:
        return passphrase_in(read_private(path), path, chosen=chosen)
    instead = "name a file with mode 0600 that holds it: --passphrase-file FILE"
    passphrase = Passphrase.typed(ask_passphrase(twice=chosen, instead=instead))
    if chosen and not passphrase.is_long_enough:
        raise KeyFault(
            "the passphrase is too short",
            f"A passphrase has {SHORTEST_PASSPHRASE} characters or more; several words that do not "
            "belong together do well.",
        )
    return passphrase
