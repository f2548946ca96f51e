"""What a caller is told and what is logged: the same faults, never a secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2
from kizashi_protocol.errors import MalformedMessage, UnreadableEnvelope
from kizashi_server import diagnostics
from kizashi_server.errors import (
    PUBLIC_FAULTS,
    ConfigurationFault,
    ExchangeRefused,
    KeyFault,
    ListenFault,
    ModelRefused,
    StoreUnavailable,
    reason_of,
    status_of,
)
from kizashi_server.exchange.refusals import reasons, refusal
from kizashi_server.serving.exchange_counts import ANSWERED, ExchangeCounts


def info_of(status: status_pb2.Status) -> error_details_pb2.ErrorInfo:
    """The one detail of a status."""
    (detail,) = status.details
    info = error_details_pb2.ErrorInfo()
    assert detail.Unpack(info)
    return info


@pytest.mark.parametrize("reason", PUBLIC_FAULTS)
def test_public_fault_travels_with_code_words_and_reason(reason: str) -> None:
    """Every reason of the catalogue, with the project's domain."""
    status = status_of(ExchangeRefused(reason))
    code, words = PUBLIC_FAULTS[reason]
    assert (status.code, status.message) == (code, words)
    assert (info_of(status).domain, info_of(status).reason) == ("kizashi", reason)
    assert status.code != code_pb2.OK


def test_failed_openings_share_one_answer() -> None:
    """Whatever the cause was, the bytes of the answer are the same."""
    answers = {
        status_of(error).SerializeToString(deterministic=True)
        for error in (
            UnreadableEnvelope("another key"),
            UnreadableEnvelope("the padding"),
            ExchangeRefused("ENVELOPE_UNREADABLE", "no reply key"),
        )
    }
    assert len(answers) == 1


@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret detail"),
        MalformedMessage("secret detail", "secret detail", reason="SECRET_DETAIL"),
        KeyFault("secret detail", "secret detail"),
        KeyError("secret detail"),
    ],
)
def test_unknown_fault_is_internal_without_details(error: Exception) -> None:
    """Nothing of the exception reaches the caller."""
    status = status_of(error)
    assert (status.code, reason_of(error)) == (code_pb2.INTERNAL, "INTERNAL")
    assert "secret" not in str(status).lower()


def test_log_text_does_not_reach_the_caller() -> None:
    """A fault's second message is for the log alone."""
    for error in (StoreUnavailable("secret detail"), ExchangeRefused("ERASED", "secret detail")):
        assert "secret" not in str(status_of(error))


def test_exit_codes_are_told_apart() -> None:
    """Each kind of fault an operator can put right has its own."""
    kinds = [ConfigurationFault, KeyFault, ModelRefused, ListenFault]
    assert [kind.exit_code for kind in kinds] == [3, 4, 5, 6]


def test_sealed_refusals_have_words_in_both_languages() -> None:
    """English ones in ASCII, Japanese ones in Japanese, each with more than one sentence."""
    for reason in reasons():
        english, japanese = (refusal(reason, locale).outcome for locale in ("en", "ja"))
        assert english != japanese
        assert str(english).isascii()
        assert "。" in str(japanese)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """A stream that everything is logged to while a test runs."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    diagnostics.configure(stream)
    yield stream
    root.handlers, root.level = handlers, level


def test_event_is_one_json_line(lines: io.StringIO) -> None:
    """With its fields, whatever line breaks are in them."""
    diagnostics.info(
        "exchange_refused", report=diagnostics.report_name(bytes(range(16))), reason="A\nB"
    )
    (line,) = lines.getvalue().splitlines()
    parsed = json.loads(line)
    assert (parsed["event"], parsed["level"]) == ("exchange_refused", "info")
    assert (parsed["report"], parsed["reason"]) == ("00010203", "A\nB")


def test_other_libraries_words_are_not_logged(lines: io.StringIO) -> None:
    """Only that they said something, and where an exception came from."""
    logger = logging.getLogger("grpc._server")
    try:
        int("a summary, a key")
    except ValueError:
        logger.exception("Exception calling application: %s", "a summary, a key")
    text = lines.getvalue()
    assert "summary" not in text
    parsed = json.loads(text)
    assert parsed["library"] == "grpc._server"
    assert parsed["error"].startswith("ValueError at test_errors_and_log.py:")


def test_origin_of_an_exception_has_no_text() -> None:
    """Class, file and line alone, also of one that was never raised."""
    assert diagnostics.origin(ValueError("secret")) == "ValueError"


def test_audit_counts_kinds_and_nothing_else() -> None:
    """Totals by what the network could see."""
    counts = ExchangeCounts()
    for kind in (ANSWERED, "ERASED", ANSWERED):
        counts.count(kind)
    assert counts.totals() == {"ERASED": 1, ANSWERED: 2}
