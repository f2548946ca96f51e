"""An opened report that is not in order: refused under seal, and answered once."""

import os
from collections.abc import Callable

import pytest
from kizashi_protocol import Check, Header, Report, Scope, SigningKey, write_report
from kizashi_protocol.context import Label, framed, info
from kizashi_protocol.open_reply import ReplyPrivateKey
from kizashi_protocol.v1 import exchange_pb2

from tests.models.scoring import summary_at
from tests.server.laptop import Sent
from tests.server.refusals import refusal_of, refused
from tests.server.world import World


def spoiled(
    world: World, change: Callable[[exchange_pb2.Report], None], *, sign: bool = True
) -> Sent:
    """A check whose report was changed, and signed again or not."""
    report_id, key = os.urandom(16), SigningKey.from_seed(os.urandom(32))
    reply_key = ReplyPrivateKey.from_seed(os.urandom(32))
    laptop = world.laptop
    header = Header(world.directory.active_sealing_key().key_id, laptop.programme_id, report_id)
    token = laptop.consent(Scope.SCORE, report_id, key)
    content = Check((token,), "made-up/1", summary_at(0.0))
    report = Report(reply_key.public, "en", content)
    plaintext = write_report(header, report, [key])
    signed = exchange_pb2.SignedReport.FromString(plaintext)
    message = exchange_pb2.Report.FromString(signed.report)
    change(message)
    signed.report = message.SerializeToString(deterministic=True)
    if sign:
        signed.signatures[0].signature = key.sign(
            Label.PARTICIPANT_SIGNATURE, framed(info(Label.REPORT, header), signed.report)
        )
    return Sent(laptop.seal(signed.SerializeToString(), report_id), reply_key, key)


def test_changed_report_is_refused_under_seal(world: World) -> None:
    """A signature that does not fit is told to whoever holds the reply key, and to nobody else."""

    def change(report: exchange_pb2.Report) -> None:
        report.check.summary.action_units[0].mean += 1

    assert refusal_of(world.reply_to(spoiled(world, change, sign=False))) == "SIGNATURE_INVALID"
    assert world.weigh.calls == 0


def test_measurement_out_of_range_is_refused(world: World) -> None:
    """A summary that cannot be is never scored."""

    def change(report: exchange_pb2.Report) -> None:
        report.check.summary.action_units[0].mean = float("nan")

    assert refusal_of(world.reply_to(spoiled(world, change))) == "SUMMARY_INVALID"


def unknown_locale(report: exchange_pb2.Report) -> None:
    """Asks for a language there is none of."""
    report.locale = "xx"


def nothing_asked(report: exchange_pb2.Report) -> None:
    """Has no content."""
    report.ClearField("check")


def short_report_id(report: exchange_pb2.Report) -> None:
    """Acknowledges something that is no report."""
    report.acknowledgement.report_id = b"short"


@pytest.mark.parametrize("change", [unknown_locale, nothing_asked, short_report_id])
def test_malformed_report_is_refused_under_seal(
    world: World, change: Callable[[exchange_pb2.Report], None]
) -> None:
    """Whatever else is wrong, as long as there is a key to answer to."""
    assert refusal_of(world.reply_to(spoiled(world, change))) == "REPORT_INVALID"


def test_refused_report_is_answered_once_too(world: World) -> None:
    """A refusal is an answer: the same envelope gets the same one, another a conflict."""
    sent = world.laptop.check([])
    first = world.exchange(sent.envelope)
    assert world.exchange(sent.envelope) == first
    other = world.laptop.check(report_id=sent.report_id)
    assert refused(world, lambda: world.exchange(other.envelope)) == "REPORT_CONFLICT"
