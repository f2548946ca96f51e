"""What can go wrong on the server, told twice: to the log and to whoever has to act.

ServerError
├── ExchangeRefused     a fault visible without opening an envelope; answered with a gRPC status
├── StoreUnavailable    the database did not answer
└── StartError          the server or a command of the operator cannot go on
    ├── ConfigurationFault   the configuration file is missing, malformed or refused
    ├── KeyFault             a key, certificate or directory is missing, unsafe or expired
    ├── ModelRefused         a programme's scorer cannot be used
    ├── ListenFault          address or state directory is in use, or nobody answers there
    ├── NobodyToAsk          a command has a question, and there is no terminal
    ├── Declined             the answer to a command's question was no
    └── WorkRefused          a command worked nothing out, for a reason of its own
        ├── ReleaseRefused      figures of a group, or summaries for research, stay here
        ├── CalibrationRefused  no scorer was made of a site's recordings
        └── ValidationRefused   a scorer cannot be measured on these recordings

`status_of` is the only way from an exception to what a caller is told. What is wrong inside an
envelope is not an error but a sealed refusal; see `refusals`.
"""

from pathlib import Path
from typing import ClassVar, Self

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2
from kizashi_protocol.errors import ProtocolError

ERROR_DOMAIN = "kizashi"

_AGAIN = "Please try again; if it happens again, tell your site's contact."

PUBLIC_FAULTS: dict[str, tuple[int, str]] = {
    "ENVELOPE_SIZE": (
        code_pb2.INVALID_ARGUMENT,
        "The sealed report has another size than this server takes. Update Kizashi and try again.",
    ),
    "PROTOCOL_VERSION": (
        code_pb2.INVALID_ARGUMENT,
        "This server speaks another version of the protocol. Update Kizashi and try again.",
    ),
    "MALFORMED": (
        code_pb2.INVALID_ARGUMENT,
        "The outside of the sealed report could not be read. Update Kizashi and try again.",
    ),
    "ENVELOPE_UNREADABLE": (
        code_pb2.INVALID_ARGUMENT,
        f"The sealed report could not be read, and nothing was done. {_AGAIN}",
    ),
    "PROGRAMME_UNKNOWN": (
        code_pb2.NOT_FOUND,
        "This server does not offer that programme. Ask your site for a new invite.",
    ),
    "KEY_OUTDATED": (
        code_pb2.FAILED_PRECONDITION,
        "The report was sealed to a key that is no longer used. Fetch the directory and seal again.",
    ),
    "REPORT_CONFLICT": (
        code_pb2.ALREADY_EXISTS,
        "Another report came under the same number, and this one was not opened. Start a new check.",
    ),
    "REPORT_IN_PROGRESS": (
        code_pb2.UNAVAILABLE,
        "The same report is being worked on. Send it again in a moment to get its answer.",
    ),
    "ERASED": (
        code_pb2.FAILED_PRECONDITION,
        "The answer to this report is no longer held here. Start a new check if you want one.",
    ),
    "RATE_LIMITED": (
        code_pb2.RESOURCE_EXHAUSTED,
        "Many people are using this programme just now. Wait a minute and try again.",
    ),
    "DEADLINE_PASSED": (
        code_pb2.DEADLINE_EXCEEDED,
        "The server was too busy to answer in time, and nothing was scored. Try again later.",
    ),
}
"""Reason -> (google.rpc.Code, what a person is told); all that can be seen without opening."""


class ServerError(Exception):
    """A fault on the server.

    Attributes:
        reason: stable, machine-readable, upper case.
        code: google.rpc.Code that a caller is given.
        log: what happened, for a log; never holds a key, a summary, a score or a whole report id.
        person: what happened and what to do next.
    """

    reason = "INTERNAL"
    code: int = code_pb2.INTERNAL

    def __init__(self, log: str, person: str) -> None:
        super().__init__(log)
        self.log = log
        self.person = person


class ExchangeRefused(ServerError):
    """A fault visible without opening; its reason is a key of `PUBLIC_FAULTS`."""

    def __init__(self, reason: str, log: str = "") -> None:
        code, person = PUBLIC_FAULTS[reason]
        super().__init__(log or reason, person)
        self.reason = reason
        self.code = code


