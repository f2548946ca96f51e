"""What is about to be sent, field by field, in words.

The fields are read from a message sealed by the very functions that will seal the one that is
sent, so that nothing is left out and nothing said that does not go. What is drawn afresh for each
message (numbers, one-time keys, signatures) is named without its value, which would be another.
"""

import contextlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from kizashi_models.feedback.texts import texts_of
from kizashi_protocol import Locale, Summary
from kizashi_protocol.context import REPORT_ID_BYTES

from kizashi_agent.device.participant import SEED_BYTES
from kizashi_agent.ledger.entry import Call, Direction, Message
from kizashi_agent.ledger.fields import Field, relied_on, sealed_fields
from kizashi_agent.page.riding_answers import answers_lines
from kizashi_agent.page.visit import AtServer, Visit
from kizashi_agent.submit.checking import prepared_check
from kizashi_agent.submit.consents import Agreement, signing_keys
from kizashi_agent.submit.exchange import Attempt, Exchanger
from kizashi_agent.submit.recorder import request_of
from kizashi_agent.submit.riding import check_content
from kizashi_agent.words import say

_UNIT = re.compile(r"report\.check\.summary\.action_units\[(\d+)\]\.(\w+)")
_NUMBERED = re.compile(r"\[\d+\]")
_SUMMARY = "report.check.summary."
_CONSENT = "report.check.consents"


@dataclass(frozen=True, slots=True)
class Line:
    """A field of what is about to be sent.

    Attributes:
        name: of the protocol, such as "report.check.summary.blink_rate".
        label: in words; the name itself where there are none yet.
        value: in words.
        group: what it belongs with, in words.
    """

    name: str
    label: str
    value: str = field(repr=False)
    group: str


def sending(visit: Visit) -> dict[str, Any] | None:
    """Where what was measured would go, and all of it; None where this laptop scores."""
    where, agreement, recorded = visit.where, visit.agreement, visit.recorded
    if not isinstance(where, AtServer) or agreement is None or recorded is None:
        return None
    connection = where.opened.connection
    exchanger = where.surroundings.exchanger(connection)
    summary, riding = recorded.measured.summary, where.opened.riding
    attempt = sealed_now(summary, agreement, riding, exchanger, visit.locale)
    return {
        "address": connection.invite.address,
        "operator": connection.programme.scoring_operator,
        "sealed_bytes": len(request_of(attempt.envelope)),
        "fields": [
            {"name": each.name, "label": each.label, "value": each.value, "group": each.group}
            for each in lines_of(attempt, visit.locale)
        ]
        + answers_lines(exchanger, riding, visit.locale),
    }


def sealed_now(
    summary: Summary,
    agreement: Agreement,
    riding: tuple[str, ...],
    exchanger: Exchanger,
    locale: Locale,
) -> Attempt:
    """The check as it would be sealed now; nothing of it is kept or sent.

    Where this laptop has no seed yet, a passing one stands in for the one that sending will make.
    """
    state, random_bytes, now = exchanger.state, exchanger.random_bytes, exchanger.now()
    seed = state.seeds.read() or random_bytes(SEED_BYTES)
    report_id = random_bytes(REPORT_ID_BYTES)
    check = prepared_check(
        summary,
        agreement,
        exchanger,
        riding,
        seed=seed,
        report_id=report_id,
        now=now,
        locale=locale,
    )
    content = check_content(check, seed, exchanger.connection, now)
    keys = signing_keys(check.consents, seed)
    return exchanger.seal(content, keys, locale=check.locale, report_id=report_id)


def lines_of(attempt: Attempt, locale: Locale) -> tuple[Line, ...]:
    """Every field that a sealed message says; a consent by what it is for."""
    message = Message(
        time=0,
        address="",
        call=Call.EXCHANGE,
        direction=Direction.SENT,
        body=request_of(attempt.envelope),
        plaintext=attempt.plaintext,
    )
    scopes = [say(locale, f"scope_{each.scope}") for each in relied_on(message)]
    fields = [
        Field(each.name, scopes.pop(0)) if _kind(each) == _CONSENT and scopes else each
        for each in sealed_fields(message)
    ]
    units = {each.name: each.value for each in fields if each.name.endswith(".action_unit")}
    return tuple(_line(each, units, locale) for each in fields)


def _line(given: Field, units: Mapping[str, str], locale: Locale) -> Line:
    words = _words()[locale]
    value = _value(given, words)
    if match := _UNIT.fullmatch(given.name):
        number = int(units[given.name.removesuffix(match[2]) + "action_unit"])
        unit = words["unit"].format(name=texts_of(locale).units[number], number=number)
        figure = words["figures"].get(match[2], match[2])
        return Line(given.name, words["of_unit"].format(unit=unit, figure=figure), value, unit)
    kind = _kind(given)
    for group in words["groups"]:
        if kind in group["fields"]:
            return Line(given.name, group["fields"][kind], value, group["name"])
    return Line(given.name, given.name, value, words["other"])


def _value(given: Field, words: Mapping[str, str]) -> str:
    if not given.value:
        return words["empty"]
    if _kind(given) in _words()["fresh"]:
        return words["fresh"]
    if given.name.startswith(_SUMMARY) and "." in given.value:
        with contextlib.suppress(ValueError):
            # As short as tells one float32 from the next: what is sent is no more exact.
            return str(np.float32(given.value))
    return given.value


def _kind(given: Field) -> str:
    return _NUMBERED.sub("", given.name)


@cache
def _words() -> dict[str, Any]:
    data = resources.files("kizashi_agent.page").joinpath("review.toml").read_bytes()
    return tomllib.loads(data.decode())
