"""Commands about recipients: one where the root lives, the others where the server runs."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol.consent import readable_fingerprint
from kizashi_protocol.context import Label
from kizashi_protocol.moments import DAY
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_protocol.recipients import RECIPIENT_VALIDITY, Recipient, RecipientRole

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.options import ConfigurationFile
from kizashi_server.command_line.root import ExpectedDigits, PassphraseFile, open_root
from kizashi_server.command_line.root_statement import Statement, let_sign
from kizashi_server.config import load
from kizashi_server.directory.published import read_published
from kizashi_server.directory.recipient_files import (
    add_recipient,
    certify_request,
    kept_recipients,
    read_request,
    remove_recipient,
    write_certificate,
)
from kizashi_server.errors import KeyFault

LONGEST_DAYS = RECIPIENT_VALIDITY // DAY

recipients_app = typer.Typer(no_args_is_help=True, help="Who may be sealed to beside this server.")


def root_certify_recipient(  # noqa: PLR0913, PLR0917 - the options of a command
    root_dir: Annotated[Path, typer.Option(help="Directory of the root key.")],
    request: Annotated[Path, typer.Option(help="Their request file.")],
    role: Annotated[RecipientRole, typer.Option(help="What for.")],
    programme: Annotated[str, typer.Option(help="Its id.")],
    out: Annotated[Path, typer.Option(help="New file for the certificate.")],
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS)] = LONGEST_DAYS,
    expect: ExpectedDigits = None,
    name: Annotated[
        str | None,
        typer.Option(help="Sign only if the request names them so; goes with --expect."),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Certifies a counsellor's or research's key. Run this where the root key is kept.

    What is to be signed is shown first, to be compared with them by voice or on paper; it is signed
    after a yes, or with the digits they told in --expect and their name in --name.
    """
    os.umask(0o077)
    now = int(time.time())
    with one_line_errors():
        wanted = read_request(request)
        check_name(wanted, name, asked=expect is None)
        let_sign(
            Statement(
                Label.RECIPIENT,
                wanted.name,
                f"{wanted.name}, {role} of programme {programme}",
                readable_fingerprint(wanted.fingerprint),
                now,
                now + days * DAY,
            ),
            expect,
            typer.echo,
        )
    root = open_root(root_dir, passphrase_file)
    with one_line_errors():
        recipient = certify_request(
            root, wanted, role=role, programme_id=programme, days=days, now=now
        )
        write_certificate(out, recipient)
    _say(recipient)
    typer.echo(
        f"Signed: {out}. Where the server runs: kizashi-server recipients add {out.name} "
        "--config FILE"
    )


def check_name(request: RecipientRequest, expected: str | None, *, asked: bool) -> None:
    """Returns when a request may go before the root under the name that it carries.

    The digits hold for the key alone: whoever carries a request can put another name to it.

    Args:
        request: as it was carried.
        expected: the name it must have, letter by letter; None for none.
        asked: a person is shown the name and asked.

    Raises:
        KeyFault: the name is another than expected, or nobody compares it.
    """
    if expected is None and not asked:
        raise KeyFault(
            "no name is expected",
            "--expect compares the digits alone, so nothing was signed. Give the name of whoever "
            "told you the digits as well: --name NAME",
        )
    if expected not in {None, request.name}:
        raise KeyFault(
            "the request names somebody else",
            f"The request names {request.name}, which is not the name in --name, so nothing was "
            "signed. Have it made and carried again, and compare it with whoever made it.",
        )


@recipients_app.command()
def add(
    certificate: Annotated[Path, typer.Argument(help="Made by root-certify-recipient.")],
    config: ConfigurationFile,
) -> None:
    """Lists a certified recipient in the directory: within seconds if the server runs."""
    os.umask(0o077)
    with one_line_errors():
        state, root_public, programme_ids, now = _server(config)
        recipient = add_recipient(state, certificate, root_public, programme_ids, now)
    _say(recipient)
    typer.echo("A running server lists it within seconds, another at its next start.")


@recipients_app.command(name="list")
def list_all(config: ConfigurationFile) -> None:
    """Shows who is listed."""
    with one_line_errors():
        state, root_public, _, now = _server(config)
        found = kept_recipients(state, root_public, now)
    for each in found:
        _say(each)
    if not found:
        typer.echo("There is none.")


@recipients_app.command()
def remove(
    fingerprint: Annotated[str, typer.Argument(help="As `recipients list` shows it.")],
    config: ConfigurationFile,
) -> None:
    """Lists a recipient no longer: within seconds if the server runs."""
    with one_line_errors():
        state, root_public, _, now = _server(config)
        digits = fingerprint.replace(" ", "").lower()
        found = [
            each
            for each in kept_recipients(state, root_public, now)
            if each.fingerprint.hex() == digits
        ]
        if not found:
            raise KeyFault(
                "no such recipient",
                "No recipient has this fingerprint. See: kizashi-server recipients list --config FILE",
            )
        for each in found:
            remove_recipient(state, each)
    typer.echo("Removed. A running server lists it no longer within seconds.")


def _server(config: Path) -> tuple[Path, bytes, frozenset[str], int]:
    configuration, now = load(config), int(time.time())
    state = configuration.server.state_directory
    root_public = read_published(state, now).signed.root_public_key
    return state, root_public, frozenset(each.id for each in configuration.programme), now


def _say(recipient: Recipient) -> None:
    until = datetime.fromtimestamp(recipient.expire_time, UTC).strftime("%Y-%m-%d")
    typer.echo(
        f"{recipient.name}, {recipient.role} of {recipient.programme_id} until {until}: "
        f"{readable_fingerprint(recipient.fingerprint)}"
    )
