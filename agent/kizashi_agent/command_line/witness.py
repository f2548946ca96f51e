"""`kizashi-witness`: for somebody who is not the server, and looks at its log."""

import os
import time
from pathlib import Path
from typing import Annotated

# As in `kizashi_agent.cli`.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import typer
from kizashi_protocol import Invite
from kizashi_protocol.closed_process import close_process

from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.edge import AsJson, one_line_errors, print_json
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.trust import connect
from kizashi_agent.witness.key import make_witness_key, read_witness_key
from kizashi_agent.witness.observing import observe, replace_text

WITNESSED_NAME = "witnessed-head.jws"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An independent eye on a Kizashi server's log of consents and erasures. It signs a head "
    "only if it continues every head it signed before; without a witness, a server that shows "
    "different people different logs is not caught.",
    epilog="Exit codes: 0 done; 1 unexpected; 2 usage; 3 key or file; 7 server unreachable; "
    "8 nothing was signed: the server, or its log, does not hold.",
)

app.callback()(close_process)

KeyFile = Annotated[Path, typer.Option("--key", help="The witness's key.", show_default=False)]


@app.command()
def init(key: KeyFile, as_json: AsJson = False) -> None:
    """Makes the witness's key and prints its public half, which is to be published."""
    with one_line_errors(as_json=as_json):
        public = make_witness_key(key, os.urandom).public.hex()
        if as_json:
            print_json({"public_key": public})
            return
        typer.echo(f"Public key, to be published where the server cannot change it: {public}")


@app.command()
def run(
    invite: Annotated[str, typer.Option(help="Of the server to be watched: kizashi://...")],
    state: Annotated[Path, typer.Option(help="Where what was seen is remembered.")],
    key: KeyFile,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the signed head goes.", show_default=f"STATE/{WITNESSED_NAME}"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Looks once, compares with all it saw before, and signs. To be run by a timer, once an hour."""
    with one_line_errors(as_json=as_json):
        remembered = DeviceState(state, os.urandom)
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        observed = observe(
            Invite.parse(invite),
            lambda parsed: connect(parsed, remembered, lambda: int(time.time()), NotRecorded()),
            remembered,
            read_witness_key(key),
            int(time.time()),
        )
        path = out or state / WITNESSED_NAME
        replace_text(path, f"{observed.token}\n")
        head = observed.witnessed.head
        if as_json:
            print_json(
                {
                    "size": head.size,
                    "tree_root": head.root.hex(),
                    "time": head.time,
                    "witnessed_head": observed.token,
                    "file": str(path),
                }
            )
            return
        typer.echo(f"Signed: {head.size} entries, root {head.root.hex()}. To publish: {path}")


if __name__ == "__main__":
    app(prog_name="kizashi-witness")
