"""The ledger on a terminal, and as JSON."""

from datetime import UTC, datetime
from typing import Any

from kizashi_protocol import Locale
from kizashi_protocol.display_text import displayable
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from kizashi_agent.ledger.entry import Direction, Entry, Message
from kizashi_agent.ledger.fields import (
    Field,
    Relied,
    kind_of,
    outer_fields,
    relied_on,
    sealed_fields,
)
from kizashi_agent.ledger.store import MOST_MESSAGES, Contents, Fault
from kizashi_agent.words import say

_DIGEST_SHOWN = 16
"""Hexadecimal digits of a text's digest in a line; JSON has them all."""


def show_contents(console: Console, locale: Locale, contents: Contents) -> None:
    """Prints a line for each message, the oldest first, and one for all that is wrong."""
    for fault in contents.faults:
        console.print(Text(_wrong(locale, fault), style="bold red"))
    if not contents.entries:
        if not contents.faults:
            console.print(Text(say(locale, "ledger_empty")))
        return
    console.print(Text(say(locale, "ledger_title")))
    lines = [_line(locale, entry) for entry in contents.entries]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (set_cell_size(*each) for each in zip(line, widths, strict=True))
        # One line a message, however narrow the terminal.
        console.print(Text("  ".join(cells).rstrip()), soft_wrap=True)
    console.print(Text(say(locale, "ledger_limit", most=MOST_MESSAGES), style="dim"))


def show_entry(console: Console, locale: Locale, entry: Entry) -> None:
    """Prints one message whole: its bytes, what they seal, and every field."""
    message = entry.message

    def line(key: str, **values: object) -> None:
        console.print(Text(say(locale, key, **values), style="bold"), soft_wrap=True)

    line(
        "ledger_message",
        number=entry.number,
        kind=kind_of(message),
        direction=say(locale, f"ledger_{message.direction}"),
        address=message.address,
        date=_date(message.time),
    )
    if message.answers is not None:
        line("ledger_answer", number=message.answers)
    if message.fault is not None:
        line("ledger_fault", reason=message.fault)
        return
    relied = relied_on(message)
    if relied:
        line("ledger_relied")
        for each in relied:
            console.print(Text("  " + _relied(locale, each)), soft_wrap=True)
    line("ledger_body", bytes=len(message.body))
    console.print(Text(message.body.hex()), soft_wrap=True)
    line("ledger_outer")
    _show_fields(console, outer_fields(message))
    if message.plaintext is not None:
        line("ledger_plaintext", bytes=len(message.plaintext))
        console.print(Text(message.plaintext.hex()), soft_wrap=True)
        line("ledger_sealed")
        _show_fields(console, sealed_fields(message))
    elif kind_of(message) == "unreadable":
        line("ledger_not_opened")


def contents_json(contents: Contents) -> dict[str, Any]:
    """The list of messages, and all that is wrong."""
    return {
        "messages": [_described(entry) for entry in contents.entries],
        "faults": [{"wrong": each.wrong, "number": each.number} for each in contents.faults],
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """One message whole."""
    message = entry.message
    plaintext = message.plaintext
    return _described(entry) | {
        "body": message.body.hex(),
        "fields": {each.name: each.value for each in outer_fields(message)},
        "plaintext": None if plaintext is None else plaintext.hex(),
        "sealed_fields": {each.name: each.value for each in sealed_fields(message)},
    }


def _described(entry: Entry) -> dict[str, Any]:
    message = entry.message
    return {
        "number": entry.number,
        "time": message.time,
        "address": message.address,
        "call": message.call,
        "direction": message.direction,
        "kind": kind_of(message),
        "bytes": len(message.body),
        "answers": message.answers,
        "fault": message.fault,
        "consents": [
            {
                "scope": each.scope,
                "text_sha256": each.text_digest.hex(),
                "expire_time": each.expire_time,
            }
            for each in relied_on(message)
        ],
    }


def _line(locale: Locale, entry: Entry) -> tuple[str, ...]:
    message = entry.message
    where = f"{say(locale, f'ledger_{message.direction}')} {message.address}"
    size = message.fault or say(locale, "ledger_bytes", bytes=len(message.body))
    return (
        str(entry.number),
        _date(message.time),
        where,
        kind_of(message),
        size,
        _consents(locale, message),
    )


def _consents(locale: Locale, message: Message) -> str:
    if message.direction is Direction.RECEIVED:
        return ""
    scopes = ", ".join(each.scope for each in relied_on(message))
    return f"({scopes or say(locale, 'ledger_no_consent')})"


def _relied(locale: Locale, relied: Relied) -> str:
    return say(
        locale,
        "ledger_relied_on",
        scope=relied.scope,
        digest=relied.text_digest.hex()[:_DIGEST_SHOWN],
        date=_date(relied.expire_time),
    )


def _wrong(locale: Locale, fault: Fault) -> str:
    return say(locale, f"ledger_{fault.wrong}_wrong", number=fault.number)


def _show_fields(console: Console, fields: tuple[Field, ...]) -> None:
    for each in fields:
        console.print(Text(displayable(f"  {each.name} = {each.value}")), soft_wrap=True)


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
