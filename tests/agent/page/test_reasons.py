"""Every reason that an answer of the page can give has a sentence in both languages."""

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from kizashi_agent.page.words import page_words
from kizashi_server.errors import PUBLIC_FAULTS

REASON = re.compile(r"[A-Z][A-Z0-9_]+")

ELSEWHERE = {
    # Each has a screen of its own.
    *("ANOTHER_TAB", "TOKEN_WRONG", "UNDER_AGE"),
    # What the page's own script never asks for: no to a share, or from another page or host.
    *("NO_CONSENT_SHARE", "HOST_UNKNOWN", "METHOD_NOT_ALLOWED", "ORIGIN_FOREIGN"),
    # On the way to the page, or of another command, in the terminal.
    *("PORT_TAKEN", "NOT_INSTALLED", "BROKEN_OFF", "NAME_UNFIT"),
    # Of a counsellor's share code, a receipt's file or a witness: none is read by the page.
    *("SHARE_CODE_MALFORMED", "RECEIPT_MALFORMED", "RECEIPT_OTHER_PROGRAMME", "WITNESS_INVALID"),
    # Of a site's own files: no laptop has any.
    *("RECORDINGS_INVALID", "VALIDATION_INVALID"),
    *("REDEMPTION_UNTRUE", "SHARE_UNREADABLE", "RECOVERY_CODE_MISTYPED"),
}
FURTHER = {"FILE_SYSTEM", "HISTORY_NOT_KEPT", "UNEXPECTED", "UNREADABLE", "STORE_UNAVAILABLE"}
"""Named by no error of the agent: of any fault, a notice beside an answer, of an answer without sense, of a server."""

NOT_THE_PAGE = (
    *("capture", "extract", "identity", "witness", "counsellor_key.py", "new_file.py"),
    *("segments.py", "command_line/identity.py", "commands/identity.py", "commands/demo.py"),
    *("commands/research.py", "commands/verify.py", "commands/ledger.py", "commands/history.py"),
    "show/asking.py",
)
"""Parts of the agent that only a terminal's commands reach, or that ask at one."""


def test_every_reason_has_words() -> None:
    """What is not told on a screen of its own has its sentence, in English and in Japanese."""
    found = set(_reasons()) | PUBLIC_FAULTS.keys() | FURTHER
    assert {"STATE_UNREADABLE", "INVITE_MALFORMED", "MODEL_MISSING", "HOST_UNKNOWN"} <= found
    for words in page_words().values():
        told = {key.removeprefix("refusal.") for key in words if key.startswith("refusal.")}
        assert found - told - ELSEWHERE == set()
        assert told <= found, "words that nobody is ever told"


def _reasons() -> Iterator[str]:
    for package in ("kizashi_agent", "kizashi_protocol", "kizashi_models"):
        top = Path(str(resources.files(package)))
        for path in sorted(top.rglob("*.py")):
            if package == "kizashi_agent" and _is_elsewhere(path.relative_to(top)):
                continue
            yield from _reasons_of(ast.parse(path.read_text("utf-8")))


def _is_elsewhere(path: Path) -> bool:
    return path.as_posix().startswith(NOT_THE_PAGE)


def _reasons_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="reason", value=value):
                # One word, or one of two.
                for each in ast.walk(value):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value
            case (
                ast.Assign(targets=[ast.Name(id="reason")], value=ast.Constant(value=str(reason)))
                | ast.AnnAssign(target=ast.Name(id="reason"), value=ast.Constant(value=str(reason)))
            ):
                yield reason
            case ast.Call(
                func=ast.Name(id="Refused" | "error_json"),
                args=[*_, ast.Constant(value=str(reason)), _],
            ) if REASON.fullmatch(reason):
                yield reason
