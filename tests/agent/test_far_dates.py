"""Dates from a server are shown wherever the laptop is, and those that cannot be shown are refused."""

import io
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.commands.verify import Verification
from kizashi_agent.show.receipts import show_verification
from kizashi_agent.show.standing import show_consents, show_trend
from kizashi_agent.submit.standing import Life, StandingConsent
from kizashi_protocol import (
    Band,
    Check,
    ConsentReceipt,
    ErasureReceipt,
    Invite,
    Report,
    Scope,
    TrendEntry,
    countersign,
    fingerprint,
    sign_consent,
    verify_bundle,
)
from kizashi_protocol.moments import DAY, EARLIEST, LATEST
from rich.console import Console

from tests.agent.submit.laptop import connected_laptop
from tests.protocol.logs import bundle
from tests.protocol.values import (
    PARTICIPANT,
    PROGRAMME,
    RECEIPT_KEY,
    REPORT_ID,
    ROOT,
    consent_record,
)

PIN = fingerprint(ROOT.public)


@pytest.fixture(params=["UTC0", "FAR-14", "WEST+12"])
def console(request: pytest.FixtureRequest) -> Iterator[Console]:
    """A terminal in each of the outermost time zones."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield Console(file=io.StringIO(), width=100)
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def shown(console: Console) -> str:
    """What stands on a terminal."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("seconds", [EARLIEST, LATEST])
def test_the_outermost_times_can_be_shown(console: Console, seconds: int) -> None:
    """Receipts, their heads, standing consents and a trend, in every time zone."""
    record = replace(consent_record(), given_time=seconds, expire_time=seconds)
    verified = verify_bundle(bundle(), PIN)
    head = replace(verified.head, time=seconds)
    for receipt in (
        ConsentReceipt(record, seconds),
        ErasureReceipt(REPORT_ID, PROGRAMME.programme_id, seconds, 30),
    ):
        told = Verification(replace(verified, receipt=receipt, head=head), None, None)
        show_verification(console, "en", told)
    standing = replace(consent_record(Scope.COHORT), given_time=seconds, expire_time=seconds)
    invite = Invite("localhost", 8443, PROGRAMME.programme_id, PIN)
    consent = StandingConsent(invite, sign_consent(standing, PARTICIPANT))
    show_consents(console, "en", [(consent, Life.HOLDS)])
    show_trend(console, "en", (TrendEntry(seconds // DAY, Band.MORE, "a/1", "b/1"),))
    year = "2000" if seconds == EARLIEST else "2999"
    assert year in shown(console)


@pytest.mark.parametrize("seconds", [0, EARLIEST - 1, LATEST + 1, 2**53 - 1, 2**62])
def test_a_receipt_of_no_date_ends_a_check_with_its_own_error(tmp_path: Path, seconds: int) -> None:
    """Nothing of the answer is shown, and it is no unexpected fault."""
    laptop = connected_laptop(tmp_path)
    laptop.server.answer = lambda report, reply: reply._replace(
        consent_receipts=countersigned(report, seconds)
    )
    assert laptop.error().reason == "RECEIPT_INVALID"


def countersigned(report: Report, seconds: int) -> tuple[str, ...]:
    """Receipts for the consents of a check, of a given time; none for another report."""
    consents = report.content.consents if isinstance(report.content, Check) else ()
    return tuple(countersign(each, RECEIPT_KEY, now=seconds) for each in consents)
