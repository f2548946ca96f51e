"""Where a command meets the real world: the terminal, the clock, errors and exit codes."""

import io
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import platformdirs
import typer
from kizashi_models.errors import ModelError
from kizashi_protocol import Locale, ProtocolError
from kizashi_protocol.closed_process import close_process
from kizashi_protocol.display_text import displayable
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.device_state import KEYRING_MARKER, SEED_FILE, DeviceState
from kizashi_agent.device.keyring_backend import platform_keyring
from kizashi_agent.device.seed_store import SeedInFile, SeedInKeyring, SeedInKeyringOrFile
from kizashi_agent.device.state_folder import FolderOnDisk
from kizashi_agent.errors import AgentError, BrokenOff, InputError, ModelRefused, TrustBroken
from kizashi_agent.ledger.recording import LedgerRecorder
from kizashi_agent.ledger.store import ledger_of
from kizashi_agent.show.as_json import error_json
from kizashi_agent.words import locale_of, say

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

STATE_VARIABLE = "KIZASHI_STATE"
SEED_VARIABLE = "KIZASHI_SEED"

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]


class SeedChoice(StrEnum):
    """Where a seed may be kept."""

    KEYRING = "keyring"
    FILE = "file"


class ListsByItself(TyperGroup):
    """Commands with a name in common that lists when it is typed alone; a wrong word is told so."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """See `TyperGroup`; a usage error where there is no such command."""
        if args and self.get_command(ctx, args[0]) is None:
            known = ", ".join(self.list_commands(ctx))
            ctx.fail(
                f"No such command '{args[0]}'. {ctx.command_path} alone lists what there is; "
                f"after it may stand: {known}."
            )
        return super().resolve_command(ctx, args)


@dataclass(frozen=True, slots=True)
class Common:
    """What is said before the command's name.

    Attributes:
        state: the agent's folder.
        locale: the language spoken.
        seed: the keyring (with a file where none is usable), or a file and never a keyring.
    """

    state: Path
    locale: Locale
    seed: SeedChoice


def common(
    state: Path | None, language: str | None, seed: SeedChoice = SeedChoice.KEYRING
) -> Common:
    """The folder and language given, or those of this account and environment.

    From here on a crash leaves no core file, which would hold frames and keys, and no other program
    of this account can look into memory.
    """
    close_process()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Redirected on Windows, output is in a code page; a sign it lacks must not cost a
            # person the feedback.
            stream.reconfigure(errors="replace")
    spoken = language or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    folder = state or platformdirs.user_state_path("kizashi", appauthor=False)
    return Common(folder, locale_of(spoken), seed)


def surroundings(given: Common, *, quiet: bool) -> Surroundings:
    """The real world for a command; with `quiet` nothing but JSON is printed and nobody is asked.

    Questions are put only where somebody can answer: at a terminal.
    """
    somebody = sys.stdin.isatty() and not quiet
    state = _state(given)

    def now() -> int:
        return int(time.time())

    return Surroundings(
        state=state,
        now=now,
        random_bytes=os.urandom,
        console=Console(quiet=quiet, highlight=False),
        confirm=answered if somebody else None,
        locale=given.locale,
        recorder=LedgerRecorder(ledger_of(state, os.urandom), now),
        account=True,
    )


def _state(given: Common) -> DeviceState:
    folder, files = given.state, FolderOnDisk(given.state)
    in_file = SeedInFile(files, folder / SEED_FILE, folder / KEYRING_MARKER)
    if given.seed is SeedChoice.FILE:
        return DeviceState(folder, os.urandom, in_file, files)

    def told(why: str) -> None:
        # Aloud even where standard output is for a script.
        console = Console(stderr=True, highlight=False)
        console.print(Text(say(given.locale, "seed_in_file", path=in_file.path, why=why)))

    in_keyring = SeedInKeyring(files, in_file.marker, platform_keyring, os.urandom)
    return DeviceState(folder, os.urandom, SeedInKeyringOrFile(in_keyring, in_file, told), files)


@contextmanager
def one_line_errors(*, as_json: bool) -> Iterator[None]:
    """Turns every error into one line that ends with its reason, or one JSON object, and an exit code."""
    try:
        yield
    except typer.Exit:
        raise
    except (typer.Abort, KeyboardInterrupt):
        print(file=sys.stderr)  # what is said next begins a line of its own
        _explain(BrokenOff(), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, whatever it is
        _explain(error, as_json=as_json)


def answered(question: str) -> bool:
    """The answer to a question at the terminal; no answer is a no.

    What was typed before the question was there is thrown away: nobody agrees to what they have not
    been shown.
    """
    if termios is not None:
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
    try:
        return typer.confirm(question, default=False)
    except typer.Abort:
        print(file=sys.stderr)  # what is said next begins a line of its own
        return False


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _explain(error: Exception, *, as_json: bool) -> NoReturn:
    reason, person, exit_code = described(error)
    if as_json:
        print_json(error_json(reason, person, exit_code, error))
    else:
        # A file's name may hold what moves the cursor, and a line break would make two lines of it.
        print(f"kizashi: {displayable(person)} [{reason}]", file=sys.stderr)
    raise typer.Exit(exit_code) from None


def described(error: Exception) -> tuple[str, str, int]:
    """Reason, sentence for the person and exit code, of whatever went wrong."""
    match error:
        case AgentError():
            return error.reason, error.person, error.exit_code
        case ModelError():
            return error.reason, error.person, ModelRefused.exit_code
        case ProtocolError():
            return error.reason, error.person, TrustBroken.exit_code
        case FileNotFoundError():
            person = f"{error.filename} is not there. Check the name, then try again."
            return "FILE_MISSING", person, InputError.exit_code
        case OSError():
            # Its own text names a file of this person's: for them, not for a log.
            person = (
                f"{error}. Check the folder's permissions and free space, then try again; a check "
                "that was under way may wait here, and kizashi send sends it."
            )
            return "FILE_SYSTEM", person, InputError.exit_code
        case _:
            person = (
                f"An unexpected fault ({_place(error)}). Nothing more was sent. Please report it."
            )
            return "UNEXPECTED", person, 1


def _place(error: Exception) -> str:
    # Kind and place, not the message: it could hold what was measured.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {where}"
