"""`kizashi-server log ...`: what the log holds, and whether it still holds together."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.options import ConfigurationFile
from kizashi_server.config import load
from kizashi_server.directory.published import read_issued
from kizashi_server.errors import StoreUnavailable
from kizashi_server.keys.files import check_private_directory
from kizashi_server.log.check import Finding, StoredLog, check_log, unlisted_heads
from kizashi_server.store.database import DATABASE_NAME, open_log_store
from kizashi_server.store.log_contract import LogStore
from kizashi_server.store.log_tree import root_of, root_span, subtrees_of

EXIT_CODE = 8

log_app = typer.Typer(no_args_is_help=True, help="Shows and verifies the log of receipts.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]


@log_app.command()
def show(config: ConfigurationFile, as_json: AsJson = False) -> None:
    """Prints how many entries there are, the root over them, and the newest published head."""
    with one_line_errors():
        store = _open(_state(config))
        size, newest = store.size(), store.newest_head()
        needed = [each for span in root_span(size) for each in subtrees_of(span)]
        hashes = store.subtrees(needed)
        store.close()
        if len(hashes) != len(needed):
            raise StoreUnavailable(
                "the log lacks subtrees: run kizashi-server log verify --config FILE"
            )
        root = root_of(size, hashes).hex()
    published = None
    if newest is not None:
        published = {
            "number": newest.number,
            "size": newest.size,
            "root": newest.root.hex(),
            "time": newest.time,
            "token": newest.token,
        }
    if as_json:
        typer.echo(json.dumps({"size": size, "root": root, "published": published}))
        return
    typer.echo(f"{size} entries, root {root}")
    if newest is None or published is None:
        typer.echo("no head is published yet")
    else:
        typer.echo(
            "published head {number}: {size} entries, root {root}, signed at {moment}".format(
                moment=datetime.fromtimestamp(newest.time, UTC).isoformat(" "), **published
            )
        )


@log_app.command()
def verify(config: ConfigurationFile, as_json: AsJson = False) -> None:
    """Recomputes the log from its entries; exit code 8 when something was altered or removed."""
    with one_line_errors():
        state = _state(config)
        keys = read_issued(state).directory.log_key_by_id()
        store = _open(state)
        stored = StoredLog.read(store)
        store.close()
        findings = check_log(stored, keys)
        unlisted = unlisted_heads(stored, keys)
    if as_json:
        typer.echo(json.dumps(_as_json(stored, findings, unlisted)))
    else:
        for each in findings:
            typer.echo(f"{each.fault}: {each.text}")
        if unlisted:
            typer.echo(
                f"{unlisted} older heads are signed by keys the directory no longer lists; their "
                "signatures were not checked."
            )
        verdict = f"{len(findings)} faults" if findings else "the log holds"
        typer.echo(f"{stored.size} entries, {len(stored.heads)} published heads: {verdict}")
    if findings:
        raise typer.Exit(EXIT_CODE)


def _as_json(stored: StoredLog, findings: list[Finding], unlisted: int) -> dict[str, object]:
    return {
        "size": stored.size,
        "heads": len(stored.heads),
        "heads_not_checked": unlisted,
        "holds": not findings,
        "findings": [
            {"fault": each.fault, "first": each.first, "last": each.last, "text": each.text}
            for each in findings
        ],
    }


def _state(config: Path) -> Path:
    state = load(config).server.state_directory
    check_private_directory(state)
    return state


def _open(state: Path) -> LogStore:
    path = state / DATABASE_NAME
    if not path.exists():
        raise StoreUnavailable(f"{path} is not there; it is made when the server first starts")
    return open_log_store(path)
