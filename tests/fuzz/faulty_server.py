"""`kizashi-server` with one fault planted, which the fuzzing must find; the faults are here alone.

usage: python faulty_server.py FAULT serve WORDS...
"""

import sys
from typing import Any, NoReturn

from kizashi_protocol import Envelope, report
from kizashi_server import main
from kizashi_server.exchange import dispatch
from kizashi_server.store.replay_sql import SqlStore
from kizashi_server.store.sharing_sql import SqlSharing
from kizashi_server.store.subject_keys import SubjectKeys

HOARD: list[bytearray] = []


def plant(fault: str) -> None:
    """Puts one fault in the server's way."""
    match fault:
        case "signatures are not verified":
            _replace(report, "verify", lambda *_: None)
        case "a malformed report is a crash":
            _replace(dispatch, "_what_is_malformed", _crash)
        case "what does not open is remembered":
            _replace(SqlStore, "release", lambda *_: None)
        case "memory is never given back":
            parse = Envelope.parse
            _replace(Envelope, "parse", lambda message: _hoarded(parse(message)))
        case "keys of what is erased stay":
            _replace(SubjectKeys, "erase", lambda *_: None)
        case "shares that were fetched stay":
            _replace(SqlSharing, "settle", lambda *_: None)
        case _:
            raise SystemExit(f"no such fault: {fault}")


def _crash(_: bytes) -> NoReturn:
    raise KeyError("planted")


def _hoarded(envelope: Any) -> Any:
    HOARD.append(bytearray(b"h") * 2_000_000)
    return envelope


def _replace(owner: object, name: str, value: object) -> None:
    setattr(owner, name, value)


if __name__ == "__main__":
    plant(sys.argv.pop(1))
    main.app()