class StoreUnavailable(ServerError):
    """The database did not answer, or could not write."""

    reason = "STORE_UNAVAILABLE"
    code: int = code_pb2.UNAVAILABLE

    def __init__(self, log: str) -> None:
        super().__init__(log, "The server cannot work just now. Try again in a few minutes.")


class StartError(ServerError):
    """Something an operator has to put right; `exit_code` is the command's."""

    exit_code: ClassVar[int] = 1


class ConfigurationFault(StartError):
    """The configuration is missing, malformed or refused."""

    reason = "CONFIGURATION"
    exit_code = 3


class KeyFault(StartError):
    """A key, certificate or directory is missing, unsafe, in the way or expired."""

    reason = "KEYS"
    exit_code = 4

    @classmethod
    def of_file(cls, path: Path, text: str) -> Self:
        """What is wrong with a file, as a sentence that begins with its path."""
        return cls(f"{path} {text}", f"{path} {text}.")


class ModelRefused(StartError):
    """A programme's scorer cannot be used."""

    reason = "MODEL"
    exit_code = 5


class ListenFault(StartError):
    """The address cannot be listened on, another serves the same, or nobody healthy answers there."""

    reason = "LISTEN"
    exit_code = 6


class NobodyToAsk(StartError):
    """A command has a question, and there is no terminal to put it at; nothing was done."""

    reason = "NOBODY_TO_ASK"
    exit_code = 2


class Declined(StartError):
    """The answer to a command's question was no; `person` says what has not been done."""

    reason = "DECLINED"

    def __init__(self, person: str) -> None:
        super().__init__("the answer was no", person)


class WorkRefused(StartError):
    """A command worked nothing out, for a reason of its own; nothing was written."""

    def __init__(self, log: str, person: str, *, reason: str) -> None:
        super().__init__(log, person)
        self.reason = reason


class ReleaseRefused(WorkRefused):
    """Figures of a group may not be released, or summaries not handed to research; nothing was.

    Its reason is MONTH_NOT_OVER, BUDGET_SPENT, EXTRA_MISSING, NOISE_TOO_SMALL, NOT_SERVED or
    RECIPIENT_UNCLEAR.
    """

    exit_code = 9


class CalibrationRefused(WorkRefused):
    """No scorer was made of a site's labelled recordings, and no file was written.

    Its reason is RECORDINGS_INVALID, TOO_FEW_CASES, TOO_GOOD, NOT_BETTER, NOT_CARRIED, SCORER_UNFIT,
    FITTED_ON_THESE, ALREADY_THERE, OUT_UNUSABLE or EXTRA_MISSING.
    """

    exit_code = 10


class ValidationRefused(WorkRefused):
    """A scorer cannot be measured on these recordings; no report was written.

    Its reason is RECORDINGS_INVALID, FITTED_ON_THESE, ALREADY_THERE, NOT_WRITTEN or EXTRA_MISSING.
    """

    exit_code = 11


def status_of(error: Exception) -> status_pb2.Status:
    """What a caller is told of an exception.

    Every failed opening has one answer. An exception that is not in `PUBLIC_FAULTS` and not a
    `StoreUnavailable` says INTERNAL and nothing else.
    """
    reason, code, person = _public(error)
    details = AnyMessage()
    details.Pack(error_details_pb2.ErrorInfo(reason=reason, domain=ERROR_DOMAIN))
    return status_pb2.Status(code=code, message=person, details=[details])


def reason_of(error: Exception) -> str:
    """The machine-readable reason that `status_of` gives an exception."""
    return _public(error)[0]


def _public(error: Exception) -> tuple[str, int, str]:
    if isinstance(error, StoreUnavailable):
        return error.reason, error.code, error.person
    if isinstance(error, ExchangeRefused | ProtocolError) and error.reason in PUBLIC_FAULTS:
        return error.reason, *PUBLIC_FAULTS[error.reason]
    return ServerError.reason, ServerError.code, f"Something went wrong on the server. {_AGAIN}"
