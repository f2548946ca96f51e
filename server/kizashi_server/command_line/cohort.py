"""`kizashi-server cohort ...`: figures about a group, for whoever offers the programme."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol.consent import FIGURES_ROUNDED_TO, SMALLEST_GROUP

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.served_programme import served_programme
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import write_private
from kizashi_server.release.cohort_release import RELEASE_EPSILON, RELEASED_FROM, release_month
from kizashi_server.release.noise import laplace_noise
from kizashi_server.release_budget import is_month
from kizashi_server.store.database import DATABASE_NAME, open_releases
from kizashi_server.store.holdings_database import open_holdings_to_read
from kizashi_server.store.release_contract import Release

STANDARD_OUTPUT = Path("-")

cohort_app = typer.Typer(no_args_is_help=True, help="Releases figures about a programme's group.")


@cohort_app.command()
def release(
    config: Annotated[
        Path, typer.Option("--config", help="The configuration file.", show_default=False)
    ],
    programme: Annotated[str, typer.Option(help="Its id.")],
    month: Annotated[str, typer.Option(help="YYYY-MM, by UTC; one that is over.")],
    out: Annotated[
        Path, typer.Option(help="New file for what is released; - prints it.")
    ] = STANDARD_OUTPUT,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for scripts.")
    ] = False,
) -> None:
    """Releases how many people had which band in a month, with noise; asked again, the same."""
    if not is_month(month):
        raise typer.BadParameter("a month is written YYYY-MM, such as 2026-11")
    os.umask(0o077)
    with one_line_errors():
        served = served_programme(config, programme)
        if out != STANDARD_OUTPUT and out.exists():
            raise KeyFault(f"{out} is there", f"{out} is there already; name a new file.")
        holdings = open_holdings_to_read(served.state)
        ledger = open_releases(served.state / DATABASE_NAME)
        released = release_month(
            served.settings,
            served.terms,
            month,
            int(time.time()),
            holdings,
            ledger,
            lambda counts: laplace_noise(counts, RELEASE_EPSILON),
        )
        ledger.close()
        holdings.close()
        text = json.dumps(_as_json(released)) if as_json else _as_text(released)
        if out == STANDARD_OUTPUT:
            typer.echo(text)
        else:
            write_private(out, f"{text}\n".encode())


def _as_json(released: Release) -> dict[str, object]:
    figures = released.figures
    return {
        "programme": released.programme_id,
        "month": released.period,
        "released": _day(released),
        "epsilon": released.epsilon,
        "rounded_to": FIGURES_ROUNDED_TO,
        "too_few": figures is None,
        "figures": None if figures is None else {band.value: n for band, n in figures.items()},
    }


def _as_text(released: Release) -> str:
    head = f"{released.programme_id}, {released.period} (released {_day(released)})"
    if released.figures is None:
        return (
            f"{head}: too few\n"
            f"Fewer than {SMALLEST_GROUP} keys are counted, each one person as far as the server "
            f"can tell, or the counts with their noise add up to less than {RELEASED_FROM}: which "
            "of the two is not told, as it could tell whether somebody took part. It stays so for "
            "this month."
        )
    lines = [f"{band.value.replace('_', ' '):<14}{n:>6}" for band, n in released.figures.items()]
    meaning = (
        "People whose last scored check of the month said so, of those who consented to be "
        "counted; keys are counted, so that somebody with two may be in it twice. "
        f"Noise was added (discrete Laplace, epsilon {released.epsilon}); then what was "
        f"below 0 was set to 0, and each figure rounded to the nearest {FIGURES_ROUNDED_TO}, so "
        "that small figures come out a little too high and the sum is no number of people. "
        "Whoever withdraws later stays in these figures."
    )
    return "\n".join([head, *lines, meaning])


def _day(released: Release) -> str:
    return datetime.fromtimestamp(released.release_time, UTC).strftime("%Y-%m-%d")
